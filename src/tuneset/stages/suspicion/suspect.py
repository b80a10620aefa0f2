"""All signals of all kept examples, one suspicion out of them, and why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from tuneset.core.not_run import NotRun
from tuneset.stages.suspicion.classes import Classes
from tuneset.stages.suspicion.classifier import Confidence, confidence, features_of, folds_of
from tuneset.stages.suspicion.combine import combined, known, ranks
from tuneset.stages.suspicion.length import length_outliers
from tuneset.stages.suspicion.neighbours import (
    NOT_COMPARED,
    Rows,
    Seen,
    disagreement,
    dissimilarity,
    neighbours,
)

WEIGHTS: Mapping[str, float] = {
    "confidence": 1.0,
    "neighbours": 0.2,
    "conflict": 0.3,
    "dissimilar": 0.5,
    "length": 0.1,
    "invalid_output": 1.0,
    "placeholder": 1.0,
    "cut_off": 1.0,
    "copied_prompt": 1.0,
    "leaked_system": 0.5,
    "other_language": 1.0,
    "tool_not_offered": 1.0,
    "tool_arguments": 1.0,
    "contradicts_tool": 1.0,
    "unsupported": 0.3,
}
"""How much each signal counts, by judgement, checked on the data of `benchmarks/curate.md`."""

CALLED: Mapping[str, float] = {"confidence": 0.3, "neighbours": 0.1}
"""The same where the class is only which tool is called: often several would do."""

SIGNALS = tuple(WEIGHTS)

ALARM: Mapping[str, float] = {
    "confidence": 0.9,
    "neighbours": 0.9,
    "conflict": 0.5,
    "dissimilar": 0.7,
    "length": 4.0,
}
"""From which value a signal is given as a reason; a check always is. A conflict of one against one is."""


@dataclass(frozen=True)
class Facts:
    """What is known of `n` kept examples, in the order of their ids.

    Attributes:
        component: `int64[n]`, a number that all of a component share. hashes: `uint64[n]`, of the component's
            smallest origin id.
        classes: what each teaches, if there are classes.
        vectors, answers: sentence vectors of inputs and answers; no dimensions if there are none.
        bits: `uint64[n, 8]`, words of the inputs.
        outvoted: `float64[n]`, share of the production examples with this input that are answered otherwise.
        words: `int32[n]`, of the answer's text. group: `int64[n]`, whose lengths are compared.
        checks: name → `int8[n]`, -1 where the check does not apply.
        seen: signal → an earlier search for neighbours, in the numbers of these examples.
    """

    component: np.ndarray
    hashes: np.ndarray
    classes: Classes
    vectors: Rows
    answers: Rows
    bits: np.ndarray
    outvoted: np.ndarray
    words: np.ndarray
    group: np.ndarray
    checks: Mapping[str, np.ndarray]
    seen: Mapping[str, Seen] = field(default_factory=dict)


@dataclass(frozen=True)
class Suspected:
    """Attributes:
    suspicion: `float64[n]`, the share of examples that are less suspicious.
    signals: name → `float64[n]`, nan where it does not apply, or `int8[n]`, -1 where it does not
        (`combine.known`); only those that ran.
    likely: `int64[n]`, the class that the classifier would give, -1 if none ran.
    most: `float32[n]`, how sure it is of it.
    not_run: the others.
    seen: signal → the search for neighbours, for a later build.
    """

    suspicion: np.ndarray
    signals: Mapping[str, np.ndarray]
    likely: np.ndarray
    most: np.ndarray
    not_run: list[NotRun]
    seen: Mapping[str, Seen]

    def only(self, which: np.ndarray) -> "Suspected":
        """The same of the examples that are `bool[n]`, among each other; `seen` stays that of all."""
        if which.all():
            return self
        return Suspected(
            ranks(self.suspicion[which]),
            {name: values[which] for name, values in self.signals.items()},
            self.likely[which],
            self.most[which],
            self.not_run,
            self.seen,
        )


def suspect(facts: Facts, *, off: Collection[str], k: int, folds: int) -> Suspected:
    """Looks at everything; nothing here depends on the order of the examples.

    Args:
        off: signals that are not asked for. k: neighbours. folds: of the cross-validation.
    """
    n = len(facts.component)
    found: dict[str, np.ndarray] = {}
    not_run = [
        NotRun(name, "off", "the spec says so", f"take `{name}` out of `suspicion.off`") for name in off
    ]
    wanted = [name for name in SIGNALS if name not in off]
    likely, most = np.full(n, -1, np.int64), np.zeros(n, np.float32)
    classes = facts.classes
    if "confidence" in wanted and classes.problem is None:
        seen = _confidence(facts, folds=folds)
        doubt = 1 - seen.own.astype(np.float64)
        if not classes.are_answers:  # a rare tool is unlikely without being wrong
            doubt = np.clip(1 - seen.own / np.maximum(seen.usual, 1e-9), 0, 1)
        found["confidence"] = _spread(doubt, classes.rows, n)
        likely[classes.rows], most[classes.rows] = seen.likely, seen.most
    near, seen = _near(facts, k=k, wanted=wanted)
    found |= near
    found["conflict"] = facts.outvoted
    found["length"] = length_outliers(facts.words, facts.group)
    found |= facts.checks
    found = {name: values for name, values in found.items() if name in wanted and known(values).any()}
    not_run += [_why_not(name, facts) for name in wanted if name not in found]
    rarely = {} if classes.are_answers else CALLED
    suspicion = combined(found, weights={**WEIGHTS, **rarely}, n=n)
    not_run = sorted(not_run, key=lambda entry: SIGNALS.index(entry.signal))
    return Suspected(suspicion, found, likely, most, not_run, seen)


def alarms(signals: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Name → `bool[n]`: is the signal a reason to look?"""
    return {name: _raised(values, ALARM.get(name)) for name, values in signals.items()}


