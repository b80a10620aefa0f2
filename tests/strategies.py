"""Hypothesis strategies shared by the tests. Those for examples are public: `tuneset.testing.strategies`."""

from tuneset.testing.strategies import (
    AWKWARD,
    LOOKALIKES,
    ORDINARY,
    columns,
    corpora,
    table_of,
    texts,
    turns,
)

__all__ = ["AWKWARD", "LOOKALIKES", "ORDINARY", "columns", "corpora", "table_of", "texts", "turns"]
