"""What rules and factors ask about an example, computed per column and only when asked."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import SYSTEM, USER, Messages
from tuneset.core.spec import When
from tuneset.stages.cases import Seen


@dataclass(frozen=True)
class View:
    """A table of examples as a rule sees it."""

    examples: pa.Table

    @cached_property
    def seen(self) -> Seen:
        """The same as the taggers see it."""
        return Seen(self.examples)

    @property
    def messages(self) -> Messages:
        """All messages, flat."""
        return self.seen.messages

    @property
    def user_turns(self) -> np.ndarray:
        """`int64[n]`: how many user turns."""
        return self.seen.user_turns

    @cached_property
    def input_words(self) -> np.ndarray:
        """`int64[n]`: runs of characters between white space in all user turns together."""
        (turns,) = np.nonzero(self.messages.role == USER)
        words = pc.count_substring_regex(self.messages.content.take(pa.array(turns)), r"\S+")
        counts = pc.fill_null(words, 0).to_numpy(zero_copy_only=False)
        return np.bincount(self.messages.row[turns], counts, minlength=len(self.examples)).astype(np.int64)

    @property
    def offers_tools(self) -> np.ndarray:
        """`bool[n]`: were tools offered?"""
        return self.seen.offers_tools

    @property
    def calls_tools(self) -> np.ndarray:
        """`bool[n]`: is a tool called in any turn?"""
        return self.seen.calls_tools

    @cached_property
    def _last_user(self) -> np.ndarray:
        """`bool[m]`: the last user turn of each example."""
        (turns,) = np.nonzero(self.messages.role == USER)
        last = np.full(len(self.examples), -1)
        last[self.messages.row[turns]] = turns
        mask = np.zeros(len(self.messages), bool)
        mask[last[last >= 0]] = True
        return mask

    def tag(self, name: str) -> pa.Array:
        """`string[n]`: value of a tag; null where the example has none of that name."""
        tags = self.examples.column("tags").combine_chunks()
        return pc.map_lookup(tags, pa.scalar(name), "last")

    def field(self, path: str, *, where: np.ndarray) -> pa.Array:
        """`string[n]`: a field of the record, read from `extra` for the examples in `where` (`bool[n]`)
        only.
        """
        values: list[str | None] = [None] * len(self.examples)
        (rows,) = np.nonzero(where & self.examples["extra"].is_valid().to_numpy())
        raw = self.examples["extra"].take(pa.array(rows)).to_pylist()
        for row, text in zip(rows.tolist(), raw, strict=True):
            values[row] = scalar_at(orjson.loads(text), path)
        return pa.array(values, pa.string())

    def holds(self, when: When, *, tags: Callable[[str], pa.Array]) -> np.ndarray:
        """`bool[n]`: the examples that meet every condition of `when`; `tags` looks a tag up, factors
        included.
        """
        found = np.ones(len(self.examples), bool)
        for name, value in when.tags.items():
            found &= _true(pc.equal(tags(name), value))
        for needed, actual in ((when.has_tools, "offers_tools"), (when.calls_tool, "calls_tools")):
            if needed is not None:
                found &= getattr(self, actual) == needed
        if when.min_user_turns is not None:
            found &= self.user_turns >= when.min_user_turns
        if when.max_user_turns is not None:
            found &= self.user_turns <= when.max_user_turns
        if when.min_input_words is not None:
            found &= self.input_words >= when.min_input_words
        if when.max_input_words is not None:
            found &= self.input_words <= when.max_input_words
        return self._matches(when, found)

    def _matches(self, when: When, found: np.ndarray) -> np.ndarray:
        """Patterns come last and look only at examples that are still in question."""
        role = self.messages.role
        if when.input is not None:
            found = found & self._said(when.input, (role == USER) & found[self.messages.row])
        if when.last_user is not None:
            found = found & self._said(when.last_user, self._last_user & found[self.messages.row])
        if when.system is not None:
            found = found & self._said(when.system, (role == SYSTEM) & found[self.messages.row])
        if when.output is not None:
            (rows,) = np.nonzero(found)
            answers = self.examples["output"].take(pa.array(rows))
            found = np.zeros(len(found), bool)
            found[rows] = _true(pc.match_substring_regex(answers, when.output, ignore_case=True))
        return found

    def _said(self, pattern: str, where: np.ndarray) -> np.ndarray:
        """`bool[n]`: examples with a message in `where` (`bool[m]`) that the pattern matches somewhere."""
        (turns,) = np.nonzero(where)
        texts = self.messages.content.take(pa.array(turns))
        matched = turns[_true(pc.match_substring_regex(texts, pattern, ignore_case=True))]
        found = np.zeros(len(self.examples), bool)
        found[self.messages.row[matched]] = True
        return found


def scalar_at(value: object, path: str) -> str | None:
    """The string, number or truth value at a dotted path, as text; None if there is nothing or something
    nested.
    """
    steps = path.split(".")
    while steps and isinstance(value, dict):
        rest = ".".join(steps)
        if rest in value:  # a key may have dots of its own
            value, steps = value[rest], []
        else:
            value = value.get(steps.pop(0))
    if steps or value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _true(values: pa.Array | pa.ChunkedArray) -> np.ndarray:
    return pc.fill_null(values, False).to_numpy(zero_copy_only=False)