def _raised(values: np.ndarray, least: float | None) -> np.ndarray:
    return values > 0 if least is None else values >= least  # what is unknown is neither


def _confidence(facts: Facts, *, folds: int) -> Confidence:
    rows = facts.classes.rows
    features = features_of(facts.vectors[rows], facts.bits[rows])
    fold = folds_of(np.arange(len(rows)), facts.hashes[rows], folds=folds)
    return confidence(features, facts.classes.classes, fold)


def _near(facts: Facts, *, k: int, wanted: Collection[str]) -> tuple[dict[str, np.ndarray], dict[str, Seen]]:
    """What the neighbours say, of class and of free text; and who they are."""
    classes, of = facts.classes, {}
    if facts.vectors.shape[1] and "neighbours" in wanted and classes.problem is None:
        of["neighbours"] = classes.rows
    if (
        facts.vectors.shape[1]
        and "dissimilar" in wanted
        and facts.answers.shape[1]
        and not classes.are_answers
    ):
        of["dissimilar"] = np.flatnonzero(facts.words > 0)
    n, said, searches = len(facts.component), {}, {}
    for name, rows in of.items():
        seen = facts.seen.get(name)
        found = neighbours(facts.vectors, facts.component, rows=rows, k=k, seen=seen)
        if name == "neighbours":
            answered = NOT_COMPARED
            values = disagreement(found, facts.vectors, classes.classes)
        else:
            answered = dissimilarity(found, facts.answers, seen=seen)
            values = answered.unlike
        said[name] = _spread(values, rows, n)
        searches[name] = found.as_seen(facts.component, answered)
    return said, searches


def _spread(values: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    whole = np.full(n, np.nan)
    whole[rows] = values
    return whole


_NEEDS = {
    "other_language": ("no question and answer whose languages are clear", "longer texts in the logs"),
    "copied_prompt": ("no answer in words", "logs with answers in words"),
    "placeholder": ("no answer in words", "logs with answers in words"),
    "cut_off": ("no answer in words", "logs with answers in words"),
    "leaked_system": ("no system prompt", "logs that hold the system prompt"),
    "tool_not_offered": ("no calls with the tools that were offered", "logs that hold `tools`"),
    "tool_arguments": ("no calls with the tools that were offered", "logs that hold `tools`"),
    "contradicts_tool": ("no answer with numbers after a tool result", "logs that hold tool results"),
    "unsupported": (
        "no answer with numbers on a text that may hold them",
        "logs that hold what the model saw",
    ),
    "length": ("fewer than 20 answers that can be compared", "more logs"),
    "invalid_output": ("no rule for valid answers", "set `output` with `invalid: flag`"),
}


def _why_not(name: str, facts: Facts) -> NotRun:
    if name in ("confidence", "neighbours") and facts.classes.problem is not None:
        return NotRun(name, "not run", *facts.classes.problem)
    if name in ("neighbours", "dissimilar") and facts.vectors.shape[1] == 0:
        return NotRun(name, "not run", "no sentence vectors", "`dedupe.semantic: true`")
    if name == "dissimilar":
        return NotRun(name, "not run", "no three similar inputs with answers in words", "more logs")
    return NotRun(name, "not run", *_NEEDS.get(name, ("it applies to no example", "other logs")))
