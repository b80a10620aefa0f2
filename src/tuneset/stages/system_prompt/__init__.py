"""System prompts: kept as they are, or replaced by the one prompt that will serve in production."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.event import events, marked
from tuneset.core.example import SYSTEM, Messages
from tuneset.core.stage import Staged, unchanged


@dataclass(frozen=True)
class CanonicalPrompt:
    """Puts one system prompt at the head of every example, in place of whatever stood there.

    An edit event says `system-prompt-replaced` or `system-prompt-added`; an example that has the prompt
    already
    is left alone.
    """

    text: str
    name: str = "system_prompt"
    version: int = 1

    def identity(self) -> object:
        """The prompt itself."""
        return {"text": self.text}

    def __call__(self, examples: pa.Table) -> Staged:
        """The examples with the canonical prompt."""
        if not len(examples):
            return unchanged(examples)
        messages = Messages.of(examples)
        system = messages.role == SYSTEM
        count = np.bincount(messages.row[system], minlength=len(examples))
        same = pc.fill_null(pc.equal(messages.content, self.text), False).to_numpy(zero_copy_only=False)
        right = np.bincount(messages.row[system & same], minlength=len(examples)) == 1
        wrong = ~(right & (count == 1))
        if not wrong.any():
            return unchanged(examples)
        reasons = np.where(count[wrong] > 0, "system-prompt-replaced", "system-prompt-added")
        edited = self._with_prompt(messages, system=system).into(examples)
        ids = marked(examples.column("origin_id"), wrong)
        return Staged(edited, events(ids, stage=self.name, action="edit", reason=reasons.tolist()))

    def _with_prompt(self, messages: Messages, *, system: np.ndarray) -> Messages:
        """Every conversation without its system turns, with the prompt before the first turn."""
        stays = np.flatnonzero(~system)
        rows = len(messages.offsets) - 1
        owner = np.concatenate([np.arange(rows), messages.row[stays]])
        source = np.concatenate([np.full(rows, -1), stays])
        order = np.lexsort((source, owner))  # the prompt is -1: before every turn of its row
        take = source[order]
        offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=rows))])
        index = pa.array(take, mask=take < 0)
        nothing = {
            name: pc.take(getattr(messages, name), index)
            for name in ("parts", "name", "tool_calls", "tool_call_id")
        }
        return replace(
            messages,
            offsets=offsets,
            role=np.where(take < 0, SYSTEM, messages.role[take]).astype(np.int8),
            content=pc.if_else(
                pa.array(take < 0), pa.scalar(self.text, pa.large_string()), pc.take(messages.content, index)
            ),
            train=pc.fill_null(pc.take(messages.train, index), True),
            **nothing,
        )
