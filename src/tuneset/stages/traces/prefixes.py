"""Which call repeats which: by the digests of their messages, inside one conversation."""

import numpy as np


def prefixes(conversation: np.ndarray, digests: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """`int64[n]`: the longest example that begins with all messages of an example; -1 if there is none.

    Args:
        conversation: `uint64[n]`, 0 if unknown: such an example is a prefix of nothing.
        digests: `uint64[m]`, the `thread_digests` of all messages.
        offsets: `int64[n + 1]`; the messages of example `i` are `offsets[i]:offsets[i + 1]`.

    Of several longest ones the first counts. Equal conversations are twins, not prefixes. Time and memory
    grow with the messages.
    """
    found = np.full(len(conversation), -1, np.int64)
    length = np.diff(offsets)
    row = np.repeat(np.arange(len(conversation)), length)
    inner = np.ones(len(digests), bool)
    inner[offsets[1:][length > 0] - 1] = False  # the last message of each
    inner &= conversation[row] != 0
    key = joined(digests[inner], conversation[row[inner]])
    owner = row[inner]
    order = np.lexsort((owner, -length[owner], key))
    key, owner = key[order], owner[order]
    (asked,) = np.nonzero((length > 0) & (conversation != 0))
    whole = joined(digests[offsets[1:][asked] - 1], conversation[asked])
    at = np.searchsorted(key, whole)
    there = at < len(key)
    there[there] = key[at[there]] == whole[there]
    found[asked[there]] = owner[at[there]]
    return found


def joined(digests: np.ndarray, conversation: np.ndarray) -> np.ndarray:
    """`uint64[k]`: digests that tell conversations apart, too."""
    return digests ^ (conversation * np.uint64(0x9E3779B97F4A7C15))
