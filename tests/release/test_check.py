"""`check`: any file, line by line, against a target; broken lines are named, no word of them is shown."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest

from tuneset.cli.findings import FORMATS, rendered
from tuneset.core import registry
from tuneset.release.check import Checked, check
from tuneset.testing.strategies import conversation, table_of

GOOD = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
SECRET = "zebra-4711"


def written(path: Path, *lines: object) -> Path:
    path.write_bytes(b"".join((x if isinstance(x, bytes) else orjson.dumps(x)) + b"\n" for x in lines))
    return path


def found(checked: Checked) -> list[tuple[int, str]]:
    return [(one.line, one.rule) for one in checked.findings]


def said(*turns: dict[str, Any], **row: object) -> dict[str, Any]:
    return {"messages": list(turns), **row}


USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello!"}


@pytest.mark.parametrize(
    ("target", "line", "rule"),
    [
        ("fireworks", b"{", "file.json"),
        ("fireworks", b"[1]", "file.json"),
        ("fireworks", b'{"messages": "\xff"}', "file.encoding"),
        ("fireworks", {"text": "x"}, "shape.row"),
        ("fireworks", said({"role": "human", "content": "x"}, ANSWER), "shape.role"),
        ("fireworks", said({"role": "user", "content": 7}, ANSWER), "shape.content"),
        ("fireworks", said(USER, {**ANSWER, "weight": 0.5}), "weight.zero-or-one"),
        ("fireworks", said({**USER, "weight": 1}, ANSWER), "weight.zero-or-one"),
        ("fireworks", said(USER, {"role": "assistant", "tool_calls": [{"id": "c"}]}), "tools.call-shape"),
        ("fireworks", said(USER, ANSWER, tools="x"), "shape.tools"),
        ("fireworks", said(USER, ANSWER, extra=1), "shape.keys"),
        ("fireworks", said(USER, ANSWER, USER), "order.last-assistant"),
        ("fireworks", said(USER, {**ANSWER, "weight": 0}), "assistant.trained"),
        ("trl", said(USER, ANSWER, label=False), "mask.not-honoured"),
        ("together", said(USER, ANSWER, text="x"), "shape.two-forms"),
        ("mlx-lm", said(USER, ANSWER, prompt="x", completion="y"), "shape.two-forms"),
        ("nemo", orjson.dumps(said({"role": "user", "content": "a\u2028b"}, ANSWER)), "file.separators"),
        ("llama-factory", {"conversations": [{"from": "user", "value": "x"}], "tools": ""}, "shape.role"),
        (
            "llama-factory",
            {"conversations": [{"from": "human", "value": "x"}, {"from": "human", "value": "y"}]},
            "shape.unreadable",
        ),
        ("gemini", {"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "shape.role"),
        ("gemini", {"contents": [{"role": "user", "parts": []}]}, "shape.content"),
        (
            "bedrock-nova",
            {"schemaVersion": "x", "messages": [{"role": "user", "content": "x"}]},
            "shape.content",
        ),
        ("trl-dpo", {"prompt": "a", "chosen": "b"}, "shape.row"),
        ("trl-dpo", {"prompt": "a", "chosen": "b", "rejected": "b"}, "pair.equal"),
        ("trl-kto", {"prompt": "a", "completion": "b", "label": "yes"}, "shape.row"),
        ("promptfoo", {"vars": {"messages": "a", "reference": "b"}}, "shape.row"),
    ],
)
def test_a_broken_line_is_named_with_its_rule(tmp_path: Path, target: str, line: object, rule: str) -> None:
    checked = check(written(tmp_path / "data.jsonl", line), target=target)
    assert (1, rule) in found(checked)
    assert checked.rules[rule].link.startswith("https://")


def test_only_the_broken_lines_are_named_and_blank_ones_count(tmp_path: Path) -> None:
    file = written(tmp_path / "data.jsonl", GOOD, GOOD, b"", said(USER), GOOD)
    checked = check(file, target="fireworks")
    assert found(checked) == [(3, "file.blank-line"), (4, "shape.unreadable")]
    assert (checked.rows, checked.errors, checked.warnings) == (4, 1, 1)
    assert check(file, target="mlx-lm").level("file.blank-line") == "error"


def test_a_byte_order_mark_is_wanted_by_one_target_and_refused_by_the_others(tmp_path: Path) -> None:
    bare, marked = tmp_path / "bare.jsonl", tmp_path / "marked.jsonl"
    written(bare, *[GOOD] * 10)
    marked.write_bytes(b"\xef\xbb\xbf" + bare.read_bytes())
    assert found(check(marked, target="azure")) == []
    assert found(check(bare, target="azure")) == [(1, "file.bom")]
    assert check(bare, target="azure").errors == 0
    assert check(marked, target="trl").errors == 1


def test_whole_files_have_rules_too(tmp_path: Path) -> None:
    assert found(check(written(tmp_path / "a.jsonl", GOOD), target="openai")) == [(0, "file.min-examples")]
    assert found(check(written(tmp_path / "b.jsonl"), target="trl")) == [(0, "file.empty")]
    row = {
        "schemaVersion": "x",
        "messages": [{"role": r, "content": [{"text": "x"}]} for r in ("user", "assistant")],
    }
    assert found(check(written(tmp_path / "my data.jsonl", row), target="bedrock-nova")) == [(0, "file.name")]


def test_a_later_row_of_another_kind_is_named_once(tmp_path: Path) -> None:
    later = {**GOOD, "tools": "[]"}
    checked = check(written(tmp_path / "a.jsonl", GOOD, GOOD, later, later), target="trl")
    assert found(checked) == [(3, "file.first-row")]
    assert checked.errors == 0


def test_findings_are_limited_and_all_are_counted(tmp_path: Path) -> None:
    checked = check(
        written(tmp_path / "a.jsonl", *[said(USER, ANSWER, USER)] * 30), target="fireworks", most=3
    )
    assert len(checked.findings) == 3
    assert checked.counts == {"order.last-assistant": 30}


def test_longer_examples_than_the_context_are_counted_and_the_estimate_is_called_one(tmp_path: Path) -> None:
    long = said({"role": "user", "content": "word " * 100}, ANSWER)
    checked = check(written(tmp_path / "a.jsonl", GOOD, long), target="trl", context=50)
    assert found(checked) == [(2, "len.tokens")]
    assert checked.tokens["counted_by"] == "estimate: bytes / 4"
    assert checked.tokens["exact"] is False
    assert (checked.tokens["over_context"], checked.tokens["share_over_context"]) == (1, 0.5)


def test_a_tokenizer_counts_what_it_is_given(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    words = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({"Hi": 0, "Hello": 1, "!": 2, "?": 3}, unk_token="?")
    )
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    file = written(tmp_path / "a.jsonl", GOOD)
    checked = check(file, target="trl", tokenizer=tmp_path / "tokenizer.json")
    assert checked.tokens["total"] == 3 + 2 * 4
    assert checked.tokens["exact"] is True
    assert checked.tokens["counted_by"] == "tokenizer tokenizer.json"


def test_costs_come_from_a_file_that_anybody_may_write(tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text(
        'date = "2026-01-01"\n[[price]]\ntarget = "trl"\nmodel = "m"\nusd_per_million_tokens = 1e6\n'
    )
    checked = check(written(tmp_path / "a.jsonl", GOOD), target="trl", prices=prices, epochs=2)
    (option,) = checked.costs["options"]
    assert option["usd"] == 2 * checked.tokens["total"]
    assert option["verified"] is False


def test_mended_lines_are_exchanged_and_all_others_stay_byte_for_byte(tmp_path: Path) -> None:
    odd = (
        b'{ "messages" : [{"role":"user","content":"Hi"},{"content":"Hi!","role":"assistant"}], "id": 1.50 }'
    )
    file = written(tmp_path / "in.jsonl", odd, said(USER, ANSWER, USER, id="x7"), b"{", b"", GOOD)
    checked = check(file, target="fireworks", fixed_to=tmp_path / "out.jsonl")
    lines = (tmp_path / "out.jsonl").read_bytes().splitlines()
    assert lines == [odd, lines[1], b"{", orjson.dumps(GOOD)]
    assert orjson.loads(lines[1]) == said(USER, ANSWER)
    assert checked.fixed == ({"line": 2, "rule": "order.last-assistant", "fixer": "trim-end", "rows": 1},)
    assert checked.counts == {"file.blank-line": 1, "file.json": 1, "shape.keys": 2}


def test_a_row_whose_fields_have_no_place_is_not_mended(tmp_path: Path) -> None:
    thought = {**ANSWER, "reasoning_content": "hm"}
    file = written(tmp_path / "in.jsonl", said(USER, thought, USER))
    checked = check(file, target="fireworks", fixed_to=tmp_path / "out.jsonl")
    assert checked.fixed == ()
    assert (tmp_path / "out.jsonl").read_bytes() == file.read_bytes()
    assert "order.last-assistant" in checked.counts


def test_a_mended_file_breaks_no_rule_that_has_a_fixer(tmp_path: Path) -> None:
    table = table_of([conversation(number) for number in range(200)])
    openai = registry.load(registry.EXPORTERS, "openai")()
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in openai.lines(table)))
    before = check(file, target="openai")
    check(file, target="openai", fixed_to=tmp_path / "out.jsonl")
    after = check(tmp_path / "out.jsonl", target="openai")
    assert after.errors < before.errors
    assert after.rows == before.rows


@pytest.mark.parametrize("name", registry.names(registry.EXPORTERS))
def test_what_we_export_passes_our_own_check(name: str, tmp_path: Path) -> None:
    from promises.test_exported_files_parse_back import PREFERENCES, good, with_preferences
    from tuneset.core.exporter import files_of

    exporter = registry.load(registry.EXPORTERS, name)()
    table = table_of([conversation(number) for number in range(60)])
    table = good(exporter, with_preferences(table) if name in PREFERENCES else table)
    file = tmp_path / "train.jsonl"
    file.write_bytes(files_of(exporter).head + b"".join(line + b"\n" for line in exporter.lines(table)))
    checked = check(file, target=name)
    assert [one for one in found(checked) if checked.level(one[1]) == "error"] == []
    assert checked.rows == len(table) > 0


def broken(tmp_path: Path) -> list[Checked]:
    bad = said({"role": "user", "content": SECRET}, {"role": SECRET, "content": SECRET}, **{SECRET: SECRET})
    worse = said({"role": "user", "content": SECRET}, {**ANSWER, SECRET: SECRET, "weight": 0}, USER)
    file = written(tmp_path / "a,b:c.jsonl", bad, worse, SECRET, SECRET.encode(), {SECRET: SECRET})
    return [check(file, target=target) for target in ("openai", "trl", "llama-factory", "gemini", "trl-kto")]


@pytest.mark.parametrize("form", FORMATS)
def test_no_form_shows_a_word_of_the_file(form: str, tmp_path: Path) -> None:
    assert SECRET not in rendered(broken(tmp_path), form=form)


def test_annotations_name_file_and_line_with_signs_escaped(tmp_path: Path) -> None:
    lines = rendered(broken(tmp_path)[:1], form="github").splitlines()
    assert all(line.startswith(("::error file=", "::warning file=")) for line in lines)
    assert all("a%2Cb%3Ac.jsonl,line=" in line for line in lines)
    assert any(",line=4,title=file.json (openai)::" in line for line in lines)


def test_sarif_has_a_rule_for_each_result(tmp_path: Path) -> None:
    value = json.loads(rendered(broken(tmp_path), form="sarif"))
    (run,) = value["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert value["version"] == "2.1.0"
    assert {result["ruleId"] for result in run["results"]} == rules
    assert all(r["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1 for r in run["results"])


def test_junit_has_a_case_for_each_rule_and_a_failure_for_each_error(tmp_path: Path) -> None:
    files = broken(tmp_path)
    root = ET.fromstring(rendered(files, form="junit"))
    assert len(root.findall(".//testcase")) == sum(len(checked.rules) for checked in files)
    errors = [rule for checked in files for rule in checked.counts if checked.level(rule) == "error"]
    assert sorted(f.get("type", "") for f in root.findall(".//failure")) == sorted(errors)


def lines_of(files: Sequence[Checked], form: str) -> list[str]:
    return rendered(files, form=form).splitlines()


def test_text_says_what_to_do_and_counts(tmp_path: Path) -> None:
    (file,) = [check(written(tmp_path / "a.jsonl", *[said(USER, ANSWER, USER)] * 9), target="fireworks")]
    shown = lines_of([file], "text")
    assert shown[0].endswith(
        "a.jsonl:1,2,3,4,5 and 4 more: error[order.last-assistant] the last message is the answer to learn"
    )
    assert "`--fix` does: trim-end" in shown[1]
    assert "9 examples for fireworks, 9 errors" in shown[3]
