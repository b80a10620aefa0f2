"""Which columns of an example are searched, and how they are written back.

Searched: content, parts (texts, not images or files), tool-call arguments, names of speakers, output,
feedback, tags and extra. Not searched: tool definitions and everything that tuneset itself wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import Messages, one_array, set_column
from tuneset.kernels.text import same_texts
from tuneset.stages.redact.json_text import Path, Wanted, every_leaf

_AFTER_MESSAGES = 1 << 40
MESSAGE_FIELDS = ("content", "parts", "tool_calls", "name")
_NOT_TEXT = frozenset(
    {"image_url", "input_audio", "audio", "image", "file", "source", "type", "id", "tool_use_id", "name"}
)


@dataclass(frozen=True)
class Field:
    """One searched column: `values` `[m]`, and `offsets` (`[n + 1]`) that say which of them belong to which
    example.
    """

    name: str
    values: pa.Array
    offsets: np.ndarray
    wanted: Wanted = every_leaf

    @property
    def is_in_messages(self) -> bool:
        """Does a value belong to one message?"""
        return self.name in MESSAGE_FIELDS

    def order(self, place: int, row: int, rank: int) -> tuple[int, int]:
        """Where a value stands in the reading order of its example; `rank`: that of its field."""
        return (place - int(self.offsets[row]) if self.is_in_messages else _AFTER_MESSAGES, rank)

    def rows(self, places: np.ndarray) -> np.ndarray:
        """The examples that values belong to."""
        return np.searchsorted(self.offsets, places, side="right") - 1

    def places(self, rows: np.ndarray) -> np.ndarray:
        """The values of some examples (`int64`, ascending), in order."""
        sizes = self.offsets[rows + 1] - self.offsets[rows]
        before = np.cumsum(sizes) - sizes
        return np.repeat(self.offsets[rows] - before, sizes) + np.arange(sizes.sum())


def in_arguments(path: Path) -> bool:
    """Of tool calls only the arguments (or a custom tool's input) are text; ids and names are references."""
    return path[-2:] in (("function", "arguments"), ("custom", "input"))


def in_text_part(path: Path) -> bool:
    """Of parts everything that is read, not images, sound, files and references."""
    return _NOT_TEXT.isdisjoint(path)


@dataclass(frozen=True)
class Opened:
    """A table taken apart: its messages, the searched columns that hold anything, and where the output
    `follows` the taught turn (`bool[n]`).
    """

    messages: Messages
    fields: list[Field]
    follows: np.ndarray

    def repeating(self, places: np.ndarray) -> set[int]:
        """The places whose content is made of parts."""
        if self.messages.parts.null_count == len(self.messages.parts):
            return set()
        return {place for place in places.tolist() if repeats_parts(self.messages, place)}


def opened(examples: pa.Table) -> Opened:
    """The searched columns, of those that are there. `output` only where it is not just the taught turn
    again.
    """
    messages, output = Messages.of(examples), _flat(examples, "output")
    follows = _follows(output, messages)
    rows, names = np.arange(len(examples) + 1, dtype=np.int64), frozenset(examples.column_names)
    fields = [
        Field("content", messages.content, messages.offsets),
        Field("parts", messages.parts, messages.offsets, in_text_part),
        Field("tool_calls", messages.tool_calls, messages.offsets, in_arguments),
        Field("name", messages.name, messages.offsets),
        *(Field(name, _flat(examples, name), rows) for name in ("feedback", "extra") if name in names),
        Field("output", _without(output, follows), rows),
        *([_tags(examples)] if "tags" in names else []),
    ]
    return Opened(
        messages, [field for field in fields if len(field.values) > field.values.null_count], follows
    )


def written(examples: pa.Table, parts: Opened, changes: Mapping[str, Mapping[int, str]]) -> pa.Table:
    """The table with the values of `changes` (column → place → new text), and `output` in step with the
    taught turn.
    """
    inside = {
        name: exchanged(getattr(parts.messages, name), new)
        for name, new in changes.items()
        if name in MESSAGE_FIELDS
    }
    if inside:
        messages = replace(parts.messages, **inside)
        examples = messages.into(examples)
        touched = np.zeros(len(messages), np.bool_)
        for name in inside:
            touched[list(changes[name])] = True
        stale = parts.follows & (messages.taught >= 0) & touched[messages.taught]
        if stale.any():
            fresh = messages.outputs(where=stale)
            output = pc.replace_with_mask(_flat(examples, "output"), pa.array(stale), fresh)
            examples = set_column(examples, "output", output)
    for name in ("feedback", "extra", "output", "surrogates"):
        if name in changes:
            examples = set_column(examples, name, exchanged(_flat(examples, name), changes[name]))
    if "tags" in changes:
        examples = set_column(examples, "tags", _new_tags(examples, changes["tags"]))
    return examples


def exchanged(values: pa.Array, new: Mapping[int, str]) -> pa.Array:
    """The array with other values at some places."""
    mask = np.zeros(len(values), np.bool_)
    mask[list(new)] = True
    texts = pa.array([new[place] for place in sorted(new)], values.type)
    return pc.replace_with_mask(values, pa.array(mask), texts)


def _follows(output: pa.Array, messages: Messages) -> np.ndarray:
    """`bool[n]`: is the output just the taught turn again?"""
    follows = same_texts(messages.content, messages.taught, output)
    if not follows.all():  # of a tool call, empty, or something of its own
        rest = ~follows
        same = pc.equal(output.filter(pa.array(rest)), messages.outputs(where=rest))
        follows[rest] = pc.fill_null(same, False).to_numpy(zero_copy_only=False)
    return follows


def _without(values: pa.Array, mask: np.ndarray) -> pa.Array:
    """The array with nulls where `mask` (`bool[m]`) is true."""
    if mask.all():
        return pa.nulls(len(values), values.type)
    return pc.if_else(pa.array(mask), pa.scalar(None, values.type), values)


def repeats_parts(messages: Messages, place: int) -> bool:
    """Is the content of a message only the text of its parts?"""
    parts = messages.parts[place].as_py()
    return parts is not None and text_of_parts(parts) == messages.content[place].as_py()


def text_of_parts(parts: str) -> str:
    """The content that belongs to parts: their texts, joined by a newline."""
    texts = (_part_text(part) for part in orjson.loads(parts))
    return "\n".join(text for text in texts if text is not None)


def _part_text(part: object) -> str | None:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or "text" not in str(part.get("type", "text")):
        return None
    text = part.get("text", part.get("value"))
    text = text.get("value") if isinstance(text, dict) else text
    return text if isinstance(text, str) else None


def _flat(examples: pa.Table, name: str) -> pa.Array:
    return one_array(examples.column(name))


def _tags(examples: pa.Table) -> Field:
    column = _flat(examples, "tags")
    offsets = column.offsets.to_numpy().astype(np.int64)
    values = column.items.slice(int(offsets[0]), int(offsets[-1] - offsets[0]))
    return Field("tags", values, offsets - offsets[0])


def _new_tags(examples: pa.Table, new: Mapping[int, str]) -> pa.Array:
    column = _flat(examples, "tags")
    tags = _tags(examples)
    first = int(column.offsets[0].as_py())
    keys = column.keys.slice(first, len(tags.values))
    return pa.MapArray.from_arrays(pa.array(tags.offsets, pa.int32()), keys, exchanged(tags.values, new))
