"""What every connector promises; `core.connector` says it in words."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from tuneset.core.connector import Connector, Parsed, Unpacking
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields
from tuneset.testing.promise import Promise, windows

Record = Mapping[str, Any]

_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WRONG: tuple[Any, ...] = (
    None,
    True,
    17,
    -0.5,
    "",
    "some other text",
    [],
    {},
    [None],
    [[]],
    {"x": 1},
    ["a", 2],
)
"""Values that do not belong where we put them."""


def connector_promises(
    connector: Connector, samples: Sequence[Record], *, fields: Fields | None = None
) -> list[Promise]:
    """The promises of a connector.

    Args:
        connector: the one to check.
        samples: good records of its format, as parsed JSON; the more kinds, the better.
        fields: which field holds what, if the format does not say so itself.
    """
    if not samples:
        raise ValueError("promises of a connector need a sample")
    known = fields or Fields()
    checks: tuple[Callable[[Connector, Sequence[Record], Fields], None], ...] = (
        it_recognises_its_samples_and_says_why,
        it_recognises_no_empty_record,
        every_sample_becomes_an_example,
        the_same_record_gives_the_same_example,
        records_are_not_modified,
        unknown_fields_are_kept,
        bad_records_are_opened_or_rejected,
        bad_records_are_rejected_and_nothing_else,
        rejections_hold_no_text,
        a_rejected_record_leaves_no_trace,
    )
    inside = [unit for record in samples for unit in _opened(connector, record)]
    whole = (it_recognises_its_samples_and_says_why, bad_records_are_opened_or_rejected)
    return [
        Promise(
            check.__name__,
            lambda check=check: check(connector, copy.deepcopy(samples if check in whole else inside), known),
        )
        for check in checks
    ]


def _opened(connector: Connector, record: Record) -> Iterator[Record]:
    """The records inside, for a connector whose records hold several."""
    return iter(list(connector.unpack(record))) if isinstance(connector, Unpacking) else iter([record])


def it_recognises_its_samples_and_says_why(
    connector: Connector, samples: Sequence[Record], fields: Fields
) -> None:
    """In words, which hold none of the record's text."""
    for record in samples:
        why = connector.recognises(record)
        assert why, "a sample is not recognised"
        assert not windows(why) & texts_in(record), "the reason quotes the record"


def it_recognises_no_empty_record(connector: Connector, samples: Sequence[Record], fields: Fields) -> None:
    """What says nothing is no format."""
    assert connector.recognises({}) is None


def every_sample_becomes_an_example(connector: Connector, samples: Sequence[Record], fields: Fields) -> None:
    """With at least one message, and columns that hold together."""
    table = _table(connector, samples, fields)
    assert table.num_rows == len(samples)
    table.validate(full=True)
    assert all(len(messages) for messages in table.column("messages").to_pylist()), (
        "an example without messages"
    )


def the_same_record_gives_the_same_example(
    connector: Connector, samples: Sequence[Record], fields: Fields
) -> None:
    """No state: neither the order of records nor repetition matters."""
    forwards = _table(connector, samples, fields).column("messages").to_pylist()
    backwards = _table(connector, list(reversed(samples)), fields).column("messages").to_pylist()
    assert forwards == backwards[::-1]


def records_are_not_modified(connector: Connector, samples: Sequence[Record], fields: Fields) -> None:
    """The record is hashed and quoted elsewhere."""
    for record in samples:
        before = copy.deepcopy(record)
        connector.recognises(record)
        _parse(connector, record, fields, ExampleBuilder())
        assert record == before, "the record was changed"


def unknown_fields_are_kept(connector: Connector, samples: Sequence[Record], fields: Fields) -> None:
    """A field that the format does not know is in `extra`, as it was."""
    for record in samples:
        parsed = _parse(connector, {**record, "x_unheard_of": {"deep": ["kept"]}}, fields, ExampleBuilder())
        assert isinstance(parsed, Parsed), "an unknown field made a good record bad"
        assert parsed.extra.get("x_unheard_of") == {"deep": ["kept"]}, "an unknown field was lost"


