"""The comparable text of an example, however little of it is looked at."""

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from tuneset.core.example import Messages
from tuneset.stages.dedupe.sign import structured
from tuneset.stages.dedupe.texts import canonical_json, texts_of
from tuneset.testing.strategies import conversation, table_of

numbers = st.lists(st.integers(0, 1 << 32), max_size=6)
CALL = '[{"id": "1", "function": {"name": "f", "arguments": "{\\"b\\": 1}"}}]'


def slow_calls(calls: str | None) -> str | None:
    """Names and arguments of calls, each in canonical form, in the order of these texts."""
    if calls is None:
        return None
    functions = [call["function"] for call in json.loads(calls)]
    slim = [{"arguments": json.loads(f["arguments"]), "name": f["name"]} for f in functions]
    texts = [json.dumps(call, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for call in slim]
    return f"[{','.join(sorted(texts))}]"


def slow_output(content: str | None, calls: str | None, column: str | None) -> str:
    """Text and calls of the taught turn, one under the other; else what the column says."""
    text = "\n".join(part for part in (content, calls) if part) or column or ""
    return (canonical_json(text) if text.lstrip("\t\n\f\r ")[:1] in ("{", "[") else None) or text


@given(
    numbers,
    st.lists(
        st.tuples(st.sampled_from([None, "", "done", '{ "a": 1}', " [1, 2]"]), st.booleans()), max_size=4
    ),
    st.booleans(),
)
def test_outputs_are_put_together_as_a_slow_twin_does(
    made: list[int], ends: list[tuple[str | None, bool]], with_calls: bool
) -> None:
    rows: list[Any] = [conversation(number) for number in made]
    rows += [
        ([{"role": "assistant", "content": text, "tool_calls": CALL if called and with_calls else None}], {})
        for text, called in ends
    ]
    examples = table_of(rows)
    messages, column = Messages.of(examples), examples.column("output").to_pylist()
    contents, calls = messages.content.to_pylist(), messages.tool_calls.to_pylist()
    expected = []
    for at, output in zip(messages.taught.tolist(), column, strict=True):
        said, called = (contents[at], calls[at]) if at >= 0 else (None, None)
        expected.append(slow_output(said, slow_calls(called), output))
    assert texts_of(examples).outputs.to_pylist() == expected


@given(st.lists(st.text('{}[]"1-tx ', max_size=4) | st.text(max_size=5), max_size=6))
def test_an_output_is_structured_where_the_pattern_says_so(batch: list[str]) -> None:
    column = pa.array(batch, pa.large_string())
    matched = pc.match_substring_regex(column, r'^(\{"|\[["{\[\d\-tfn]|\{\}$|\[\]$)')
    assert structured(column).tolist() == matched.to_pylist()
