"""Rows of an array of the parts, read when they are asked for."""

from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from tuneset.build.index import Index

_HELD = 1 << 25
"""Bytes from which rows are gathered into a file, so that the system may take their memory back."""


class ReadRows:
    """`[k, d]` rows of an array that every part has, of some examples; no columns if there are none. Rows
    that are tables lie flat.

    Nothing is read before it is asked for, and then only that: after some more logs most rows never are.
    """

    def __init__(self, name: str, index: Index, who: np.ndarray, *, scratch: Path) -> None:
        """Of the file `name` of each part, the rows of the examples `int64[k]` `who`."""
        parts = [np.load(path / f"{name}.npy", mmap_mode="r") for path in index.paths]
        like = next((rows for rows in parts if len(rows)), np.zeros((0, 0), np.int8))
        width = like[0].size if len(like) else 0
        self._parts = [rows.reshape(len(rows), width) if len(rows) else like for rows in parts]
        self._part, self._row = index.part[who], index.row[who]
        self._scratch = scratch
        self.dtype, self.shape = like.dtype, (len(who), width if len(who) else 0)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """`[n, d]`: the rows of some of them."""
        part, row = self._part[rows], self._row[rows]
        found = self._room(len(rows))
        order = np.argsort(part)
        bounds = np.searchsorted(part[order], np.arange(len(self._parts) + 1))
        for number, values in enumerate(self._parts):
            here = order[bounds[number] : bounds[number + 1]]
            if len(here):
                found[here] = values[row[here]]
        return found

    def _room(self, count: int) -> np.ndarray:
        shape = (count, self.shape[1])
        if count * self.shape[1] * self.dtype.itemsize < _HELD:
            return np.empty(shape, self.dtype)
        with TemporaryFile(dir=self._scratch) as file:
            return np.asarray(np.memmap(file, self.dtype, "w+", shape=shape))
