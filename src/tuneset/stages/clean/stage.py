"""The stage `clean`."""

from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.event import events, marked, no_events
from tuneset.core.example import TOOL, USER, Messages, set_column
from tuneset.core.spec import CleanSpec
from tuneset.core.stage import Staged, chained, dropped, unchanged
from tuneset.stages.clean.answers import (
    FAILED,
    TRUNCATED,
    asked_for,
    looks_cut_off,
    raw_errors,
    with_finish_reason,
)
from tuneset.stages.clean.gate import begins_visibly
from tuneset.stages.clean.repair import repaired
from tuneset.stages.clean.thumbs import disliked, untaught

DISLIKED = "disliked"
"""Reason of what happens to an answer with a thumb down."""


@dataclass(frozen=True)
class Clean:
    """Repairs text, then drops, flags or masks what nobody should learn from.

    Edits, one event per example and reason with the number of messages: `newlines`, `mojibake`,
    `control-characters`, `nfc`; without it `disliked`, a masked answer. Drops, one per example:
    `failed-answer`, `truncated`, `empty-turn`, and `disliked` if the spec says so. Flags: the first two
    if the spec says so, and `looks-truncated`, `looks-failed` where it cannot be known.
    """

    spec: CleanSpec
    name: str = "clean"
    version: int = 4

    def identity(self) -> object:
        """The spec."""
        return self.spec.model_dump(mode="json")

    def __call__(self, examples: pa.Table) -> Staged:
        """The examples after cleaning."""
        if not len(examples):
            return unchanged(examples)
        edited = self._repair(examples)
        judged = self._judge_answers(edited.examples)
        emptied = self._drop_empty(judged.examples)
        return chained(edited, judged, emptied, self._judge_thumbs(emptied.examples))

    def _repair(self, examples: pa.Table) -> Staged:
        before = Messages.of(examples)
        done = repaired(before, spec=self.spec)
        happened = [no_events()]
        for reason, messages in done.changed.items():
            if not messages.any():
                continue
            counts = np.bincount(before.row[messages], minlength=len(examples))
            evidence = [orjson.dumps({"messages": n}).decode() for n in counts[counts > 0].tolist()]
            ids = marked(examples.column("origin_id"), counts > 0)
            happened.append(events(ids, stage=self.name, action="edit", reason=reason, evidence=evidence))
        if len(happened) == 1:
            return unchanged(examples)
        examples = set_column(done.messages.into(examples), "output", done.messages.outputs())
        return Staged(examples, pa.concat_tables(happened))

    def _judge_answers(self, examples: pa.Table) -> Staged:
        if not len(examples):
            return unchanged(examples)
        messages = Messages.of(examples)
        reasons = examples.column("finish_reason")
        answers = _answers(messages)
        failed = with_finish_reason(reasons, FAILED)
        error = raw_errors(answers) & ~failed
        asked = error & self._asked_for(messages, error) if error.any() else error
        failed |= error & ~asked
        truncated = with_finish_reason(reasons, TRUNCATED) & ~failed
        suspected = looks_cut_off(answers, reasons) & ~truncated & ~failed
        marks = [("failed-answer", self.spec.failed, failed), ("truncated", self.spec.truncated, truncated)]
        if self.spec.failed != "keep":
            marks.append(("looks-failed", "flag", asked))
        if self.spec.truncated != "keep":
            marks.append(("looks-truncated", "flag", suspected))
        return self._apply(examples, marks)

    def _asked_for(self, messages: Messages, error: np.ndarray) -> np.ndarray:
        """`bool[n]`: among the few rows whose answer is an error message, those in which the user speaks of
        errors.
        """
        (turns,) = np.nonzero((messages.role == USER) & error[messages.row])
        found = np.zeros(len(error), bool)
        found[messages.row[turns[asked_for(messages.content.take(pa.array(turns)))]]] = True
        return found

    def _apply(self, examples: pa.Table, marks: list[tuple[str, str, np.ndarray]]) -> Staged:
        """Flags first, on all rows; then one drop for those that go (the marks to drop are disjoint)."""
        ids = examples.column("origin_id")
        gone = np.zeros(len(examples), bool)
        reason = np.full(len(examples), "", object)
        for name, verdict, found in marks:
            if verdict == "drop":
                gone |= found
                reason[found] = name
        flags = [
            events(marked(ids, found & ~gone), stage=self.name, action="flag", reason=name)
            for name, verdict, found in marks
            if verdict == "flag" and found.any()
        ]
        left = dropped(examples, gone, stage=self.name, reason=reason[gone].tolist())
        return Staged(left.examples, pa.concat_tables([*flags, left.events])) if flags else left

    def _drop_empty(self, examples: pa.Table) -> Staged:
        if self.spec.empty == "keep" or not len(examples):
            return unchanged(examples)
        messages = Messages.of(examples)
        says = _says_something(messages)
        asked = _rows(messages, says & ((messages.role == USER) | (messages.role == TOOL)))
        taught = messages.taught
        speaks = says | messages.tool_calls.is_valid().to_numpy(zero_copy_only=False)
        answered = np.append(speaks, False)[taught]  # -1, no taught turn, finds the appended value
        gone = ~(asked & answered)
        evidence = np.where(asked, '{"turn":"taught"}', '{"turn":"user"}')[gone].tolist()
        return dropped(examples, gone, stage=self.name, reason="empty-turn", evidence=evidence)

    def _judge_thumbs(self, examples: pa.Table) -> Staged:
        if self.spec.disliked == "keep":
            return unchanged(examples)
        down = disliked(examples)
        if self.spec.disliked == "drop" or not down.any():
            return dropped(examples, down, stage=self.name, reason=DISLIKED)
        examples, masks = untaught(examples, where=down)
        ids = marked(examples.column("origin_id"), masks)
        return Staged(examples, events(ids, stage=self.name, action="edit", reason=DISLIKED))


def _answers(messages: Messages) -> pa.Array:
    """`large_string[n]`: text of the taught turn; null where there is none."""
    return messages.content.take(pa.array(messages.taught, mask=messages.taught < 0))


def _rows(messages: Messages, mask: np.ndarray) -> np.ndarray:
    """`bool[n]`: examples with at least one message at which `mask` (`bool[m]`) is true."""
    found = np.zeros(len(messages.offsets) - 1, bool)
    found[messages.row[mask]] = True
    return found


def _says_something(messages: Messages) -> np.ndarray:
    """`bool[m]`: messages with a visible character, or with a part that is not text (an image, a sound, a
    file).
    """
    says = begins_visibly(messages.content)
    (unsure,) = np.nonzero(~says)
    if not len(unsure):
        return says
    length = pc.utf8_length(pc.utf8_trim_whitespace(messages.content.take(pa.array(unsure))))
    says[unsure] = pc.fill_null(pc.greater(length, 0), False).to_numpy(zero_copy_only=False)
    for i in np.flatnonzero(~says & messages.parts.is_valid().to_numpy(zero_copy_only=False)).tolist():
        says[i] = any(part.get("type") != "text" for part in orjson.loads(messages.parts[i].as_py()))
    return says
