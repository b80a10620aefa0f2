"""Which text of an example is compared: its input and output, without ids, metadata, system prompts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import SYSTEM, Messages, one_array
from tuneset.kernels.text import opens_json
from tuneset.stages.dedupe.ignore import without
from tuneset.stages.redact.masked import without_surrogates

READ = ("messages", "output", "surrogates")
"""Columns of which the texts are made."""
_SORTED = orjson.OPT_SORT_KEYS
_EXACT = 2.0**53  # up to which every whole number has a double of its own
_ENDING = (
    pa.scalar("\n", pa.large_string()),
    pa.scalar("", pa.large_string()),
)  # of a message; the separator


@dataclass(frozen=True)
class TextBlock:
    """The comparable text of `n` examples.

    Attributes:
        inputs: `large_string[n]`: every message except system prompts and the taught turn; each begins with a
            control character that names its role (`core.example.ROLES`) and ends with a newline.
        outputs: `large_string[n]`: what is taught. Tool calls and JSON are in canonical form
            (`canonical_json`).
    """

    inputs: pa.Array
    outputs: pa.Array

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, rows: np.ndarray) -> "TextBlock":
        """The block of some rows, in the order asked for."""
        return TextBlock(self.inputs.take(pa.array(rows)), self.outputs.take(pa.array(rows)))

    @classmethod
    def concat(cls, blocks: "list[TextBlock]") -> "TextBlock":
        """One block after the other."""
        return cls(
            pa.concat_arrays([b.inputs for b in blocks]), pa.concat_arrays([b.outputs for b in blocks])
        )


def texts_of(examples: pa.Table, *, ignore: Sequence[str] = ()) -> TextBlock:
    """Input and output text of each example, with placeholders where it has surrogates.

    `examples` has the columns `READ` at least; `ignore`: passages that inputs come without.
    """
    examples = without_surrogates(examples)
    messages = Messages.of(examples)
    calls = call_texts(messages.tool_calls)
    inputs = without(_inputs(messages, calls), ignore)
    return TextBlock(inputs, _outputs(examples, messages, calls))


def spoken(messages: Messages) -> np.ndarray:
    """`bool[m]`: does the message belong to the input?"""
    mask = messages.role != SYSTEM
    mask[messages.taught[messages.taught >= 0]] = False
    return mask


def canonical_json(text: str) -> str | None:
    """The JSON object or list in `text` with sorted keys, no white space and one spelling of each number
    (`1`, `1.0` and `1e0` are the same), or None if there is none.
    """
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return orjson.dumps(_plain_numbers(orjson.loads(text)), option=_SORTED).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None


def _plain_numbers(value: object) -> object:
    """The value with whole numbers as integers, in as far as both spellings hold the same number."""
    match value:
        case dict():
            return {name: _plain_numbers(entry) for name, entry in value.items()}
        case list():
            return [_plain_numbers(entry) for entry in value]
        case float() if value.is_integer() and abs(value) <= _EXACT:
            return int(value)
        case _:
            return value


def call_texts(tool_calls: pa.Array) -> pa.Array:
    """`large_string[m]`: names and arguments of the calls as canonical JSON, without ids, calls of one turn
    in the order of their text: they run side by side. Null if none.
    """
    if tool_calls.null_count == len(tool_calls):
        return pa.nulls(len(tool_calls), pa.large_string())
    texts = [None if calls is None else _call_text(calls) for calls in tool_calls.to_pylist()]
    return pa.array(texts, pa.large_string())


def _call_text(calls: str) -> str:
    try:
        functions = [call.get("function", call) for call in orjson.loads(calls)]
        slim = [{"name": f.get("name"), "arguments": _arguments(f.get("arguments"))} for f in functions]
        texts = sorted(orjson.dumps(_plain_numbers(call), option=_SORTED) for call in slim)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, AttributeError, TypeError):
        return calls
    return f"[{b','.join(texts).decode()}]"


def _arguments(arguments: object) -> object:
    """Arguments arrive as a JSON text or as an object; unreadable text stays text."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return arguments


def _inputs(messages: Messages, calls: pa.Array) -> pa.Array:
    """Messages of one example stand next to each other, so joining them is only a matter of offsets."""
    mask = spoken(messages)
    (index,) = np.nonzero(mask)
    take = pa.array(index)
    speaker = pa.array([chr(code) for code in range(4)], pa.large_string()).take(
        pa.array(messages.role[index])
    )
    text = pc.binary_join_element_wise(
        speaker,
        messages.content.take(take),
        calls.take(take),
        *_ENDING,
        null_handling="replace",
        null_replacement="",
    )
    text = text.cast(pa.large_string())
    counts = np.concatenate([[0], np.cumsum(mask)])[messages.offsets]
    return _regrouped(text, counts)


def _regrouped(text: pa.Array, bounds: np.ndarray) -> pa.Array:
    """`large_string[n]`: entries `bounds[i]:bounds[i + 1]` of `text` as one string each, without copying the
    text.
    """
    if len(text) == 0:
        return pa.array([""] * (len(bounds) - 1), pa.large_string())
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1][bounds]
    return pa.LargeStringArray.from_buffers(len(bounds) - 1, pa.py_buffer(np.ascontiguousarray(ends)), data)


def _outputs(examples: pa.Table, messages: Messages, calls: pa.Array) -> pa.Array:
    taught = pa.array(messages.taught, mask=messages.taught < 0)
    text, called = messages.content.take(taught), calls.take(taught)
    empty = pc.fill_null(pc.equal(pc.binary_length(text), 0), True)
    if called.null_count < len(called):
        both = pc.binary_join_element_wise(text, called, pa.scalar("\n", pa.large_string()))
        text = pc.if_else(empty, called, pc.coalesce(both, text))
    elif pc.any(empty).as_py():
        text = pc.if_else(empty, called, text)
    if text.null_count:
        text = pc.fill_null(pc.coalesce(text, _column(examples, "output")), "")
    structured = opens_json(text)
    if not structured.any():
        return text
    mask = pa.array(structured)
    canonical = [canonical_json(t) or t for t in text.filter(mask).to_pylist()]
    return pc.replace_with_mask(text, mask, pa.array(canonical, pa.large_string()))


def _column(examples: pa.Table, name: str) -> pa.Array:
    return one_array(examples.column(name)).cast(pa.large_string())