def bad_records_are_opened_or_rejected(
    connector: Connector, samples: Sequence[Record], fields: Fields
) -> None:
    """A record that holds several and is spoiled somewhere opens, or is rejected; no other exception."""
    for record in samples:
        for bad in _spoiled(record):
            try:
                inside = list(_opened(connector, bad))
            except Rejected:
                continue
            except Exception as problem:
                raise AssertionError(f"opening a bad record raised {type(problem).__name__}") from problem
            assert all(isinstance(unit, Mapping) for unit in inside), "something inside is no record"


def bad_records_are_rejected_and_nothing_else(
    connector: Connector, samples: Sequence[Record], fields: Fields
) -> None:
    """Records with a key missing or a value of another type are parsed or rejected; no other exception."""
    for record in samples:
        for bad in _spoiled(record):
            connector.recognises(bad)
            _parse(connector, bad, fields, ExampleBuilder())


def rejections_hold_no_text(connector: Connector, samples: Sequence[Record], fields: Fields) -> None:
    """Details name keys, types and positions."""
    for record in samples:
        secret = texts_in(record)
        for bad in _spoiled(record):
            outcome = _parse(connector, bad, fields, ExampleBuilder())
            if isinstance(outcome, Rejected):
                assert _KEBAB.fullmatch(outcome.reason), "a reason is a fixed word in kebab-case"
                assert not windows(outcome.detail) & secret, (
                    f"the detail of `{outcome.reason}` quotes the record"
                )


def a_rejected_record_leaves_no_trace(
    connector: Connector, samples: Sequence[Record], fields: Fields
) -> None:
    """After a rejection the next record is read as if nothing had been."""
    alone = _table(connector, samples[:1], fields).column("messages").to_pylist()
    builder = ExampleBuilder()
    for bad in _spoiled(samples[0]):
        if isinstance(_parse(connector, bad, fields, builder), Rejected):
            builder.abandon()
            assert builder.pending == 0
        else:
            builder.abandon()
    _parse(connector, samples[0], fields, builder)
    builder.finish(bytes(16), line=1, source="samples", file="samples.jsonl")
    assert builder.table().column("messages").to_pylist() == alone


def _parse(connector: Connector, record: Record, fields: Fields, into: ExampleBuilder) -> Parsed | Rejected:
    try:
        return connector.parse(record, into, fields=fields)
    except Rejected as rejected:
        return rejected
    except Exception as error:
        raise AssertionError(f"a record made the connector raise {type(error).__name__}") from error


def _table(connector: Connector, samples: Sequence[Record], fields: Fields) -> pa.Table:
    builder = ExampleBuilder()
    for line, record in enumerate(samples, 1):
        outcome = _parse(connector, record, fields, builder)
        assert isinstance(outcome, Parsed), f"sample {line} is rejected: {outcome.reason}"
        builder.finish(line.to_bytes(16, "big"), line=line, source="samples", file="samples.jsonl")
    return builder.table()


def _spoiled(record: Record) -> Iterator[dict[str, Any]]:
    """The record with one thing wrong, at any depth, each in turn."""
    for path in _paths(record):
        yield _changed(record, path, drop=True)
        for value in _WRONG:
            yield _changed(record, path, value=value)


def _paths(value: object, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children: Any = ()
    if isinstance(value, Mapping):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        yield (*prefix, key)
        yield from _paths(child, (*prefix, key))


def _changed(
    record: Record, path: tuple[Any, ...], *, value: object = None, drop: bool = False
) -> dict[str, Any]:
    changed: Any = copy.deepcopy(dict(record))
    place = changed
    for key in path[:-1]:
        place = place[key]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = copy.deepcopy(value)
    return changed


def texts_in(value: object) -> set[str]:
    """Every run of characters in a value of the record; its keys may be named."""
    if isinstance(value, str):
        return windows(value)
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return set[str]().union(*map(texts_in, children))
