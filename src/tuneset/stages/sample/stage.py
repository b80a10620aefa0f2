"""The stage `sample`: drops what the source does not take, and writes down how likely the rest was taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.event import events, marked
from tuneset.core.example import ID, one_array, set_column
from tuneset.core.spec import Sampling
from tuneset.core.stage import Staged, chained, dropped
from tuneset.stages.sample.draw import by_rate, words
from tuneset.stages.sample.where import holds

NAME = "sample"
FILTERED, OUT, SEALED = "filtered-out", "sampled-out", "sealed"


@dataclass(frozen=True)
class Admitted:
    """The records that the limits of a source let in, and with which probability; aligned, `[n]`."""

    records: pa.Array
    inclusion: np.ndarray


@dataclass(frozen=True)
class Sample:
    """Takes examples by the hash of their record.

    Byte-identical records are taken or left together: they are one record that was logged twice. `repeats`:
    id of a later occurrence → hash of its record. `admitted`: what `per_user` and `per_day` let in, which
    only a look at all records can tell; None before that look, and where no limit is set. `spared`: ids of
    examples that are sealed in the test set; no draw takes them away.
    """

    spec: Sampling
    repeats: Mapping[bytes, bytes] = field(default_factory=dict)
    admitted: Admitted | None = None
    spared: frozenset[bytes] = frozenset()
    name: str = NAME
    version: int = 1

    def identity(self) -> object:
        """The spec; who was admitted or spared is an input like the examples themselves."""
        return self.spec.model_dump(mode="json", by_alias=True)

    def __call__(self, examples: pa.Table) -> Staged:
        """The examples that are taken, with the probability as their `inclusion`: 1 for those that were
        spared, since no chance decided on them.
        """
        wanted = dropped(examples, ~holds(examples, self.spec.where), stage=NAME, reason=FILTERED)
        records = self.records(wanted.examples)
        taken = by_rate(words(records), self.spec)
        share = np.full(len(taken), self.spec.rate)
        if self.admitted is not None:
            at = pc.index_in(records, value_set=self.admitted.records)
            let_in = at.is_valid().to_numpy(zero_copy_only=False)
            place = pc.fill_null(at, 0).to_numpy()
            taken &= let_in
            share[let_in] *= self.admitted.inclusion[place[let_in]]
        saved = self._saved(wanted.examples) & ~taken
        weighed = set_column(wanted.examples, "inclusion", pa.array(np.where(saved, 1.0, share)))
        ids = marked(weighed.column("origin_id"), saved)
        kept = Staged(weighed, events(ids, stage=NAME, action="keep", reason=SEALED))
        return chained(wanted, kept, dropped(weighed, ~(taken | saved), stage=NAME, reason=OUT))

    def _saved(self, examples: pa.Table) -> np.ndarray:
        """`bool[n]`: the examples that are sealed."""
        if not self.spared:
            return np.zeros(len(examples), bool)
        sealed = pa.array(sorted(self.spared), ID)
        return np.asarray(pc.is_in(examples.column("origin_id"), value_set=sealed))

    def records(self, examples: pa.Table) -> pa.Array:
        """`binary(16)[n]`: the hash of the record of each example, the same for all its occurrences."""
        ids = one_array(examples.column("origin_id"))
        if not self.repeats:
            return ids
        return pa.array([self.repeats.get(value, value) for value in ids.to_pylist()], ID)
