"""The example: one parsed conversation per row of an Arrow table, and the views stages work on.

`EXAMPLES` is the schema that every connector fills and every stage passes on. `Messages` opens the nested
`messages` column into flat arrays, so that a stage is a sentence over columns:

    messages = Messages.of(examples)
    cleaned = normalise(messages.content)
    examples = messages.replace(content=cleaned).into(examples)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ROLES = ("system", "user", "assistant", "tool")
SYSTEM, USER, ASSISTANT, TOOL = range(4)

_ROLE_TYPE = pa.dictionary(pa.int8(), pa.string())
_MESSAGE_FIELDS = [
    pa.field("role", _ROLE_TYPE, nullable=False),
    pa.field("content", pa.large_string()),
    pa.field("parts", pa.string()),
    pa.field("name", pa.string()),
    pa.field("tool_calls", pa.string()),
    pa.field("tool_call_id", pa.string()),
    pa.field("train", pa.bool_(), nullable=False),
]
MESSAGE = pa.struct(_MESSAGE_FIELDS)
"""One message. `parts`: the JSON list of a multi-part content, whose text parts joined by a newline are
`content`. `tool_calls`: JSON list in OpenAI shape, arguments exactly as seen. `train`: is it learned from."""

RARE = ("parts", "name", "tool_calls", "tool_call_id")
"""Fields of a message that most messages do not have."""

ID = pa.binary(16)

EXAMPLES = pa.schema(
    [
        pa.field("origin_id", ID, nullable=False),
        pa.field("content_id", ID, nullable=False),
        pa.field("messages", pa.list_(pa.field("item", MESSAGE, nullable=False)), nullable=False),
        pa.field("tools", pa.string()),
        pa.field("output", pa.string()),
        pa.field("conversation", pa.string()),
        pa.field("user", pa.string()),
        pa.field("captured_at", pa.timestamp("us", tz="UTC")),
        pa.field("model", pa.string()),
        pa.field("finish_reason", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("licence", pa.string()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("inclusion", pa.float64(), nullable=False),
        pa.field("feedback", pa.string()),
        pa.field("tags", pa.map_(pa.string(), pa.string()), nullable=False),
        pa.field("redacted", pa.uint64(), nullable=False),
        pa.field("surrogates", pa.string()),
        pa.field("extra", pa.string()),
    ]
)
"""Columns of an example. Shapes and units:

    origin_id, content_id  16 bytes, see `core.ids`; content_id is all zeros until the example is signed
    messages               list of `MESSAGE`
    tools                  JSON list of tool definitions as offered, or null
    output                 what is taught: text of the last assistant turn, or its tool calls as JSON, or
    the label
    conversation, user     keyed hashes of the log's ids, 32 hex digits, or null
    captured_at            when the log was taken, UTC
    finish_reason          why the model stopped, in the provider's word: stop, length, content_filter, …
    file, line             where it was found; line counts from 1
    kind                   production, corrected or synthetic
    inclusion              probability with which the log was sampled, 0..1
    feedback, extra        JSON; extra holds every field of the record that has no column of its own
    tags                   coverage factors
    redacted               order-independent keyed hash of the values that redaction took out, 0 if none
    surrogates             JSON of placeholder → what stands in its place in the text, or null: what is not
    to be compared, never what it stands for
