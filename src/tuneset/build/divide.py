"""Who goes where: connected examples as one, then a check that no test example has a twin elsewhere.

Twins that the links do not know are found by an exact comparison of the test set with everything else. Each
of them
becomes a link, and the division is drawn again; what still comes too close after a few rounds leaves the
training
data, so that the statement "no test example has a twin in training" is true of what is released.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tuneset.build.index import Index
from tuneset.core.spec import Spec
from tuneset.kernels.words import buffer_of, normalised, words_of
from tuneset.stages.dedupe import Settled, components
from tuneset.stages.dedupe.protect import markers
from tuneset.stages.dedupe.relate import MEANING_WORDS
from tuneset.stages.dedupe.texts import TextBlock
from tuneset.stages.split import NONE, TEST, Assigned, Leaks, assign, balance, leaks
from tuneset.stages.split.assign import EVICTED

ROUNDS = 4
PAIRS_COMPARED = 1_000_000_000
"""Test examples x other examples up to which all of them are compared; above, only the links speak."""

TOO_CLOSE = "twin-of-test"
_KINDS = ("near", "semantic")


@dataclass(frozen=True)
class Division:
    """`component`: `int64[n]`, the smallest number among all it is connected with. `split`: `int8[n]`, 0
    none, 1 train,
    2 validation, 3 test. `evicted`: `bool[n]`, kept twins of sealed or drawn test examples that had to
    leave, and
    `reason` why. `exhaustive`: were all test examples compared with all others? `closest`: the closest
    pairs across
    splits (test number, other number, score, kind).
    """

    component: np.ndarray
    split: np.ndarray
    evicted: np.ndarray
    reason: list[str]
    exhaustive: bool
    closest: list[tuple[int, int, float, str]]
    balance: dict[str, object]


def divide(
    index: Index,
    links: pa.Table,
    settled: Settled,
    *,
    sealed: np.ndarray,
    cells: np.ndarray,
    spec: Spec,
    targets: np.ndarray,
    texts: Callable[[np.ndarray], TextBlock],
) -> Division:
    """Assigns every kept example to a split.

    Args:
        index: all examples. links: `LINKS` between them. settled: who is kept.
        sealed: `bool[n]`, test examples of earlier builds.
        cells: `int32[n]`. targets: `int64[cells]`, test examples wanted per cell.
        spec: the spec. texts: fetches the text of examples by number.
    """
    pairs = np.concatenate([_linked(links), *_grouped(index, spec=spec)])
    (kept,) = np.nonzero(settled.kept)
    check = _Check(index, kept, texts=texts, spec=spec)
    for turn in range(ROUNDS + 1):
        component = components(len(index), pairs)
        drawn = _drawn(
            index, kept, component=component, sealed=sealed, cells=cells, spec=spec, targets=targets
        )
        found = check(drawn)
        if turn == ROUNDS or found is None or not len(found.twins):
            return _division(index, kept, component, drawn=drawn, found=found, cells=cells)
        twins = np.column_stack([kept[found.twins.test], kept[found.twins.other]])
        pairs = np.concatenate([pairs, twins])
    raise AssertionError("the last round returns")


def _division(
    index: Index,
    kept: np.ndarray,
    component: np.ndarray,
    *,
    drawn: Assigned,
    found: Leaks | None,
    cells: np.ndarray,
) -> Division:
    """The last draw, without what still is a twin of a test example."""
    split = np.zeros(len(index), np.int8)
    split[kept] = drawn.split
    evicted = np.zeros(len(index), bool)
    evicted[kept] = drawn.evicted
    reason = np.where(evicted, EVICTED, "")
    if found is not None and len(found.twins):
        close = kept[np.unique(found.twins.other)]
        split[close], evicted[close], reason[close] = NONE, True, TOO_CLOSE
    return Division(
        component,
        split,
        evicted,
        reason[evicted].tolist(),
        found is not None,
        _closest(found, kept=kept, gone=evicted),
        balance(drawn, components=component[kept], cell=cells[kept]),
    )


def _linked(links: pa.Table) -> np.ndarray:
    return (
        np.column_stack([links.column("i").to_numpy(), links.column("j").to_numpy()])
        .astype(np.int64)
        .reshape(-1, 2)
    )


def _grouped(index: Index, *, spec: Spec) -> Iterator[np.ndarray]:
    """Pairs of examples of the same conversation, and of the same user: each with the first of its group."""
    for name in spec.split.group_by:
        ids = index.keys.column(name).to_numpy()
        (known,) = np.nonzero(ids)
        _, first, group = np.unique(ids[known], return_index=True, return_inverse=True)
        yield np.column_stack([known[first[group]], known]).astype(np.int64).reshape(-1, 2)


def _drawn(
    index: Index,
    kept: np.ndarray,
    *,
    component: np.ndarray,
    sealed: np.ndarray,
    cells: np.ndarray,
    spec: Spec,
    targets: np.ndarray,
) -> Assigned:
    return assign(
        component[kept],
        cells[kept],
        np.where(sealed[kept], np.int8(TEST), np.int8(NONE)),
        ids=index.origin_ids.take(pa.array(kept)),
        spec=spec.split,
        targets=targets,
    )


class _Check:
    """Compares test with the rest; words and vectors of the kept examples are fetched once, when first
    needed.
    """

    def __init__(
        self, index: Index, kept: np.ndarray, *, texts: Callable[[np.ndarray], TextBlock], spec: Spec
    ) -> None:
        self._index, self._kept, self._texts, self._spec = index, kept, texts, spec
        self._material: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def __call__(self, drawn: Assigned) -> Leaks | None:
        """Twins across splits, in positions of the kept examples; None if there is too much to compare."""
        (test,) = np.nonzero(drawn.split == TEST)
        (others,) = np.nonzero((drawn.split != TEST) & (drawn.split != NONE))
        if len(test) * len(others) > PAIRS_COMPARED:
            return None
        words, offsets, vectors = self._fetched()
        believed = self._index.signatures.words[self._kept] <= MEANING_WORDS
        return leaks(
            test,
            others,
            words=words,
            offsets=offsets,
            vectors=vectors,
            valid=vectors.any(axis=1) & believed,
            leak_jaccard=self._spec.split.leak_jaccard,
            leak_cosine=self._spec.split.leak_cosine,
        )

    def _fetched(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if self._material is None:
            texts = self._texts(self._kept)
            words = words_of(buffer_of(normalised(texts.inputs)), markers=markers())
            self._material = words.hashes, words.offsets, self._index.vectors(self._kept)
        return self._material


def _closest(found: Leaks | None, *, kept: np.ndarray, gone: np.ndarray) -> list[tuple[int, int, float, str]]:
    if found is None:
        return []
    pairs = found.closest
    rows = zip(
        kept[pairs.test].tolist(),
        kept[pairs.other].tolist(),
        pairs.score.tolist(),
        pairs.kind.tolist(),
        strict=True,
    )
    return [
        (test, other, round(score, 4), _KINDS[kind]) for test, other, score, kind in rows if not gone[other]
    ]
