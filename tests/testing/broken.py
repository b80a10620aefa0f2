"""Stages, connectors, exporters and executors that break one promise each."""

import ctypes
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.event import events, no_events
from tuneset.core.example import ExampleBuilder, set_column
from tuneset.core.exporter import Rule
from tuneset.core.spec import Fields
from tuneset.core.stage import Staged, unchanged
from tuneset.engine.executor import SerialExecutor


@dataclass
class Stage:
    """Changes nothing."""

    name: str = "sound"
    version: int = 1

    def identity(self) -> object:
        return {"labels": ["a", "b"]}

    def __call__(self, examples: pa.Table) -> Staged:
        return unchanged(examples)


class Loses(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        return unchanged(examples.slice(1))


class CountsItsTable(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        sizes = pa.array([str(examples.num_rows)] * examples.num_rows, pa.string())
        return unchanged(set_column(examples, "model", sizes))


class SeesTheRowBefore(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        before = pa.array([None, *examples.column("kind").to_pylist()[:-1]][: examples.num_rows], pa.string())
        return unchanged(set_column(examples, "model", before))


@dataclass
class CountsItsRuns(Stage):
    runs: int = 0

    def __call__(self, examples: pa.Table) -> Staged:
        self.runs += 1
        return unchanged(set_column(examples, "model", pa.repeat(str(self.runs), examples.num_rows)))


class NeverDone(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        longer = pc.binary_join_element_wise(pc.fill_null(examples.column("output"), ""), "!", "")
        return unchanged(set_column(examples, "output", longer))


class AlwaysEdits(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        told = events(examples.column("origin_id"), stage=self.name, action="edit", reason="edited")
        return Staged(examples, told)


class MovesLines(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        return unchanged(set_column(examples, "line", pc.multiply(examples.column("line"), 0)))


class WritesIntoItsInput(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        for chunk in examples.column("line").chunks:
            if len(chunk):
                ctypes.c_int64.from_address(chunk.buffers()[1].address + 8 * chunk.offset).value += 1
        return unchanged(examples)


class QuotesText(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        said = [(f'"{text}"') for text in examples.column("output").to_pylist()]
        ids = examples.column("origin_id")
        return Staged(examples, events(ids, stage=self.name, action="tag", reason="seen", evidence=said))


class SentenceAsReason(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        told = events(examples.column("origin_id"), stage=self.name, action="tag", reason="It was seen.")
        return Staged(examples, told)


class SignsAsAnother(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        told = events(examples.column("origin_id"), stage="another", action="tag", reason="seen")
        return Staged(examples, told)


class InventsIds(Stage):
    def __call__(self, examples: pa.Table) -> Staged:
        return Staged(examples, events([b"x" * 16], stage=self.name, action="tag", reason="seen"))


class SetIdentity(Stage):
    def identity(self) -> object:
        return list({f"label {n}" for n in range(50)})


class ClockIdentity(Stage):
    def identity(self) -> object:
        return time.monotonic_ns()


class IdentityOfUse(CountsItsRuns):
    def identity(self) -> object:
        return self.runs


@dataclass
class CannotTravel(Stage):
    work: Callable[[], None] = field(default_factory=lambda: lambda: None)


@dataclass
class Connector:
    """Reads `{"q": …, "a": …}`."""

    name: str = "pairs"
    version: int = 1

    def recognises(self, record: Mapping[str, object]) -> str | None:
        return "keys `q`, `a`" if {"q", "a"} <= record.keys() else None

    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        asked, answered = record.get("q"), record.get("a")
        if not isinstance(asked, str) or not isinstance(answered, str):
            raise Rejected("bad-pair", "`q` or `a` is no text")
        into.message("user", asked)
        into.message("assistant", answered)
        return Parsed(extra={name: value for name, value in record.items() if name not in ("q", "a")})


class QuotesInWhy(Connector):
    def recognises(self, record: Mapping[str, object]) -> str | None:
        return f"asks {record['q']}" if "q" in record else None


class RecognisesAnything(Connector):
    def recognises(self, record: Mapping[str, object]) -> str | None:
        return "looks good"


class SaysNothing(Connector):
    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        return Parsed(extra=dict(record))


@dataclass
class Remembers(Connector):
    seen: int = 0

    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        self.seen += 1
        into.message("system", f"record {self.seen}")
        return super().parse(record, into, fields=fields)


class BreaksWhenOpening(Connector):
    def unpack(self, record: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        yield {"q": record["q"], **record}


class PopsFields(Connector):
    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        parsed = super().parse(record, into, fields=fields)
        record.pop("a", None)  # type: ignore[attr-defined]
        return parsed


class ForgetsFields(Connector):
    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        super().parse(record, into, fields=fields)
        return Parsed()


class Crashes(Connector):
    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        into.message("user", record["q"].strip())  # type: ignore[attr-defined]
        into.message("assistant", str(record["a"]))
        return Parsed(extra={name: value for name, value in record.items() if name not in ("q", "a")})


class QuotesInDetail(Connector):
    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        try:
            return super().parse(record, into, fields=fields)
        except Rejected as rejected:
            raise Rejected(rejected.reason, str(dict(record))) from None


@dataclass
class KeepsItsBuilder(Connector):
    spoilt: bool = False

    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        self.spoilt |= not isinstance(record.get("q"), str)
        if self.spoilt:
            into.message("system", "something went wrong before")
        return super().parse(record, into, fields=fields)


@dataclass
class Exporter:
    """Writes role and content."""

    name: str = "plain"
    version: int = 1
    status: str = "active"
    last_verified: str = "2026-01-31"
    rules: tuple[Rule, ...] = (Rule("turn.none", "nothing to learn", "https://docs.example/rules"),)
    side: ClassVar[dict[str, bytes]] = {"info.json": b"{}"}

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        found = examples.column("messages").to_pylist()
        return [(row, "turn.none") for row, messages in enumerate(found) if len(messages) < 2]

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        for messages in examples.column("messages").to_pylist():
            yield orjson.dumps({"messages": [{"role": m["role"], "content": m["content"]} for m in messages]})

    def side_files(self, name: str) -> dict[str, bytes]:
        return dict(self.side)


class NoDate(Exporter):
    last_verified = "last year"

    def __init__(self) -> None:
        super().__init__(last_verified="last year")


class Escapes(Exporter):
    side: ClassVar[dict[str, bytes]] = {"../info.json": b"{}"}


class UnknownRule(Exporter):
    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        return [(row, "turn.odd") for row in range(len(examples))]


class Skips(Exporter):
    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        yield from list(super().lines(examples))[1:]


class Trims(Exporter):
    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        for line in super().lines(examples):
            value = orjson.loads(line)
            for message in value["messages"]:
                message["content"] = (message["content"] or "").strip()
            yield orjson.dumps(value)


class Numbers(Exporter):
    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        for number, line in enumerate(super().lines(examples)):
            yield orjson.dumps(orjson.loads(line) | {"number": number})


class Unordered(SerialExecutor):
    def map(self, fn: Any, items: Sequence[Any], *, on_done: Any = None) -> list[Any]:
        return super().map(fn, items, on_done=on_done)[::-1]


class TellsNobody(SerialExecutor):
    def map(self, fn: Any, items: Sequence[Any], *, on_done: Any = None) -> list[Any]:
        return super().map(fn, items)


class Swallows(SerialExecutor):
    def map(self, fn: Any, items: Sequence[Any], *, on_done: Any = None) -> list[Any]:
        def safe(item: Any) -> Any:
            try:
                return fn(item)
            except Exception:
                return None

        return super().map(safe, items, on_done=on_done)


class Wraps(SerialExecutor):
    def map(self, fn: Any, items: Sequence[Any], *, on_done: Any = None) -> list[Any]:
        try:
            return super().map(fn, items, on_done=on_done)
        except Exception as error:
            raise RuntimeError(str(error)) from error


class LastFirst(SerialExecutor):
    def map(self, fn: Any, items: Sequence[Any], *, on_done: Any = None) -> list[Any]:
        results = [fn(item) for item in reversed(items)][::-1]
        for index, result in enumerate(results if on_done else ()):
            on_done(index, result)
        return results


NO_EVENTS = no_events()