"""


def set_column(examples: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table with one column exchanged; the field keeps its declared type."""
    index = examples.schema.get_field_index(name)
    return examples.set_column(index, examples.schema.field(index), values)


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array; copied only if it has several chunks."""
    if column.num_chunks == 1:
        return column.chunk(0)  # `combine_chunks` would copy it
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


@dataclass(frozen=True)
class Messages:
    """All messages of a table as flat arrays of `m` entries; `offsets` (`[n + 1]`) says which belong to
    which example.
    """

    offsets: np.ndarray
    role: np.ndarray
    content: pa.Array
    parts: pa.Array
    name: pa.Array
    tool_calls: pa.Array
    tool_call_id: pa.Array
    train: pa.Array

    @classmethod
    def of(cls, examples: pa.Table) -> "Messages":
        """Opens the `messages` column (copies it only if the table has several chunks)."""
        column = one_array(examples.column("messages"))
        offsets = column.offsets.to_numpy().astype(np.int64)
        flat = column.values.slice(int(offsets[0]), int(offsets[-1] - offsets[0]))
        field = {name: flat.field(i) for i, name in enumerate(f.name for f in _MESSAGE_FIELDS)}
        if flat.offset:  # a struct's children do not follow its slice
            field = {
                name: child.slice(flat.offset, len(flat)) if len(child) != len(flat) else child
                for name, child in field.items()
            }
        return cls(offsets - offsets[0], field.pop("role").indices.to_numpy(zero_copy_only=False), **field)

    def __len__(self) -> int:
        return len(self.role)

    @cached_property
    def row(self) -> np.ndarray:
        """`int64[m]`: the example (row number) that each message belongs to."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    @cached_property
    def taught(self) -> np.ndarray:
        """`int64[n]`: the message each example teaches, its last assistant turn, or -1 if it has none."""
        last = np.full(len(self.offsets) - 1, -1, np.int64)
        (spoken,) = np.nonzero(self.role == ASSISTANT)
        last[self.row[spoken]] = spoken  # later messages overwrite earlier ones
        return last

    def first_said(self, role: int) -> pa.Array:
        """`large_string[n]`: content of the first message of a role in each example, null without one."""
        (said,) = np.nonzero(self.role == role)
        owners, first = np.unique(self.row[said], return_index=True)
        place = np.full(len(self.offsets) - 1, -1)
        place[owners] = said[first]
        return self.content.take(pa.array(place, mask=place < 0))

    def replace(
        self,
        *,
        content: pa.Array | None = None,
        parts: pa.Array | None = None,
        tool_calls: pa.Array | None = None,
        train: pa.Array | None = None,
    ) -> "Messages":
        """The same messages with other text, or another mask."""
        return replace(
            self,
            content=self.content if content is None else content,
            parts=self.parts if parts is None else parts,
            tool_calls=self.tool_calls if tool_calls is None else tool_calls,
            train=self.train if train is None else train,
        )

    def take(self, places: np.ndarray) -> "Messages":
        """Some of them (rising); `offsets` stay and must fit already."""
        at = pa.array(places)
        columns = {name: getattr(self, name).take(at) for name in ("content", *RARE, "train")}
        return replace(self, role=self.role[places], **columns)

    def outputs(self, *, where: np.ndarray | None = None) -> pa.Array:
        """`string[n]`: what each example teaches: text of the taught turn, else its tool calls, else null.

        `where` (`bool[n]`): only of these examples.
        """
        taught = self.taught if where is None else self.taught[where]
        take = pa.array(taught, mask=taught < 0)
        text = pc.take(self.content, take).cast(pa.string())
        return pc.if_else(
            pc.equal(pc.fill_null(pc.binary_length(text), 0), 0),
            pc.coalesce(pc.take(self.tool_calls, take), text),
            text,
        )

    def into(self, examples: pa.Table) -> pa.Table:
        """The table with these messages in its `messages` column."""
        role = pa.DictionaryArray.from_arrays(pa.array(self.role, pa.int8()), pa.array(ROLES))
        children = [role, self.content, self.parts, self.name, self.tool_calls, self.tool_call_id, self.train]
        flat = pa.StructArray.from_arrays(children, fields=_MESSAGE_FIELDS)
        column = pa.ListArray.from_arrays(
            pa.array(self.offsets, pa.int32()), flat, type=EXAMPLES.field("messages").type
        )
        return set_column(examples, "messages", column)


@dataclass(frozen=True)
class Rare:
    """A field that few messages have: which of them (rising), and what they say."""

    at: list[int] = field(default_factory=list)
    value: list[str] = field(default_factory=list)

    def add(self, at: int, value: str) -> None:
        """One more."""
        self.at.append(at)
        self.value.append(value)

    def column(self, count: int) -> pa.Array:
        """`string[count]` for all messages."""
        if not self.at:
            return pa.nulls(count, pa.string())
        place = np.full(count, -1)
        place[self.at] = np.arange(len(self.at))
        return pa.array(self.value, pa.string()).take(pa.array(place, mask=place < 0))


@dataclass(frozen=True)
class MessageLists:
    """Messages on their way into `Messages`: `sizes` (`[n]`, of the examples), `role` (`[m]`, indices into
    `ROLES`) and `content` (`[m]`) of all, and what few have, for each of `RARE`.
    """

    sizes: list[int]
    role: bytes
    content: list[str | None]
    rare: dict[str, Rare]

    @classmethod
    def joined(cls, several: Sequence["MessageLists"]) -> "MessageLists":
        """All examples of these, one after the other."""
        rare = no_rare()
        starts = accumulate((len(lists.role) for lists in several), initial=0)
        for start, lists in zip(starts, several, strict=False):
            for name, some in lists.rare.items():
                rare[name].at.extend([start + at for at in some.at])
                rare[name].value.extend(some.value)
        return cls(
            list(chain.from_iterable(lists.sizes for lists in several)),
            b"".join(lists.role for lists in several),
            list(chain.from_iterable(lists.content for lists in several)),
            rare,
        )

    def messages(self, *, untrained: Sequence[int] = ()) -> Messages:
        """The same as flat arrays; `untrained`: messages that are not learned from."""
        count = len(self.role)
        train = np.ones(count, np.bool_)
        train[list(untrained)] = False
        return Messages(
            np.cumsum([0, *self.sizes], dtype=np.int64),
            np.frombuffer(self.role, np.int8),
            pa.array(self.content, pa.large_string()),
            **{name: self.rare[name].column(count) for name in RARE},
            train=pa.array(train),
        )


