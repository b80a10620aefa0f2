"""MinHash bands: right arithmetic, and the recall that the docstring promises."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies and parameters say

import itertools
import random

import numpy as np
import pyarrow as pa

from tuneset.kernels import minhash
from tuneset.kernels.words import Words, buffer_of, no_markers, normalised, words_of

MASK = (1 << 64) - 1
PINNED = ([232349127, 2888885585, 903263069], [3444395440, 225352190, 2751890175])


def words(texts):
    return words_of(buffer_of(normalised(pa.array(texts))), markers=no_markers())


def slow_mix(x):
    x ^= x >> 33
    x = x * 0xFF51AFD7ED558CCD & MASK
    x ^= x >> 33
    x = x * 0xC4CEB9FE1A85EC53 & MASK
    return x ^ x >> 33


def slow_shingles(hashes):
    n, found = len(hashes), []
    single = 28 if n <= 12 else 40 - n if n < 40 else 0
    double = min(10, max(0, n - 6))
    found += [h for h in map(slow_mix, hashes) if h % 28 < single]
    for a, b in itertools.pairwise(hashes):
        h = slow_mix(a + 0x9E3779B97F4A7C15 * (b ^ 0x5851F42D4C957F2D) & MASK)
        found += [h] if h % 10 < double else []
    return found


def slow_bands(hashes):
    """Python integers: nothing can overflow or be promoted unseen."""
    shingles = [h >> 32 for h in slow_shingles(hashes)]
    factors, offsets = minhash._FACTORS.tolist(), minhash._OFFSETS.tolist()
    least = [
        min([0xFFFFFFFF, *((a * x + b) % 2**32 for x in shingles)])
        for a, b in zip(factors, offsets, strict=True)
    ]
    bands = []
    for band in range(25):
        h = band + 1
        for k in range(band * 5, band * 5 + 5):
            h = slow_mix(h * 0x9E3779B97F4A7C15 + least[k] & MASK)
        bands.append(h | 1)
    return bands


def test_the_kernel_agrees_with_a_slow_twin():
    chance = np.random.default_rng(5)
    sizes = [0, 1, 2, 3, 7, 12, 13, 39, 40, 41, 90]
    hashes = chance.integers(1, 2**63, sum(sizes), np.uint64)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    bands = minhash.bands_of(
        Words(hashes, np.zeros(len(hashes), np.uint8), offsets, np.zeros((0, 2), np.int64))
    )
    for row, size in enumerate(sizes):
        mine = hashes[offsets[row] : offsets[row + 1]].tolist()
        assert bands[row].tolist() == (slow_bands(mine) if size else [0] * 25)


def test_the_permutations_are_what_they_have_always_been():
    assert minhash._FACTORS[:3].tolist() == PINNED[0]
    assert minhash._OFFSETS[:3].tolist() == PINNED[1]


def collide(one, other):
    bands = minhash.bands_of(words([one, other]))
    return bool(((bands[0] == bands[1]) & (bands[0] != 0)).any())


def sentence(chance, n):
    return [f"w{chance.randrange(3000)}" for _ in range(n)]


def test_texts_with_one_changed_word_are_candidates_at_every_length():
    chance = random.Random(3)
    for n in (10, 12, 13, 20, 30, 38, 39, 40, 41, 60, 120):
        met = 0
        for _ in range(40):
            text = sentence(chance, n)
            other = list(text)
            other[chance.randrange(n)] = "changed"
            met += collide(" ".join(text), " ".join(other))
        assert met >= 37, n


def test_short_questions_with_an_added_word_are_candidates():
    assert collide("When will I get my card?", "When will I get my new card?")
    assert collide("Why hasn't my card arrived yet?", "My card hasn't arrived yet.")


def test_unrelated_texts_are_no_candidates():
    chance = random.Random(4)
    assert (
        sum(collide(" ".join(sentence(chance, 50)), " ".join(sentence(chance, 50))) for _ in range(50)) == 0
    )
