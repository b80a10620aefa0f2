"""Repairs over columns: a vectorised gate marks the few messages that may need one, `text.py` repairs
those.
"""

from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import Messages
from tuneset.core.spec import CleanSpec
from tuneset.stages.clean import mojibake
from tuneset.stages.clean.gate import CONTROL, FOREIGN, RETURN, marks
from tuneset.stages.clean.text import Step, mended, steps

_CONTROL = (
    r"[\x{80}-\x{9f}\x{61c}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}\x{2066}-\x{2069}\x{feff}"
    r"\x{e0000}-\x{e007f}]"
)


@dataclass(frozen=True)
class Repaired:
    """Messages after repair; `changed[reason]` is `bool[m]`: the messages that this repair altered."""

    messages: Messages
    changed: dict[str, np.ndarray]


def repaired(messages: Messages, *, spec: CleanSpec) -> Repaired:
    """All messages with the repairs of the spec.

    Content that is derived from parts is derived again from the repaired parts. Tool-call arguments stay as
    seen.
    """
    todo = steps(spec)
    changed = {reason: np.zeros(len(messages), bool) for reason, _ in todo}
    seen = marks(messages.content)
    plain = messages.parts.is_null().to_numpy(zero_copy_only=False)
    changed["newlines"] = plain & (seen & RETURN > 0)
    content = _with_line_feeds(messages.content, where=changed["newlines"])
    doubtful = np.flatnonzero(
        _may_need_repair(content, np.where(plain, seen & (CONTROL | FOREIGN), seen), spec=spec)
    )
    if not len(doubtful):
        return Repaired(messages.replace(content=content), changed)
    parts = messages.parts
    texts: dict[int, str] = {}
    parted: dict[int, str] = {}
    for i, text, part in zip(
        doubtful.tolist(), *(c.take(doubtful).to_pylist() for c in (content, parts)), strict=True
    ):
        if part is None:
            after, reasons = mended(text, todo=todo)
        else:
            after, parted[i], reasons = _mended_parts(text, part, todo=todo)
        if after != text:
            texts[i] = after
        for reason in reasons:
            changed[reason][i] = True
    return Repaired(
        messages.replace(content=_patched(content, texts), parts=_patched(parts, parted)), changed
    )


def _with_line_feeds(content: pa.Array, *, where: np.ndarray) -> pa.Array:
    """Line ends are frequent enough to be repaired without a Python string per message."""
    if not where.any():
        return content
    some = content.filter(pa.array(where))
    some = pc.replace_substring(pc.replace_substring(some, "\r\n", "\n"), "\r", "\n")
    return pc.replace_with_mask(content, pa.array(where), some)


def _may_need_repair(content: pa.Array, seen: np.ndarray, *, spec: CleanSpec) -> np.ndarray:
    """`bool[m]`: messages that are not obviously clean, by the kinds of bytes seen in them."""
    doubtful = seen & (RETURN | CONTROL) > 0
    (foreign,) = np.nonzero((seen & FOREIGN > 0) & ~doubtful)
    if not len(foreign):
        return doubtful
    texts = content.take(pa.array(foreign))
    found = _true(pc.match_substring_regex(texts, _CONTROL))
    if spec.mojibake:
        found |= _true(pc.match_substring_regex(texts, mojibake.PATTERN))
    if spec.unicode == "NFC":
        found |= _true(pc.not_equal(pc.utf8_normalize(texts, form="NFC"), texts))
    doubtful[foreign[found]] = True
    return doubtful


def _mended_parts(content: str, parts: str, *, todo: tuple[Step, ...]) -> tuple[str, str, frozenset[str]]:
    """Content, parts and reasons after repair of the text parts; the other parts are passed through."""
    reasons: set[str] = set()
    values = orjson.loads(parts)
    texts = []
    for part in values:
        if part.get("type") == "text":
            part["text"], found = mended(part["text"], todo=todo)
            reasons |= found
            texts.append(part["text"])
    if not reasons:
        return content, parts, frozenset()
    return "\n".join(texts), orjson.dumps(values).decode(), frozenset(reasons)


def _patched(column: pa.Array, values: dict[int, str]) -> pa.Array:
    if not values:
        return column
    mask = np.zeros(len(column), bool)
    mask[list(values)] = True
    return pc.replace_with_mask(column, pa.array(mask), pa.array(list(values.values()), column.type))


def _true(values: pa.Array) -> np.ndarray:
    return pc.fill_null(values, False).to_numpy(zero_copy_only=False)
