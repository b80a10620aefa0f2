"""What is wrong with an answer by itself: cheap checks of one example at a time, each with few false alarms.

They run where text is at hand, part by part, and leave a few small numbers; which of them count, and how
much, is decided later, over all examples (`stages.suspicion.combine`).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from tuneset.core.example import ASSISTANT, SYSTEM, TOOL, USER, Messages, one_array
from tuneset.kernels.embed import embed
from tuneset.kernels.support import shared_run, ungrounded
from tuneset.kernels.words import Words, buffer_of, no_markers, sequence_digest, words_of
from tuneset.stages.suspicion.language import differs, languages
from tuneset.stages.suspicion.said import cut_off, placeholder
from tuneset.stages.suspicion.tools import NOT_OFFERED, called_names, defects

CHECKS = (
    "placeholder",
    "cut_off",
    "copied_prompt",
    "leaked_system",
    "other_language",
    "tool_not_offered",
    "tool_arguments",
    "contradicts_tool",
    "unsupported",
)
"""Names of the checks; each is an `int8` column: -1 it does not apply, 0 nothing found, else how much."""

COLUMNS = pa.schema([("call", pa.uint64()), ("words", pa.int32()), *((name, pa.int8()) for name in CHECKS)])
"""`call`: digest of the names of the tools that the taught turn calls, 0 if none; `words`: of the answer's
text.
"""

_ROWS = 2048
_LEAK_WORDS = 12  # a shorter run is a phrase that policy and answer share (benchmarks/curate.md)
_COPY_WORDS = 4
_TOLD_BYTES = 400  # a shorter question tells too little to expect the numbers of its answer in it
_FAILED = r'(?i)"?\b(error|failed|failure|exception)\b"?\s*[:=]|"(success|ok)"\s*:\s*"?false|^\s*error\b'
_CLAIMED = (
    r"(?i)\b(success(ful|fully)|(is|has been|have been|was|'s been) (now )?(booked|reserved|confirmed"
    r"|completed|processed|cancell?ed|sent|transferred|placed|updated|scheduled|refunded)|all set)\b"
)
_DENIED = r"(?i)\b(not|n't|un(able|successful|fortunately)|fail(ed|ure)?|error|sorry|couldn|cannot|can't)\b"


def checked(examples: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """`COLUMNS` of each example, in row order, and `int8[n, 256]`: sentence vectors of the answers' texts.

    Cost: about 15 us per example of 600 bytes.
    """
    slices = [
        _checked(examples.slice(start, _ROWS).combine_chunks()) for start in range(0, len(examples), _ROWS)
    ]
    tables = [COLUMNS.empty_table(), *(table for table, _ in slices)]
    vectors = [np.zeros((0, 256), np.int8), *(vector for _, vector in slices)]
    return pa.concat_tables(tables).combine_chunks(), np.concatenate(vectors)


def _checked(examples: pa.Table) -> tuple[pa.Table, np.ndarray]:
    messages = Messages.of(examples)
    taught, asked = messages.taught, _last(messages, USER)
    answers, questions = _said(messages, taught), _said(messages, asked)
    said, heard = _words(answers), _words(questions)
    speaks = np.diff(said.offsets) > 0
    found = {
        "placeholder": _where(speaks | _marks(answers), placeholder(answers, questions)),
        "cut_off": _where(speaks, cut_off(answers)),
        "copied_prompt": _where(speaks & (asked >= 0), _copied(said, heard)),
        "leaked_system": _leaked(messages, said),
        "other_language": _where(
            (languages(answers, said) >= 0) & (asked >= 0), differs(questions, heard, answers, said)
        ),
        **_tools(examples, messages),
        **_grounds(messages, taught=taught, asked=asked, answers=answers),
    }
    columns = [pa.array(_calls(messages, taught)), pa.array(np.diff(said.offsets).astype(np.int32))]
    columns += [pa.array(found[name].astype(np.int8)) for name in CHECKS]
    return pa.table(columns, schema=COLUMNS), embed(answers)[0]


def _where(applies: np.ndarray, amount: np.ndarray) -> np.ndarray:
    return np.where(applies, np.minimum(amount, 100), -1)


def _words(texts: pa.Array) -> Words:
    return words_of(buffer_of(texts), markers=no_markers())


def _last(messages: Messages, role: int) -> np.ndarray:
    """`int64[n]`: the last message of a role before the taught one, -1 if there is none."""
    last = np.full(len(messages.offsets) - 1, -1, np.int64)
    before = np.arange(len(messages)) < messages.taught[messages.row]
    (found,) = np.nonzero((messages.role == role) & before)
    last[messages.row[found]] = found
    return last


def _said(messages: Messages, at: np.ndarray) -> pa.Array:
    """`large_string[n]`: the text of one message of each example; empty for -1 and null."""
    return pc.fill_null(messages.content.take(pa.array(at, mask=at < 0)), "")


def _marks(answers: pa.Array) -> np.ndarray:
    """`bool[n]`: is there anything but white space?"""
    return pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(answers)), 0).to_numpy(zero_copy_only=False)


def _copied(said: Words, heard: Words) -> np.ndarray:
    """`bool[n]`: the answer is the question, or little more than a part of it that is most of it."""
    lengths, asked = np.diff(said.offsets), np.diff(heard.offsets)
    run = shared_run(said, heard, np.where(asked > 0, np.arange(len(asked)), -1))
    same = sequence_digest(said.hashes, said.offsets) == sequence_digest(heard.hashes, heard.offsets)
    return (same & (lengths >= _COPY_WORDS)) | ((run > 0) & (run >= 0.8 * lengths) & (run >= 0.8 * asked))


def _leaked(messages: Messages, said: Words) -> np.ndarray:
    """`int[n]`: words that an answer quotes from its system prompt in one run; -1 without a prompt."""
    at = _last(messages, SYSTEM)
    distinct = _said(messages, at).dictionary_encode()
    which = np.where(at >= 0, distinct.indices.to_numpy(), -1)
    run = shared_run(said, _words(distinct.dictionary), which)
    speaks = np.diff(said.offsets) > 0
    return _where((at >= 0) & speaks, np.where(run >= _LEAK_WORDS, run, 0))


def _tools(examples: pa.Table, messages: Messages) -> dict[str, np.ndarray]:
    """Both checks of calls, over all turns that call a tool of an example whose tools are known."""
    n = len(examples)
    offered, arguments = np.full(n, -1), np.full(n, -1)
    tools = one_array(examples.column("tools"))
    calling = messages.tool_calls.is_valid().to_numpy(zero_copy_only=False) & (messages.role == ASSISTANT)
    calling &= tools.is_valid().to_numpy(zero_copy_only=False)[messages.row]
    (places,) = np.nonzero(calling)
    rows = messages.row[places]
    offered[rows], arguments[rows] = 0, 0
    made = messages.tool_calls.take(pa.array(places)).to_pylist()
    distinct = tools.dictionary_encode()
    definitions = distinct.dictionary.to_pylist()
    known = distinct.indices.take(pa.array(rows)).to_pylist()
    for row, calls, which in zip(rows.tolist(), made, known, strict=True):
        for defect in defects(calls, definitions[which]):
            (offered if defect == NOT_OFFERED else arguments)[row] += 1
    return {"tool_not_offered": offered, "tool_arguments": arguments}


def _calls(messages: Messages, taught: np.ndarray) -> np.ndarray:
    """`uint64[n]`: digest of the names of the tools called in the taught turn, 0 if none."""
    digests = np.zeros(len(taught), np.uint64)
    calls = messages.tool_calls.take(pa.array(taught, mask=taught < 0))
    (rows,) = np.nonzero(calls.is_valid().to_numpy(zero_copy_only=False))
    for row, text in zip(rows.tolist(), calls.take(pa.array(rows)).to_pylist(), strict=True):
        names = called_names(text)
        digests[row] = xxhash.xxh3_64_intdigest("\n".join(names).encode()) if names else 0
    return digests


def _grounds(
    messages: Messages, *, taught: np.ndarray, asked: np.ndarray, answers: pa.Array
) -> dict[str, np.ndarray]:
    """Numbers that nothing before the answer holds; apart where a tool has just spoken, or was said to have
    succeeded where it failed.
    """
    ground = _before(messages, taught)
    missing, stated = ungrounded(buffer_of(answers), buffer_of(ground))
    told = pc.greater_equal(pc.binary_length(ground), _TOLD_BYTES).to_numpy(zero_copy_only=False)
    heard = _last(messages, TOOL)
    after_tool = (heard >= 0) & (heard > asked)
    success = np.zeros(len(taught), bool)
    (rows,) = np.nonzero(after_tool)
    if len(rows):
        result, answer = _said(messages, heard[rows]), answers.take(pa.array(rows))
        success[rows] = _is(result, _FAILED) & _is(answer, _CLAIMED) & ~_is(answer, _DENIED)
    return {
        "contradicts_tool": _where(
            after_tool & (taught >= 0) & ((stated > 0) | success), missing + 2 * success.astype(np.int32)
        ),
        "unsupported": _where(~after_tool & told & (stated > 0), missing),
    }


def _is(texts: pa.Array, pattern: str) -> np.ndarray:
    return pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)


def _before(messages: Messages, taught: np.ndarray) -> pa.Array:
    """`large_string[n]`: all messages but the taught one, with the calls that were made, as one text each."""
    mask = np.ones(len(messages), bool)
    mask[taught[taught >= 0]] = False
    take = pa.array(np.flatnonzero(mask))
    parts = (messages.content.take(take), messages.tool_calls.take(take).cast(pa.large_string()))
    line = pc.binary_join_element_wise(
        *parts, pa.scalar("\n", pa.large_string()), pa.scalar("\n", pa.large_string()),
        null_handling="replace", null_replacement="",
    )  # fmt: skip
    if not len(line):
        return pa.array([""] * (len(messages.offsets) - 1), pa.large_string())
    _, offsets, data = line.cast(pa.large_string()).buffers()
    bounds = np.concatenate([[0], np.cumsum(mask)])[messages.offsets]
    ends = np.ascontiguousarray(np.frombuffer(offsets, np.int64)[bounds])
    return pa.LargeStringArray.from_buffers(len(bounds) - 1, pa.py_buffer(ends), data)
