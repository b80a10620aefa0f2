"""Records that never became examples: where, and why."""

from dataclasses import dataclass

import pyarrow as pa

REASONS = {
    "not-json": "The line is no JSON value: cut off, a trailing comma, two values on one line.",
    "not-utf8": "The line holds bytes that are not UTF-8; it was written in another encoding.",
    "lone-surrogate": "Text was cut in the middle of a character that JSON writes as two escapes.",
    "line-too-long": "The record is longer than `max_record_mib` of its source.",
    "truncated-file": "The file breaks off here: a compressed stream or JSON array without its end.",
    "csv-field-count": "The row has more or fewer fields than the header.",
    "csv-quote": "A quoted field is not closed, or something follows its closing quote.",
    "not-an-object": "The record is a list, a string or a number, not an object with keys.",
    "empty-record": "The record has no keys, or all of them are null.",
    "unknown-shape": "The record is not in the format of its source.",
    "no-messages": "The list of messages is missing or empty.",
    "bad-message": "A message is no object, or its content is neither text nor a list of parts.",
    "unknown-role": "A message has no role, or one that is none of the known roles and their aliases.",
    "bad-tool-call": "A tool call has no name, or is not the JSON it should be.",
    "bad-tools": "The tools offered are not a list of definitions with names.",
    "bad-label": "The label is neither text nor a number.",
    "no-answer": "There is no assistant turn, completion or label to learn from. A grader's reference "
    "is none, unless `fields.completion` names it.",
    "no-request": "There is an answer, and what was asked is not recorded with it, or only in part.",
    "provider-error": "The call failed; the detail is the provider's code, or the HTTP status.",
    "unfinished": "The answer was recorded before its end: the stream breaks off, or the response runs on.",
    "content-not-recorded": "The call is in the log and its text is not: not captured, or stored elsewhere.",
    "not-a-model-call": "The record is of something else: an embedding, a listing, a tool's or agent's work.",
    "nothing-inside": "The record should hold examples, such as the calls of a trace, and holds none.",
    "broken-tree": "The chat's tree of messages has a loop, or the shown message is not in it.",
    "too-deep": "The record is nested too deeply to be written again.",
    "repeated-call": "The trace has the same call twice, from two instrumentations; the other one is read.",
    "connector-failed": "The connector broke on this record; please report it.",
}
"""Every reason for which a record can be rejected at the door, with what it means."""

REJECTS = pa.schema(
    [
        pa.field("line", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
    ]
)
"""`line` counts from 1 within the part; `detail` names keys, types and positions, never text of a log."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One record that is no example."""

    line: int
    reason: str
    detail: str = ""


def rejects_table(rejects: list[Reject]) -> pa.Table:
    """`[n]` rejects as a table of `REJECTS`."""
    columns = [
        [entry.line for entry in rejects],
        [entry.reason for entry in rejects],
        [entry.detail for entry in rejects],
    ]
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, REJECTS, strict=True)], schema=REJECTS
    )
