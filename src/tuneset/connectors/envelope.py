"""What a record says about itself: whose conversation, when, by which model. The same for all formats."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import cast

from tuneset.core.connector import Parsed
from tuneset.core.spec import Fields

Object = Mapping[str, object]
Convert = Callable[[object], object]

EARLIEST = 631_152_000
"""1990-01-01 in seconds since 1970."""
LATEST = 4_102_444_800
"""2100-01-01."""


def envelope(extra: dict[str, object], *, fields: Fields) -> Parsed:
    """Sorts what is left of a record when its messages and tools are taken out; `extra` becomes the result's.

    Ids are taken out of `extra`, also out of `metadata`: they live on only as keyed hashes.
    """
    parsed = Parsed(extra=extra)
    said = (
        {place for place in fields.model_fields_set if getattr(fields, place)}
        if fields.model_fields_set
        else ()
    )
    if said:
        _fill_from_spec(parsed, fields=fields)
    for place, names, convert in plan(tuple(extra)):
        for name in () if place in said else names:
            found = extra[name]
            value = convert(found)
            if value is None and found is not None:
                continue  # it stays in `extra`
            del extra[name]
            if value is not None:
                setattr(parsed, place, value)
                break
    if "metadata" in extra:
        _fill_from_metadata(parsed, fields=fields)
    return parsed


@lru_cache(maxsize=1024)
def plan(keys: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...], Convert], ...]:
    """Which of these keys may fill which place; the records of a log mostly have the same keys."""
    known = set(keys)
    found = ((place, tuple(name for name in names if name in known), kind) for place, names, kind in _PLACES)
    return tuple(entry for entry in found if entry[1])


def _fill(parsed: Parsed, place: str, paths: tuple[str, ...], convert: Convert) -> None:
    """Moves the first value that `convert` accepts from `extra` to its place."""
    for path in paths:
        value = convert(reach(parsed.extra, path))
        if value is not None:
            remove(parsed.extra, path)
            setattr(parsed, place, value)
            return


def _fill_from_spec(parsed: Parsed, *, fields: Fields) -> None:
    """A path in the spec rules out all guesses."""
    for place, _, convert in _PLACES:
        path = getattr(fields, place)
        if path:
            _fill(parsed, place, (path,), convert)


def _fill_from_metadata(parsed: Parsed, *, fields: Fields) -> None:
    for place, names, convert in _PLACES:
        if (
            place in ("conversation", "user")
            and getattr(parsed, place) is None
            and not getattr(fields, place)
        ):
            _fill(parsed, place, tuple(f"metadata.{name}" for name in names), convert)


def reach(record: Object, path: str) -> object:
    """The value at a dotted path, or None; a key that itself holds dots comes first."""
    if path in record or "." not in path:
        return record.get(path)
    head, _, rest = path.partition(".")
    inner = record.get(head)
    return reach(cast("Object", inner), rest) if type(inner) is dict else None


def remove(record: dict[str, object], path: str) -> None:
    """Takes the value at a dotted path out; inner objects are copied, the record as read stays as it was."""
    head, _, rest = path.partition(".")
    inner = record.get(head)
    if path in record or not rest:
        record.pop(path, None)
    elif type(inner) is dict:
        copy = dict(cast("Object", inner))
        remove(copy, rest)
        record[head] = copy
        if not copy:
            del record[head]


def _id(value: object) -> str | None:
    """Text or whole number as text."""
    if type(value) is dict:
        value = cast("Object", value).get("id")
    return str(value) if type(value) is int or (type(value) is str and value) else None


def _word(value: object) -> str | None:
    return value if type(value) is str and value else None


def moment(value: object) -> datetime | None:
    """A time as UTC; None if it is none, or outside 1990 to 2100.

    Numbers are seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size; a time
    without a zone is taken as UTC.
    """
    if type(value) is int or type(value) is float:
        return _from_epoch(value)
    if type(value) is not str:
        return None
    if len(value) >= 9 and value.replace(".", "", 1).isdecimal():
        return _from_epoch(float(value))
    try:
        found = datetime.fromisoformat(value.strip().removesuffix(" UTC"))
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if EARLIEST <= found.timestamp() < LATEST else None


def are_seconds(values: list[object]) -> bool:
    """Would `moment` read all of these as whole seconds since 1970?"""
    if set(map(type, values)) != {int}:
        return False
    numbers = cast("list[int]", values)
    return min(numbers) >= EARLIEST and max(numbers) < LATEST


def are_words(values: list[object]) -> bool:
    """Are all of these texts that are not empty?"""
    return set(map(type, values)) == {str} and all(values)


def _from_epoch(value: float) -> datetime | None:
    for scale in (1, 1_000, 1_000_000, 1_000_000_000):  # the ranges of 1990 to 2100 do not overlap
        if EARLIEST * scale <= value < LATEST * scale:
            return datetime.fromtimestamp(value if scale == 1 else value / scale, UTC)
    return None


def _anything(value: object) -> object:
    return value


_PLACES: tuple[tuple[str, tuple[str, ...], Convert], ...] = (
    (
        "conversation",
        (
            *("conversation_id", "thread_id", "session_id", "chat_id", "dialogue_id"),
            *("conversationId", "threadId", "sessionId", "conversation"),
        ),
        _id,
    ),
    ("user", ("user_id", "user", "userId", "end_user", "account_id", "customer_id"), _id),
    ("captured_at", ("captured_at", "created_at", "created", "timestamp", "createdAt", "time"), moment),
    ("model", ("model", "model_name"), _word),
    ("finish_reason", ("finish_reason", "stop_reason"), _word),
    ("feedback", ("feedback",), _anything),
)
"""Column, the names under which logs have it (the earlier one wins), and what makes a value of it."""