def no_rare() -> dict[str, Rare]:
    """For each of `RARE` no message that has it."""
    return {name: Rare() for name in RARE}


class MessagesBuilder:
    """Collects the messages of one example after the other."""

    __slots__ = ("_content", "_offsets", "_rare", "_role", "_untrained")

    def __init__(self) -> None:
        """Starts empty."""
        self._role = bytearray()
        self._content: list[str | None] = []
        self._rare = no_rare()
        self._untrained: list[int] = []
        self._offsets = [0]

    def add(
        self, role: int, content: str | None, *, rare: Mapping[str, str | None], train: bool = True
    ) -> None:
        """One message; `rare`: values for some of `RARE`."""
        at = len(self._role)
        self._role.append(role)
        self._content.append(content)
        for name, value in rare.items():
            if value is not None:
                self._rare[name].add(at, value)
        if not train:
            self._untrained.append(at)

    @property
    def pending(self) -> int:
        """Messages added since the last `close`."""
        return len(self._role) - self._offsets[-1]

    def close(self) -> None:
        """The messages since the last `close` are one example."""
        self._offsets.append(len(self._role))

    def abandon(self) -> None:
        """Forgets the messages added since the last `close`."""
        start = self._offsets[-1]
        for rare in self._rare.values():
            while rare.at and rare.at[-1] >= start:
                rare.at.pop()
                rare.value.pop()
        while self._untrained and self._untrained[-1] >= start:
            self._untrained.pop()
        del self._role[start:], self._content[start:]

    def messages(self) -> Messages:
        """All of them."""
        sizes = np.diff(self._offsets).tolist()
        lists = MessageLists(sizes, bytes(self._role), self._content, self._rare)
        return lists.messages(untrained=self._untrained)


class ExampleBuilder:
    """Collects examples row by row: the one place where a row is a Python object.

    A connector calls `message` for each turn, then `finish`; or `abandon` if the record turns out to be bad.
    """

    def __init__(self) -> None:
        """Starts empty."""
        self._messages = MessagesBuilder()
        self._rows: list[dict[str, object]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def message(
        self,
        role: str,
        content: str | None = None,
        *,
        parts: str | None = None,
        name: str | None = None,
        tool_calls: str | None = None,
        tool_call_id: str | None = None,
        train: bool = True,
    ) -> None:
        """Adds one turn; `role` is one of `ROLES`."""
        rare = {"parts": parts, "name": name, "tool_calls": tool_calls, "tool_call_id": tool_call_id}
        self._messages.add(_ROLE_CODE[role], content, rare=rare, train=train)

    @property
    def pending(self) -> int:
        """Messages added since the last `finish`."""
        return self._messages.pending

    def abandon(self) -> None:
        """Forgets the messages added since the last `finish`."""
        self._messages.abandon()

    def finish(self, origin_id: bytes, *, line: int, source: str, file: str, **fields: object) -> None:  # noqa: ANN401, RUF100
        """Closes the example begun by `message`; `fields` are columns of `EXAMPLES`, absent ones are null."""
        self._messages.close()
        fields.update(origin_id=origin_id, line=line, source=source, file=file)
        self._rows.append(fields)

    def table(self) -> pa.Table:
        """`[n]` examples in the order in which they were finished; `output` is filled from the messages."""
        columns = {
            field.name: pa.array(
                [row.get(field.name, _DEFAULTS.get(field.name)) for row in self._rows], field.type
            )
            for field in EXAMPLES
            if field.name not in ("messages", "output")
        }
        return examples_of(columns, messages=self._messages.messages())


def examples_of(columns: dict[str, pa.Array], *, messages: Messages) -> pa.Table:
    """`EXAMPLES` from all columns but `messages` and `output`, which come from the messages."""
    columns = {
        **columns,
        "output": messages.outputs(),
        "messages": pa.nulls(len(messages.offsets) - 1, EXAMPLES.field("messages").type),
    }
    table = pa.table([columns[name] for name in EXAMPLES.names], schema=_NULLABLE)
    return messages.into(table).cast(EXAMPLES)


_NULLABLE = pa.schema([field.with_nullable(True) for field in EXAMPLES])
_ROLE_CODE = {role: code for code, role in enumerate(ROLES)}
_DEFAULTS = {"content_id": bytes(16), "kind": "production", "inclusion": 1.0, "tags": (), "redacted": 0}


def no_examples() -> pa.Table:
    """An empty table of examples."""
    return EXAMPLES.empty_table()


def concat(tables: Sequence[pa.Table]) -> pa.Table:
    """One table of all rows, in one chunk."""
    return pa.concat_tables(tables).combine_chunks() if tables else no_examples()
