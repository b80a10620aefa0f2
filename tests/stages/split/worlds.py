"""Hypothesis strategies for what a split is made from: ids, components, cells and a sealed past."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from tuneset.core.spec import SplitSpec
from tuneset.stages.split import TEST, Assigned, assign


def ids_of(names: np.ndarray) -> pa.Array:
    """An id for each number."""
    digests = [blake2b(str(n).encode(), digest_size=16).digest() for n in names.tolist()]
    return pa.array(digests, pa.binary(16))


@dataclass(frozen=True)
class World:
    """`n` examples; `name` (`int64[n]`) makes their ids."""

    name: np.ndarray
    component: np.ndarray
    cell: np.ndarray
    sealed: np.ndarray

    def __len__(self) -> int:
        return len(self.name)

    @property
    def ids(self) -> pa.Array:
        return ids_of(self.name)

    def take(self, order: np.ndarray) -> "World":
        return World(self.name[order], self.component[order], self.cell[order], self.sealed[order])

    @property
    def evicted(self) -> np.ndarray:
        """Here everybody in a component leaves with its sealed test example."""
        sealed = self.sealed == TEST
        return np.isin(self.component, self.component[sealed]) & ~sealed

    def assigned(self, spec: SplitSpec, targets: np.ndarray | None = None) -> Assigned:
        return assign(
            self.component,
            self.cell,
            self.sealed,
            evicted=self.evicted,
            ids=self.ids,
            spec=spec,
            targets=targets,
        )


def world(size: int, *, components: int, cells: int, seed: int, sealed: float = 0.0) -> World:
    """An arbitrary world; a share `sealed` of its examples is test of an earlier release."""
    random = np.random.default_rng(seed)
    past = np.where(random.random(size) < sealed, TEST, 0).astype(np.int8)
    return World(
        np.arange(size),
        random.integers(0, max(1, components), size),
        np.unique(random.integers(0, cells, size), return_inverse=True)[1].astype(np.int32),
        past,
    )


worlds = st.builds(
    world,
    st.integers(0, 120),
    components=st.integers(1, 120),
    cells=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
    sealed=st.sampled_from([0.0, 0.0, 0.1, 0.5]),
)
specs = st.builds(
    SplitSpec,
    validation=st.sampled_from([0.0, 0.1, 0.3]),
    test=st.sampled_from([0.0, 0.1, 0.25]),
    salt=st.sampled_from(["tuneset", "other"]),
)
