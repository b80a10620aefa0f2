"""The stage `labels`."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.errors import SpecError
from tuneset.core.event import events, marked
from tuneset.core.example import Messages
from tuneset.core.spec import Output
from tuneset.core.stage import Staged, dropped, unchanged


@dataclass(frozen=True)
class Labels:
    """Drops or flags examples whose answer is not what the spec allows.

    Reasons: `output-not-a-label`, `output-breaks-pattern`, `output-not-json`, `output-breaks-schema`. A
    taught turn that calls tools instead of saying something has no text to check and passes: the rule is
    about answers. A label must be written exactly as in the spec; evidence says if only case or white space
    differ.

    Raises:
        SpecError: the pattern is not RE2, or the schema is no JSON Schema of draft 2020-12.
    """

    spec: Output
    schema: Mapping[str, object] | None = None
    name: str = "labels"
    version: int = 1

    def __post_init__(self) -> None:
        """Refuses what could only fail later, on every example."""
        if self.spec.pattern is not None:
            _compiled(self.spec.pattern)
        if self.schema is not None:
            from tuneset.stages.labels.schema import checked  # most specs have no schema

            checked(self.schema)

    def identity(self) -> object:
        """The spec and the schema itself: the name of its file says nothing."""
        spec = self.spec.model_dump(mode="json", exclude={"json_schema"})
        return {"spec": spec, "schema": self.schema}

    def __call__(self, examples: pa.Table) -> Staged:
        """The examples with a valid answer."""
        if not len(examples) or not self._has_rule():
            return unchanged(examples)
        messages = Messages.of(examples)
        answers = messages.content.take(pa.array(messages.taught, mask=messages.taught < 0))
        judged = _says(answers) | ~_calls(messages)
        distinct = answers.fill_null("").dictionary_encode()
        verdicts = self._verdicts(distinct.dictionary.to_pylist())
        codes = distinct.indices.to_numpy()
        bad = judged & np.array([verdict is not None for verdict in verdicts], bool)[codes]
        found = [verdicts[code] for code in codes[bad]]
        reasons = [verdict[0] for verdict in found if verdict]
        evidence = [verdict[1] for verdict in found if verdict]
        if self.spec.invalid == "drop":
            return dropped(examples, bad, stage=self.name, reason=reasons, evidence=evidence)
        ids = marked(examples.column("origin_id"), bad)
        return Staged(
            examples, events(ids, stage=self.name, action="flag", reason=reasons, evidence=evidence)
        )

    def _has_rule(self) -> bool:
        return self.schema is not None or self.spec.labels is not None or self.spec.pattern is not None

    def _verdicts(self, answers: list[str]) -> list[tuple[str, str | None] | None]:
        """For each distinct answer its reason and evidence, or None if it is valid."""
        if self.schema is not None:
            from tuneset.stages.labels.schema import breaches

            return breaches(answers, schema=self.schema)
        if self.spec.labels is not None:
            return _label_breaches(answers, self.spec.labels)
        matched = pc.match_substring_regex(pa.array(answers, pa.string()), _compiled(self.spec.pattern or ""))
        return [None if match else ("output-breaks-pattern", None) for match in matched.to_pylist()]


def _label_breaches(answers: list[str], labels: tuple[str, ...]) -> list[tuple[str, str | None] | None]:
    exact = frozenset(labels)
    stripped = {label.strip() for label in labels}
    folded = {label.strip().casefold() for label in labels}

    def verdict(answer: str) -> tuple[str, str | None] | None:
        if answer in exact:
            return None
        if answer.strip() in stripped:
            differs = "white-space"
        elif answer.strip().casefold() in folded:
            differs = "case"
        else:
            return "output-not-a-label", None
        return "output-not-a-label", orjson.dumps({"differs_in": differs}).decode()

    return [verdict(answer) for answer in answers]


def _compiled(pattern: str) -> str:
    """The pattern for a match of the whole text, known to be RE2."""
    whole = rf"\A(?:{pattern})\z"
    try:
        pc.match_substring_regex(pa.array([""]), whole)
    except pa.ArrowInvalid:
        raise SpecError(
            "`output.pattern`: not an RE2 pattern", fix="RE2 has no look-around and no back references"
        ) from None
    return whole


def _says(texts: pa.Array) -> np.ndarray:
    length = pc.utf8_length(pc.utf8_trim_whitespace(texts))
    return pc.fill_null(pc.greater(length, 0), False).to_numpy(zero_copy_only=False)


def _calls(messages: Messages) -> np.ndarray:
    """`bool[n]`: does the taught turn call tools?"""
    calls = messages.tool_calls.is_valid().to_numpy(zero_copy_only=False)
    return np.append(calls, False)[messages.taught]  # -1, no taught turn, finds the appended value
