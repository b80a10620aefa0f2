"""What changes in the buckets of a band, beside a search of all rows before and after."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies and parameters say

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.kernels.buckets import AWAY, CAME, STAYS, WENT, changes, held
from tuneset.kernels.compare import Screen, bits_of, folded
from tuneset.kernels.join import bucket_pairs, unpacked
from tuneset.kernels.words import buffer_of, markers_of, words_of

NO_SCREEN = Screen(np.zeros((0, 4), np.uint64), np.zeros(0, np.int32), 0.0, 0.0)


@given(
    st.integers(0, 2**32),
    st.integers(0, 150),
    st.integers(1, 12),
    st.sampled_from([(0, 0.8, 0.2, 0), (0.1, 0.7, 0.1, 0.1), (0, 0, 1, 0), (0, 0.5, 0, 0.5)]),
    st.booleans(),
)
def test_changes_lead_from_the_pairs_before_to_those_of_a_search_of_all(seed, n, buckets, shares, screened):
    chance = np.random.default_rng(seed)
    # 0 is no key; two keys differ in their last bits only
    keys = chance.integers(0, buckets, n).astype(np.uint64)
    rows, order = chance.permutation(3 * n)[:n].astype(np.int64), chance.integers(0, 5, n).astype(np.uint64)
    state = chance.choice([AWAY, STAYS, CAME, WENT], n, p=shares).astype(np.int8)
    screen = _screen(chance, n) if screened else NO_SCREEN

    def pairs_of(*states: np.int8) -> set[tuple[int, int]]:
        (some,) = np.nonzero(np.isin(state, states))
        found = unpacked(bucket_pairs(keys[some], rows[some], order=order[some], screen=screen, texts=some))
        return set(map(tuple, found.tolist()))

    found = changes(keys, rows, order=order, state=state, screen=screen)
    in_again = set(rows[held(keys, found.again)].tolist())
    gone = set(rows[state == WENT].tolist())
    added, removed = (
        {(pair >> 32, pair & 0xFFFFFFFF) for pair in some.tolist()} for some in (found.added, found.removed)
    )
    before, after = pairs_of(STAYS, WENT), pairs_of(STAYS, CAME)
    calm = {pair for pair in before if not gone & set(pair)} - removed
    assert {p for p in calm | added if p[0] not in in_again} == {p for p in after if p[0] not in in_again}
    assert not {p for p in added | removed if p[0] in in_again}


def test_a_bucket_whose_smallest_row_is_another_one_is_searched_again():
    keys, order = np.full(4, 7, np.uint64), np.arange(4, dtype=np.uint64)
    state = np.array([CAME, STAYS, STAYS, STAYS], np.int8)
    found = changes(keys, np.array([0, 1, 2, 3]), order=order, state=state, screen=NO_SCREEN)
    assert found.again.tolist() == [7]
    found = changes(keys, np.array([9, 1, 2, 3]), order=order, state=state, screen=NO_SCREEN)
    assert (found.again.tolist(), found.added.tolist()) == ([], [1 << 32 | 9])


@pytest.mark.parametrize("size", [0, 1, 5000])
def test_held_finds_the_keys_among_others(size):
    chance = np.random.default_rng(size)
    keys = chance.integers(0, 2**63, 20_000).astype(np.uint64)
    keys[::7] = 0
    some = np.concatenate([chance.choice(keys, size), chance.integers(0, 2**63, size).astype(np.uint64)])
    assert held(keys, some).tolist() == np.flatnonzero(np.isin(keys, some[some != 0])).tolist()


def _screen(chance: np.random.Generator, n: int) -> Screen:
    texts = [" ".join(f"w{w}" for w in chance.integers(0, 30, chance.integers(1, 45))) for _ in range(n)]
    found = words_of(buffer_of(pa.array(texts, pa.string())), markers=markers_of({}, contractions={}))
    return Screen(folded(bits_of(found)), np.diff(found.offsets).astype(np.int32), 0.4, 0.3)
