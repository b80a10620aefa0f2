"""The places of an example where a tagger looks, computed per column and only when asked."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import ASSISTANT, SYSTEM, TOOL, USER, Messages, one_array

OPENING = 240  # characters of an answer in which it says what kind of answer it is


@dataclass(frozen=True)
class Seen:
    """A table of `n` examples with `m` messages, as a tagger sees it."""

    examples: pa.Table

    @cached_property
    def messages(self) -> Messages:
        """All messages, flat."""
        return Messages.of(self.examples)

    @cached_property
    def answers(self) -> pa.Array:
        """`large_string[n]`: text of the taught turn; empty where it has none, as a bare tool call."""
        taught = self.messages.taught
        return pc.fill_null(self.messages.content.take(pa.array(taught, mask=taught < 0)), "")

    @cached_property
    def openings(self) -> pa.Array:
        """`large_string[n]`: how the answers begin."""
        return pc.utf8_slice_codeunits(self.answers, 0, OPENING)

    @cached_property
    def user_turns(self) -> np.ndarray:
        """`int64[n]`: how many user turns."""
        return self.per_example(self.messages.role == USER)

    @cached_property
    def last_user(self) -> np.ndarray:
        """`int64[n]`: the last user turn before the taught turn, -1 if there is none."""
        messages = self.messages
        said = np.flatnonzero(messages.role == USER)
        row = messages.row[said]
        before = said[(messages.taught[row] < 0) | (said < messages.taught[row])]
        last = np.full(len(self.examples), -1)
        last[messages.row[before]] = before
        return last

    @cached_property
    def questions(self) -> pa.Array:
        """`large_string[n]`: text of the last user turn; empty where there is none."""
        return pc.fill_null(self.messages.content.take(pa.array(self.last_user, mask=self.last_user < 0)), "")

    @cached_property
    def inputs(self) -> pa.Array:
        """`large_string[n]`: all user turns, a line each."""
        said = np.flatnonzero(self.messages.role == USER)
        bounds = np.concatenate([[0], np.cumsum(self.user_turns)])
        lists = pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), self.text_at(said))
        return pc.binary_join(lists, pa.scalar("\n", pa.large_string()))

    @cached_property
    def has_system(self) -> np.ndarray:
        """`bool[n]`: is there a system prompt?"""
        return self.per_example(self.messages.role == SYSTEM) > 0

    @cached_property
    def offers_tools(self) -> np.ndarray:
        """`bool[n]`: were tools offered?"""
        tools = one_array(self.examples.column("tools"))
        if tools.null_count == len(tools):
            return np.zeros(len(tools), bool)
        offered = pc.and_(tools.is_valid(), pc.not_equal(tools, "[]"))
        return pc.fill_null(offered, False).to_numpy(zero_copy_only=False)

    @cached_property
    def calls(self) -> np.ndarray:
        """`bool[m]`: messages that call a tool."""
        calls = self.messages.tool_calls
        if calls.null_count == len(calls):
            return np.zeros(len(calls), bool)
        return calls.is_valid().to_numpy(zero_copy_only=False)

    @cached_property
    def calls_tools(self) -> np.ndarray:
        """`bool[n]`: is a tool called in any turn?"""
        return self.per_example(self.calls) > 0

    @cached_property
    def after_tool(self) -> np.ndarray:
        """`int64[k]`: assistant messages with text that follow a tool result, rising."""
        messages = self.messages
        if not (messages.role == TOOL).any():
            return np.zeros(0, np.int64)
        follows = np.zeros(len(messages), bool)
        follows[1:] = (
            (messages.role[1:] == ASSISTANT)
            & (messages.role[:-1] == TOOL)
            & (messages.row[1:] == messages.row[:-1])
        )
        said = pc.fill_null(pc.greater(pc.binary_length(messages.content), 0), False)
        return np.flatnonzero(follows & said.to_numpy(zero_copy_only=False))

    def text_at(self, messages: np.ndarray) -> pa.Array:
        """`large_string[k]`: text of some messages (`int64[k]`); empty where there is none."""
        return pc.fill_null(self.messages.content.take(pa.array(messages)), "")

    def per_example(self, mask: np.ndarray) -> np.ndarray:
        """`int64[n]`: how many messages of each example are in `mask` (`bool[m]`)."""
        return np.bincount(self.messages.row[mask], minlength=len(self.examples))
