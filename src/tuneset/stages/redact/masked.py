"""Examples as they would be with placeholders only: what is compared, so that no surrogate makes or parts
twins.
"""

import re
from collections.abc import Callable

import numpy as np
import orjson
import pyarrow as pa

from tuneset.core.example import one_array, set_column
from tuneset.core.later import later
from tuneset.stages.redact.columns import opened, written
from tuneset.stages.redact.json_text import Wanted
from tuneset.stages.redact.slot import Slot, rewrite


def without_surrogates(examples: pa.Table) -> pa.Table:
    """The examples with the placeholder of each surrogate in its place; the table itself if there are none.

    Columns that are missing are not looked for, but `surrogates` must be there.
    """
    column = one_array(examples.column("surrogates"))
    if column.null_count == len(column):
        return examples
    rows = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    exchange = {row: exchanger(column[row].as_py()) for row in rows.tolist()}
    table = opened(examples)
    changes: dict[str, dict[int, str]] = {}
    for field in table.fields:
        places = field.places(rows)
        texts = field.values.take(pa.array(places)).to_pylist()
        for place, row, text in zip(places.tolist(), field.rows(places).tolist(), texts, strict=True):
            if text is not None:
                new = _masked(text, exchange[row], field.wanted)
                if new != text:
                    changes.setdefault(field.name, {})[place] = new
    masked = written(examples, table, changes)
    return set_column(masked, "surrogates", pa.nulls(len(examples), pa.string()))


def exchanger(surrogates: str) -> Callable[[str], str]:
    """Puts the placeholders of one example (the JSON of its column) in place of its surrogates."""
    placeholder = {form: name for name, forms in orjson.loads(surrogates).items() for form in forms}
    longest = sorted(placeholder, key=lambda form: (-len(form), form))
    pattern = later("|".join(map(re.escape, longest)))
    return lambda text: pattern.sub(lambda match: placeholder[match[0]], text)


def _masked(text: str, exchange: Callable[[str], str], wanted: Wanted) -> str:
    slot = Slot(0, (0, 0), "", 0, text, wanted)
    rewrite(slot, exchange)
    return slot.text
