"""Gates: what a release must pass. Each says pass, fail, or undecided and how much a person must review.

A machine cannot see its own blind spots: shares of wrong labels and of missed identifiers are never passed
here, only by an audit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import exp
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.divide import similarity
from tuneset.build.result import Build
from tuneset.core.errors import IntegrityError

Verdict = Literal["pass", "fail", "undecided"]
ALPHA = 0.05


@dataclass(frozen=True)
class Gate:
    """One rule and what became of it. `value` and `limit` are in the unit that `words` name."""

    name: str
    verdict: Verdict
    value: float | None
    limit: float | None
    words: str

    def plain(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)


def evaluate(build: Build) -> tuple[Gate, ...]:
    """All gates of the spec, and those that are always on (twins across splits, enough examples)."""
    return tuple(_gates(build))


def require(gates: Sequence[Gate]) -> None:
    """Lets a release through, or says which gate does not.

    Raises:
        IntegrityError: a gate fails; undecided ones do not stand in the way, they are printed.
    """
    failed = [gate for gate in gates if gate.verdict == "fail"]
    if failed:
        raise IntegrityError(
            "; ".join(f"gate `{gate.name}` fails: {gate.words}" for gate in failed),
            fix="mend the data or change the gate in tuneset.yaml, under `gates:`",
            code="TS403",
        )


def _gates(build: Build) -> Iterator[Gate]:
    spec, summary = build.spec.gates, build.summary
    yield _min_examples(summary["splits"].get("train", 0), limit=spec.min_examples)
    yield _leak_twins(build)
    if spec.hard_conflicts is not None:
        yield _hard_conflicts(build, limit=spec.hard_conflicts)
    if spec.critical_cells:
        yield _critical_cells(build.matrix)
    kept = summary["kept"]
    if spec.mislabelled is not None:
        yield _audited("mislabelled", kept, share=spec.mislabelled, claim="teach a wrong answer")
    if spec.pii_hard is not None:
        yield _audited("pii_hard", kept, share=spec.pii_hard, claim="have a hard identifier left in")


def _min_examples(train: int, *, limit: int) -> Gate:
    verdict: Verdict = "pass" if train >= max(limit, 1) else "fail"
    return Gate(
        "min_examples",
        verdict,
        train,
        limit,
        f"{train:,} training examples, at least {max(limit, 1):,} wanted",
    )


_WHAT = {"near": "words", "semantic": "sentence vectors"}


def _leak_twins(build: Build) -> Gate:
    """Exact part of the claim: no pair across splits reaches the thresholds of `split`."""
    split, summary = build.spec.split, build.summary
    pairs = summary["closest_cross_split"]
    if not summary["splits"].get("test"):
        if split.test == 0:
            return Gate("leak_twins", "pass", None, None, "there is no test set that could leak")
        words = (
            f"no test set could be drawn: the largest group of connected examples holds "
            f"{summary['largest_component']:,} of {summary['kept']:,}"
        )
        return Gate("leak_twins", "undecided", None, None, words)
    if unchecked := summary["leak_check"]["unchecked"]:
        words = (
            f"no linked twin of a test example; the {_WHAT[unchecked[0]]} of all with all are too many to "
            "compare (a smaller `split.test` makes it possible)"
        )
        return Gate("leak_twins", "undecided", None, None, words)
    if not pairs:
        return Gate("leak_twins", "pass", None, None, "no test example resembles a training example")
    limits = {"near": split.leak_jaccard, "exact": split.leak_jaccard}
    closest = {pair["kind"]: pair for pair in sorted(pairs, key=lambda pair: pair["score"])}
    limit = {kind: limits.get(kind, split.leak_cosine) for kind in closest}
    nearest = max(closest, key=lambda kind: (closest[kind]["score"] / limit[kind], kind))
    score = closest[nearest]["score"]
    told = [
        f"{similarity(closest[kind]['score'])} ({kind}, a twin from {limit[kind]:g})"
        for kind in sorted(closest, key=lambda kind: (kind != nearest, kind))
    ]
    words = f"closest pair {', '.join(told)}"
    over = {pair["test"] for pair in pairs if pair["score"] >= limit[pair["kind"]]}
    if over:
        words = f"at least {len(over):,} test examples have a twin in training: {words}"
        return Gate("leak_twins", "fail", score, limit[nearest], words)
    return Gate(
        "leak_twins", "pass", score, limit[nearest], f"no test example has a twin in training: {words}"
    )


def _hard_conflicts(build: Build, *, limit: int) -> Gate:
    verdicts = build.verdicts(["origin_id", "outcome"])
    stays = verdicts.filter(pc.not_equal(verdicts.column("outcome"), "dropped")).column("origin_id")
    links = build.links()
    conflicts = links.filter(pc.equal(links.column("kind"), "conflict"))
    values = stays.combine_chunks()
    both = pc.and_(*(pc.is_in(conflicts.column(end), value_set=values) for end in ("a", "b")))
    count = int(pc.sum(both.cast(pa.int64())).as_py() or 0)
    words = f"{count:,} pairs of kept examples have one input and different answers; {limit:,} are allowed"
    return Gate("hard_conflicts", "pass" if count <= limit else "fail", count, limit, words)


def _critical_cells(matrix: dict) -> Gate:
    short = [cell for cell in matrix["targets"] if cell["critical"] and cell["verdict"] != "full"]
    words = f"{len(short):,} critical cells are not full" if short else "every critical cell is full"
    return Gate("critical_cells", "fail" if short else "pass", len(short), 0, words)


def _audited(name: str, total: int, *, share: float, claim: str) -> Gate:
    needed = reviews_needed(total, max_share=share)
    if not needed:
        words = f"{_percent(share)} allows all {total:,} examples"
        return Gate(name, "pass", None, share, words)
    words = (
        f"not shown yet that at most {_percent(share)} of examples {claim}: a person must review {needed:,} "
        f"of {total:,}, drawn by chance, without finding one"
    )
    return Gate(name, "undecided", None, share, words)


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"


def reviews_needed(total: int, *, max_share: float, alpha: float = ALPHA) -> int:
    """Reviews without a fault, of `total` examples by chance, that show at most `max_share` wrong.

    The smallest n for which a set with one wrong example more than allowed would show none with a probability
    of at most `alpha`; 0 if the claim holds whatever is found.

    Source:
        Hypergeometric sampling, accepted at zero; 196, 238, 265, 284 for 500, 1,000, 2,000, 5,000 at 1 %.
    """
    wrong = int(max_share * total + 1e-9) + 1
    if wrong > total:
        return 0
    low, high = 1, total
    while low < high:
        middle = (low + high) // 2
        if _chance_of_none(total, wrong, middle) <= alpha * (1 + _ROUNDING):
            high = middle
        else:
            low = middle + 1
    return low


_ROUNDING = 1e-12
"""A chance that equals alpha must count as such, whatever rounding does to its last digits."""


def _chance_of_none(total: int, wrong: int, drawn: int) -> float:
    """Chance that `drawn` of `total` examples hold none of the `wrong` ones: the product of
    `1 - drawn / (total - i)` for `i` from 0 to `wrong - 1`.

    Written out because `scipy.stats` takes a second to import.
    """
    if drawn > total - wrong:
        return 0.0
    return exp(np.log1p(-drawn / (total - np.arange(wrong))).sum())
