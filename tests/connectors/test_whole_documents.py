"""A `.json` document is one record or a list of them: whatever lists a record has of its own."""

from pathlib import Path

import orjson
import pytest

from connectors.reading import read_records, read_text
from connectors.samples import KINDS, Record


@pytest.mark.parametrize("name", KINDS)
def test_a_document_of_one_record_is_read_as_its_line_would_be(name: str, tmp_path: Path) -> None:
    for record in KINDS[name]:
        line = read_records([record], tmp_path, connector=name)
        document = orjson.dumps(record, option=orjson.OPT_INDENT_2)
        whole = read_text(document, tmp_path, name="log.json", connector=name)
        assert (whole.read, whole.messages, whole.reasons) == (line.read, line.messages, line.reasons)


@pytest.mark.parametrize("beside", [{}, {"meta": {"page": 1}}, {"object": "list", "has_more": False}])
@pytest.mark.parametrize("name", ["openai-chat", "openai-stored", "langfuse", "vllm-requests"])
def test_a_document_around_a_list_holds_the_records_of_the_list(
    name: str, beside: Record, tmp_path: Path
) -> None:
    records = KINDS[name][:2]
    lines = read_records(list(records), tmp_path, connector=name)
    document = orjson.dumps({**beside, "data": records}, option=orjson.OPT_INDENT_2)
    whole = read_text(document, tmp_path, name="log.json", connector=name)
    assert (whole.read, whole.messages) == (lines.read, lines.messages)
    assert whole.lines[0] > 1
