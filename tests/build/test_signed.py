"""Content ids made by columns are those of the canonical conversation, row by row."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.build.signed import signed
from tuneset.core.canonical import canonical_messages
from tuneset.core.example import EXAMPLES, ExampleBuilder
from tuneset.core.ids import content_id
from tuneset.testing.strategies import corpora

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def _agrees(table: pa.Table) -> None:
    found = signed(table)
    assert found.schema == EXAMPLES
    assert found.column("origin_id").to_pylist() == sorted(table.column("origin_id").to_pylist())
    assert found.column("content_id").to_pylist() == [content_id(line) for line in canonical_messages(found)]


@settings(deadline=None, max_examples=100)
@given(corpora())
def test_tools_parts_and_masks_are_signed_as_they_are_written(table: pa.Table) -> None:
    _agrees(table)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(ANY_TEXT, st.none() | ANY_TEXT, st.none() | ANY_TEXT), max_size=6))
def test_any_text_is_signed_as_it_is_written(rows: list[tuple[str, str | None, str | None]]) -> None:
    builder = ExampleBuilder()
    for number, (asked, answered, name) in enumerate(rows):
        builder.message("user", asked, name=name)
        builder.message("assistant", answered, tool_call_id=name)
        builder.finish(bytes([255 - number]) * 16, line=number + 1, source="s", file="f")
    _agrees(builder.table())


def test_a_part_larger_than_what_is_signed_at_once_is_signed_whole() -> None:
    builder = ExampleBuilder()
    for number in range(5000):
        builder.message("user", f"question {number}")
        builder.message("assistant", '\x00\x1f\x7f\\"\u2028\U0001f600' * (number % 3))
        builder.finish((number * 7919 % 5003).to_bytes(16), line=number + 1, source="s", file="f")
    _agrees(builder.table())
