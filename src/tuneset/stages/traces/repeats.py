"""Every longer call that begins with all messages of a call, not only the longest."""

import numpy as np

from tuneset.stages.traces.prefixes import joined


def repeats(
    asked: np.ndarray, conversation: np.ndarray, digests: np.ndarray, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`int64[k]` each: an example that was asked for, and a longer one of its conversation that repeats it.

    Args:
        asked: `int64[a]` numbers of examples; those without a conversation or without messages have none.
        conversation, digests, offsets: as for `prefixes`.
    """
    length = np.diff(offsets)
    asked = asked[(length[asked] > 0) & (conversation[asked] != 0)]
    row = np.repeat(np.arange(len(conversation)), length)
    inner = np.isin(conversation[row], conversation[asked])
    inner[offsets[1:][length > 0] - 1] = False  # the last message of each
    key, owner = joined(digests[inner], conversation[row[inner]]), row[inner]
    order = np.lexsort((owner, key))
    key, owner = key[order], owner[order]
    whole = joined(digests[offsets[1:][asked] - 1], conversation[asked])
    first, last = (np.searchsorted(key, whole, side) for side in ("left", "right"))
    count = last - first
    place = np.repeat(first, count) + np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(asked, count), owner[place]
