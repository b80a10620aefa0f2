"""The batch of records that every reader yields, and the collector that fills it."""

import json
from dataclasses import dataclass, field

import orjson

from tuneset.connectors.rejects import Reject
from tuneset.core.errors import Rejected


@dataclass(slots=True)
class RecordBatch:
    """Records of a part, in order. `lines[i]`, `raws[i]` and `values[i]` belong together; lines count from 1.

    `read` counts records and rejects; blank lines are neither. `physical_lines` is how many newlines (rows,
    for Parquet) the batch used up, so that the sum over a part is the line offset of the next.
    """

    lines: list[int] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    values: list[dict[str, object]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    physical_lines: int = 0

    @property
    def read(self) -> int:
        """Records found, good and bad."""
        return len(self.values) + len(self.rejects)

    @property
    def found(self) -> int:
        """Records found, good and bad, while they are not parsed yet."""
        return len(self.raws) + len(self.rejects)

    def add_raw(self, raw: bytes, *, line: int) -> None:
        """One record that is parsed later."""
        self.lines.append(line)
        self.raws.append(raw)

    def add(self, value: object, *, line: int, raw: bytes) -> None:
        """One record; only objects are records."""
        if type(value) is dict:
            self.lines.append(line)
            self.raws.append(raw)
            self.values.append(value)
        else:
            self.reject(line, reason="not-an-object", detail=f"a {json_type(value)}")

    def reject(self, line: int, *, reason: str, detail: str = "") -> None:
        """One entry that is no record."""
        self.rejects.append(Reject(line, reason, detail))

    def parse_all(self, raws: list[bytes], *, lines: list[int]) -> bool:
        """Records as JSON bytes, row-aligned with their `lines`; False, and nothing added, if one needs
        `parse`.
        """
        try:
            values = list(map(orjson.loads, raws))
        except orjson.JSONDecodeError:
            return False
        if any(type(value) is not dict for value in values):
            return False
        self.lines.extend(lines)
        self.raws.extend(raws)
        self.values.extend(values)
        return True

    def parse(self, raw: bytes, *, line: int) -> None:
        """One record as JSON bytes."""
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            try:
                value = _second_look(raw)
            except Rejected as outcome:
                self.reject(line, reason=outcome.reason, detail=outcome.detail)
                return
        self.add(value, line=line, raw=raw)


def json_type(value: object) -> str:
    """What JSON calls the type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "list"
        case dict():
            return "object"
        case _:
            return "number"


def _second_look(raw: bytes) -> object:
    """The value of a line that is not strict JSON only because of `NaN` or `Infinity`, which become null.

    Python and JavaScript loggers write them for missing scores. Everything else is rejected.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as problem:
        raise Rejected("not-utf8", f"byte {problem.start + 1} of the record") from None
    try:
        value = json.loads(text, parse_constant=lambda _: None)
        return orjson.loads(orjson.dumps(value))
    except json.JSONDecodeError as problem:
        raise Rejected("not-json", f"character {problem.pos + 1} of the record") from None
    except (TypeError, orjson.JSONDecodeError):
        reason = "lone-surrogate" if b"\\ud" in raw.lower() else "not-json"
        raise Rejected(reason) from None
    except (ValueError, RecursionError):
        raise Rejected("not-json", "a number or a nesting beyond all limits") from None
