"""Does training know the words of the domain?"""

import numpy as np
import pyarrow as pa

from tuneset.kernels.words import NUMBER, Words, buffer_of, normalised, words_of
from tuneset.stages.dedupe.protect import markers
from tuneset.stages.quality.signal import Signal, at_most, percent
from tuneset.stats.cluster import share_by_groups

MOST_UNHEARD = 0.05


def unheard(train: pa.Array, held: pa.Array, *, group: np.ndarray, decides: bool) -> Signal:
    """The share of words in held-out examples that occur nowhere in training; numbers are no words here.

    Args:
        train: `large_string[n]` texts. held: `large_string[m]` texts.
        group: `int64[m]`, held-out examples that belong together.
        decides: is this held against a limit, or only told?
    """
    known = _words(train)
    known = np.unique(known.hashes[_is_word(known)])
    heard = _words(held)
    word = _is_word(heard)
    new = word & (
        known[np.searchsorted(known, heard.hashes).clip(max=max(0, len(known) - 1))] != heard.hashes
    )
    hits, tokens = (np.add.reduceat(np.append(mask, 0), heard.offsets[:-1]) for mask in (new, word))
    empty = np.diff(heard.offsets) == 0  # reduceat gives an empty text the next text's first word
    hits[empty], tokens[empty] = 0, 0
    value, low, high = share_by_groups(hits, tokens, group)
    verdict = at_most(MOST_UNHEARD, low=low, high=high) if decides else "note"
    return Signal(
        "unheard_words",
        "",
        value,
        "share",
        int(tokens.sum()),
        low,
        high,
        verdict,
        f"{percent(value)} of the words in held-out examples occur nowhere in training, "
        f"which holds {len(known):,} different ones",
        f"at most {percent(MOST_UNHEARD)} (a convention)" if decides else "",
        "collect documents and questions with the domain's other terms" if verdict == "poor" else "",
    )


def _words(texts: pa.Array) -> Words:
    return words_of(buffer_of(normalised(texts)), markers=markers())


def _is_word(words: Words) -> np.ndarray:
    return (words.flags & NUMBER) == 0
