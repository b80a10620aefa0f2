"""The messages of a table as columns of JSON, encoded once for a release and all its targets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import ROLES, Messages
from tuneset.exporters.text import TEXT, Text, large, listed, member, quoted, spliced


@dataclass(frozen=True)
class Turns:
    """The opened messages (`[m]`) of `n` examples, and the JSON of what all formats share."""

    messages: Messages
    tools: pa.Array
    """`[n]` JSON lists, or null."""

    @classmethod
    def of(cls, examples: pa.Table) -> "Turns":
        """Opens a table of `EXAMPLES`."""
        return cls(Messages.of(examples), large(examples.column("tools")))

    @cached_property
    def content(self) -> pa.Array:
        """`[m]` the text of each message; `null` where there is none."""
        return pc.fill_null(quoted(self.messages.content), pa.scalar("null", TEXT))

    @cached_property
    def parts(self) -> pa.Array:
        """`[m]` the content of each message as it was logged: its list of parts, else its text."""
        parts = self.messages.parts
        return self.content if parts.null_count == len(parts) else pc.coalesce(large(parts), self.content)

    @cached_property
    def name(self) -> Text:
        """`[m]` the member `name`, with the comma before it."""
        return member("name", _quoted(self.messages.name))

    @cached_property
    def call_id(self) -> Text:
        """`[m]` the member `tool_call_id`, with the comma before it."""
        return member("tool_call_id", _quoted(self.messages.tool_call_id))

    @cached_property
    def calls(self) -> Text:
        """`[m]` the member `tool_calls` as it was logged, with the comma before it."""
        return member("tool_calls", self.messages.tool_calls)

    def by_role(self, *texts: str) -> pa.Array:
        """`[m]` for each message the text of its role; `texts` are in the order of `ROLES`."""
        return pa.array(texts, TEXT).take(pa.array(self.messages.role))

    def joined(self, *pieces: Text) -> pa.Array:
        """`[n]` the messages of each example, made of `pieces` (`[m]`), joined by commas."""
        return listed(spliced(*pieces), self.messages.offsets)

    def canonical(self) -> pa.Array:
        """`[n]` the messages as `core.canonical.canonical_messages` writes them, without the brackets."""
        masked = flag(~self.messages.train.to_numpy(zero_copy_only=False), ',"train":false')
        role = self.by_role(*(f',"role":"{role}"' for role in ROLES))
        pieces = (self.parts, self.name, role, self.call_id, self.calls, masked)
        return self.joined('{"content":', *pieces, "}")

    def lines(self, *rest: Text, content: pa.Array, calls: Text, tools: pa.Array) -> pa.Array:
        """`[n]` lines as targets read them, with the line end: `{"messages":[…],"tools":…}`.

        Args:
            rest: further members of a message (`[m]`), after all others.
            content: JSON of each message's content.
            calls: the member `tool_calls`.
            tools: JSON of each example's tools, or null.
        """
        further = [piece for piece in (calls, *rest) if isinstance(piece, pa.Array) or piece]
        if content is self.content and not further and tools.null_count == len(tools):
            return self._plain_lines
        return self._lines(content, *further, tools=tools)

    @cached_property
    def _plain_lines(self) -> pa.Array:
        """`[n]` what targets agree on where there are no parts, calls, tools or marks."""
        return self._lines(self.content, tools=self.tools)

    def _lines(self, content: pa.Array, *further: Text, tools: pa.Array) -> pa.Array:
        head = self.by_role(*(f'{{"role":"{role}","content":' for role in ROLES))
        messages = self.joined(head, content, self.name, self.call_id, *further, "}")
        return spliced('{"messages":[', messages, "]", member("tools", tools), "}\n")


def flag(mask: np.ndarray, text: str) -> Text:
    """`text` where `mask` (`bool[m]`) is true, nothing elsewhere."""
    return pc.if_else(pa.array(mask), pa.scalar(text, TEXT), pa.scalar("", TEXT)) if mask.any() else ""


def present(column: pa.Array | pa.ChunkedArray) -> Iterator[tuple[int, str]]:
    """`(position, value)` of what is not null."""
    if column.null_count < len(column):
        places = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        yield from zip(places.tolist(), column.drop_null().to_pylist(), strict=True)


def mapped(column: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """Each value that is not null, changed."""
    if column.null_count == len(column):
        return column
    values: list[str | None] = [None] * len(column)
    for i, value in present(column):
        values[i] = change(value)
    return pa.array(values, TEXT)


def one_by_one(lines: pa.Array) -> Iterator[bytes]:
    """The lines of `Turns.lines`, without their line ends."""
    return (line[:-1] for line in lines.cast(pa.large_binary()).to_pylist())


def _quoted(column: pa.Array) -> pa.Array:
    return column if column.null_count == len(column) else quoted(column)
