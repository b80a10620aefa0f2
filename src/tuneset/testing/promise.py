"""A promise: a name and a check that raises `AssertionError` when it is broken."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from tuneset.core.errors import MissingExtra

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

WINDOW = 12
"""So many characters of a customer's text in a row, found where no text may be, are a leak."""


@dataclass(frozen=True)
class Promise:
    """Call it to check; its text is its name."""

    name: str
    check: Callable[[], None]

    def __call__(self) -> None:
        """Checks."""
        self.check()

    def __str__(self) -> str:
        return self.name

    @property
    def __name__(self) -> str:
        return self.name


def on_tables(
    check: Callable[[pa.Table], None], *, tables: "SearchStrategy[pa.Table] | None", tries: int
) -> Callable[[], None]:
    """A check that tries `check` on many tables of examples, and shrinks one that fails.

    Raises:
        MissingExtra: (when checked) hypothesis is not installed.
    """

    def tried() -> None:
        try:
            from hypothesis import HealthCheck, given, settings
        except ImportError:
            raise MissingExtra("the promises need hypothesis", fix="pip install hypothesis") from None
        from tuneset.testing.strategies import corpora

        @settings(
            max_examples=tries,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
        )
        @given(corpora() if tables is None else tables)
        def run(table: pa.Table) -> None:
            check(table)

        run()

    return tried


def windows(text: str) -> set[str]:
    """Every run of `WINDOW` characters in it."""
    return {text[i : i + WINDOW] for i in range(len(text) - WINDOW + 1)}


def serialised(table: pa.Table) -> bytes:
    """Every byte of a table, to see whether one changed."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def same(left: pa.Table, right: pa.Table) -> bool:
    """Equal schema and rows, however they are chunked."""
    return left.schema.equals(right.schema) and left.to_pylist() == right.to_pylist()
