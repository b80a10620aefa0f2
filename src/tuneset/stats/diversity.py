"""How many different things a set of vectors says."""

import numpy as np


def vendi(units: np.ndarray) -> float:
    """Vendi score: the effective number of different vectors, 1 (all equal) to min(n, d) (all orthogonal).

    Args:
        units: `[n, d]` vectors of length 1.

    Returns:
        exp of the entropy of the eigenvalues of `units @ units.T / n`; the `d x d` matrix has the same.

    Source: Friedman & Dieng 2023, arXiv 2210.02410, with the cosine kernel.
    """
    if not len(units):
        return 0.0
    units = units.astype(np.float64)
    small = units @ units.T if len(units) < units.shape[1] else units.T @ units
    values = np.linalg.eigvalsh(small / len(units))
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))
