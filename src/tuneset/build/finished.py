"""All that a build found out, before it is written (`build.outcome`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from tuneset.build.divide import Division
from tuneset.build.findings.prompts import inventory
from tuneset.build.findings.suspicion import Suspicion
from tuneset.build.index import Index
from tuneset.build.plan import Plan
from tuneset.build.tagging.model_tags import ModelTags
from tuneset.build.thumbs import Thumbs
from tuneset.stages.coverage import Retag
from tuneset.stages.dedupe import Settled, hard_conflicts


@dataclass(frozen=True)
class Finished:
    """The steps' results, of `n` examples in the order of the index."""

    planned: Plan
    receipts: Sequence[dict]
    index: Index
    links: pa.Table
    settled: Settled
    division: Division
    cells: np.ndarray
    cell_names: list[str]
    retags: list[Retag]
    """Tags that models give or only the whole shows; the index has them already."""
    by_model: ModelTags
    """What models said."""
    thumbs: Thumbs
    """What thumbs do to calls that a longer one repeats; the index has their content ids already."""
    suspicion: Suspicion | None = None

    @cached_property
    def prompts(self) -> list[dict[str, object]]:
        """The inventory of system prompts: of the summary, and of what is said about them."""
        return inventory(self.receipts)

    @cached_property
    def hard(self) -> np.ndarray:
        """`bool[m]`: which links are conflicts between the very same inputs."""
        return hard_conflicts(self.links)

    @cached_property
    def stays(self) -> np.ndarray:
        """`bool[n]`: who is in the dataset."""
        return self.settled.kept & ~self.division.evicted
