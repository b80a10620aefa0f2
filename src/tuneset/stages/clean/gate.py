"""One pass over the bytes of a text column: which texts are obviously clean."""

import numpy as np
import pyarrow as pa
from numba import njit

RETURN, CONTROL, FOREIGN = 1, 2, 4
"""A carriage return; another control character of ASCII than tab and line feed; a byte outside ASCII."""

_KIND = np.zeros(256, np.uint8)
_KIND[:32] = CONTROL
_KIND[127] = CONTROL
_KIND[[9, 10]] = 0
_KIND[13] = RETURN
_KIND[128:] = FOREIGN


def marks(texts: pa.Array) -> np.ndarray:
    """`uint8[n]`: for each text (`large_string`) the kinds of bytes in it, or'ed; 0 for null. About 0.5 ns a
    byte.
    """
    if not len(texts):
        return np.zeros(0, np.uint8)
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    content = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return _marks(content, bounds, _KIND)


@njit(cache=True, nogil=True)
def _marks(content: np.ndarray, bounds: np.ndarray, kind: np.ndarray) -> np.ndarray:
    found = np.zeros(len(bounds) - 1, np.uint8)
    for i in range(len(found)):
        seen = np.uint8(0)
        for at in range(bounds[i], bounds[i + 1]):
            seen |= kind[content[at]]
        found[i] = seen
    return found
