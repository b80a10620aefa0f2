"""What a tagger says: a value or nothing for each example, by what it was found, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

STRONG, WEAK = "strong", "weak"


@dataclass(frozen=True)
class Tagged:
    """Findings for `n` examples: `finding` is `int16[n]`, -1 where nothing was found, else a place in the
    three lists of `k` possible findings.
    """

    finding: np.ndarray
    values: Sequence[str]
    """`[k]` value that the finding gives."""
    rules: Sequence[str]
    """`[k]` name of the rule."""
    strengths: Sequence[str]
    """`[k]` `strong` or `weak`."""

    def value(self) -> pa.Array:
        """`string[n]`; null where nothing was found."""
        return pa.array(self.values, pa.string()).take(pa.array(self.finding, mask=self.finding < 0))
