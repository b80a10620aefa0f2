"""Which examples meet the conditions of `sample.where`: columns compared, `extra` opened only where asked."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.spec import Only, Scalar

_COLUMNS = ("model", "finish_reason", "kind", "user", "conversation")


def holds(examples: pa.Table, conditions: Sequence[Only]) -> np.ndarray:
    """`bool[n]`: the examples that meet every condition."""
    found = np.ones(len(examples), bool)
    for condition in conditions:
        if condition.after is not None or condition.before is not None:
            found &= _in_time(examples.column("captured_at"), condition)
        if condition.field is not None:
            (rows,) = np.nonzero(found)
            values = _values(examples.take(pa.array(rows)), condition.field)
            found[rows] = [_meets(value, condition) for value in values]
    return found


def _in_time(captured_at: pa.ChunkedArray, condition: Only) -> np.ndarray:
    found = captured_at.is_valid()
    if condition.after is not None:
        found = pc.and_(found, pc.greater_equal(captured_at, pa.scalar(condition.after, captured_at.type)))
    if condition.before is not None:
        found = pc.and_(found, pc.less(captured_at, pa.scalar(condition.before, captured_at.type)))
    return pc.fill_null(found, False).to_numpy()


def _values(examples: pa.Table, field: str) -> list[object]:
    """The field of each example; None if it is not there."""
    if field in _COLUMNS:
        return examples.column(field).to_pylist()
    head, _, rest = field.partition(".")
    if head == "feedback":
        told = examples.column("feedback").to_pylist()
        return [None if text is None else _at(orjson.loads(text), rest) for text in told]
    told = examples.column("extra").to_pylist()
    return [None if text is None else _at(orjson.loads(text), field) for text in told]


def _at(value: object, path: str) -> object:
    """The value at a dotted path; a key may have dots of its own."""
    if not path:
        return value
    if not isinstance(value, dict):
        return None
    entries = cast("dict[str, object]", value)
    if path in entries:
        return entries[path]
    head, _, rest = path.partition(".")
    return _at(entries.get(head), rest) if rest else None


def _meets(value: object, condition: Only) -> bool:
    if condition.exists is not None and (value is not None) != condition.exists:
        return False
    if condition.equals is not None and not _same(value, condition.equals):
        return False
    return condition.among is None or any(_same(value, wanted) for wanted in condition.among)


def _same(value: object, wanted: Scalar) -> bool:
    """Equal in JSON's sense: 1 and 1.0 are, 1 and true are not, nor is "1"."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, str) or isinstance(wanted, str):
        return type(value) is type(wanted) and value == wanted
    return isinstance(value, int | float) and value == wanted
