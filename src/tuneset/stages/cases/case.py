"""Which case an example is: rules on words and structure, the first that holds decides."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tuneset.core.example import USER
from tuneset.stages.cases.boundary import BOUNDARIES, boundary_of
from tuneset.stages.cases.phrases import Phrase, Place, holding, matching, phrases
from tuneset.stages.cases.seen import Seen
from tuneset.stages.cases.tagged import STRONG, WEAK, Tagged
from tuneset.stages.cases.tools import asks_for_parameter, failing_results, without_fitting_tool

CASES = (
    "typical",
    "ambiguous",
    "refusal",
    "over_refusal",
    "fallback",
    "missing_value",
    "conflicting",
    "boundary",
    "rare",
    "out_of_scope",
    "no_fitting_tool",
)
"""The seed's cases. No rule gives `typical`: it is what the spec makes of examples that no rule knows."""

ORDER = (
    "conflicting",
    "out_of_scope",
    "no_fitting_tool",
    "over_refusal",
    "refusal",
    "fallback",
    "missing_value",
    "ambiguous",
    "boundary",
)
"""Which case counts where several hold: what the answer declines, before what it asks for."""


@dataclass(frozen=True)
class Finding:
    """One way to find a case."""

    case: str
    rule: str
    strength: str


_STRUCTURE = (
    Finding("fallback", "tool-result-failed", STRONG),
    Finding("fallback", "tool-result-empty", STRONG),
    Finding("missing_value", "asks-for-required-parameter", STRONG),
    Finding("no_fitting_tool", "no-tool-is-near", WEAK),
    *(Finding("boundary", name, WEAK) for name in BOUNDARIES),
)


def case_of(seen: Seen) -> Tagged:
    """The case of each example, by the rules of `phrases.toml`, tool calls and their results, and extreme
    input.

    Where rules of several cases hold, `ORDER` decides; within a case, strong rules come before weak ones.
    Cost: about 9 us per example of 600 bytes, half of it patterns whose gate opened.
    """
    rules = phrases()
    findings = [*(Finding(rule.case, rule.id, rule.strength) for rule in rules), *_STRUCTURE]
    order = sorted(range(len(findings)), key=lambda i: (_rank(findings[i]), i))
    places = {finding: place for place, finding in enumerate(order)}
    best = np.full(len(seen.examples), len(findings))
    for number, rows in [*_said(seen, rules), *_shown(seen, first=len(rules))]:
        best[rows] = np.minimum(best[rows], places[number])
    found = best < len(findings)
    return Tagged(
        np.where(found, np.array(order)[np.where(found, best, 0)], -1),
        [finding.case for finding in findings],
        [finding.rule for finding in findings],
        [finding.strength for finding in findings],
    )


def _rank(finding: Finding) -> tuple[int, bool]:
    return ORDER.index(finding.case), finding.strength == WEAK


def _shown(seen: Seen, *, first: int) -> list[tuple[int, np.ndarray]]:
    """Number of each structural finding and the examples (`int64`) that have it."""
    extreme = boundary_of(seen)
    masks = [*failing_results(seen), asks_for_parameter(seen), without_fitting_tool(seen)]
    masks += [extreme == i for i in range(len(BOUNDARIES))]
    return [(first + i, np.flatnonzero(mask)) for i, mask in enumerate(masks)]


def _said(seen: Seen, rules: tuple[Phrase, ...]) -> list[tuple[int, np.ndarray]]:
    """Number of each rule and the examples (`int64`) for which it holds."""
    found: dict[int, np.ndarray] = {}
    for place in ("opening", "answer", "after_tool", "user", "last_user"):
        texts, owner = _texts(seen, place)
        mine = [i for i, rule in enumerate(rules) if rule.place == place]
        gates = holding(texts, [rules[i] for i in mine])
        for bit, number in enumerate(mine):
            (there,) = np.nonzero(gates & np.uint64(1 << bit))
            there = there[_meets(seen, rules[number], owner[there], rules, found)]
            found[number] = owner[matching(texts, rules[number], there)]
    return list(found.items())


def _texts(seen: Seen, place: Place) -> tuple[pa.Array, np.ndarray]:
    """Texts of a place and the example (`int64`) that each belongs to."""
    match place:
        case "opening":
            return seen.openings, np.arange(len(seen.examples))
        case "answer":
            return seen.answers, np.arange(len(seen.examples))
        case "last_user":
            return seen.questions, np.arange(len(seen.examples))
        case "after_tool":
            at = seen.after_tool
        case "user":
            at = np.flatnonzero((seen.messages.role == USER) & seen.has_system[seen.messages.row])
    return seen.text_at(at), seen.messages.row[at]


def _meets(
    seen: Seen, rule: Phrase, rows: np.ndarray, rules: tuple[Phrase, ...], found: dict[int, np.ndarray]
) -> np.ndarray:
    """`bool[k]`: which of these examples have what the rule needs."""
    met = np.ones(len(rows), bool)
    for need in rule.needs:
        match need:
            case "system":
                met &= seen.has_system[rows]
            case "tools":
                met &= seen.offers_tools[rows]
            case "called":
                met &= seen.calls_tools[rows]
            case "no_call":
                met &= ~seen.calls_tools[rows]
            case "refused":
                refused = [at for i, at in found.items() if rules[i].case == "refusal"]
                met &= np.isin(rows, np.concatenate([np.zeros(0, np.int64), *refused]))
    return met
