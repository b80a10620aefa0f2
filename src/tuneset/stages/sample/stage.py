"""The stage `sample`: drops what the source does not take, and writes down how likely the rest was taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import ID, one_array, set_column
from tuneset.core.spec import Sampling
from tuneset.core.stage import Staged, chained, dropped
from tuneset.stages.sample.draw import by_rate, words
from tuneset.stages.sample.where import holds

NAME = "sample"
FILTERED, OUT = "filtered-out", "sampled-out"


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
    only a look at all records can tell; None before that look, and where no limit is set.
    """

    spec: Sampling
    repeats: Mapping[bytes, bytes] = field(default_factory=dict)
    admitted: Admitted | None = None
    name: str = NAME
    version: int = 1

    def identity(self) -> object:
        """The spec; who was admitted is an input like the examples themselves."""
        return self.spec.model_dump(mode="json", by_alias=True)

    def __call__(self, examples: pa.Table) -> Staged:
        """The examples that are taken, with the probability as their `inclusion`."""
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
        weighed = set_column(wanted.examples, "inclusion", pa.array(share))
        return chained(wanted, dropped(weighed, ~taken, stage=NAME, reason=OUT))

    def records(self, examples: pa.Table) -> pa.Array:
        """`binary(16)[n]`: the hash of the record of each example, the same for all its occurrences."""
        ids = one_array(examples.column("origin_id"))
        if not self.repeats:
            return ids
        return pa.array([self.repeats.get(value, value) for value in ids.to_pylist()], ID)
