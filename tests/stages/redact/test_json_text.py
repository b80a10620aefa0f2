"""JSON is cut into leaves as a parser would read it, and what changed is found again without the rest."""

import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tuneset.stages.redact.json_text import Document, Path, _leaves, always, parse

keys = st.text(max_size=4) | st.sampled_from(["a", 'q"', "\\", "{", ":", "é\n"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(['"', "{", '{"a": ["x"]}', "\\n", "1234567"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
documents = values.filter(lambda value: isinstance(value, dict | list))


def walked(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    """(path, leaf) of the strings and numbers, in order: the slow twin."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in walked(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in walked(inner, (*path, ""))]
    return [] if value is None or isinstance(value, bool) else [(path, value)]


@given(documents, st.booleans(), st.sampled_from([None, 1]), st.sampled_from([(",", ":"), (" , ", " : ")]))
def test_leaves_are_those_of_a_parser(
    value: Any, ascii_only: bool, indent: int | None, marks: tuple[str, str]
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, separators=marks)
    assert [(path, orjson.loads(text[start:stop])) for start, stop, path in _leaves(text)] == walked(value)


@given(documents, st.data())
def test_a_renewed_document_has_the_changed_leaves_of_the_rendered_one(
    value: Any, data: st.DataObject
) -> None:
    document = parse(json.dumps(value))
    assert isinstance(document, Document)
    for plain in document.plains():
        plain.new = data.draw(st.sampled_from([None, None, plain.text + "[EMAIL_1]", 'new "text"']))
    changed = [plain.new for plain in document.plains() if plain.new not in (None, plain.text)]
    whole, renewed = parse(document.render()), document.renewed(live=always)
    assert renewed.render() == document.render()
    assert [plain.text for plain in renewed.plains()] == changed
    searched = [(plain.lead, plain.text) for plain in whole.plains()]
    assert all((plain.lead, plain.text) in searched for plain in renewed.plains())
