"""A first spec from a look at logs: it loads, says what it saw, and overwrites nothing."""

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tuneset.build.scaffold import look, propose, spec_text, write
from tuneset.build.scaffold.write import _quoted
from tuneset.cli import app
from tuneset.core.errors import InputError, UsageError
from tuneset.core.specfile import parse_spec

INTENTS = ("refund", "invoice", "delivery")


def chat(count: int, *, turns: int = 1) -> Any:
    for i in range(count):
        messages = [
            message
            for turn in range(turns)
            for message in (
                {"role": "user", "content": f"Parcel {i} is late, step {turn}"},
                {"role": "assistant", "content": f"I look into parcel {i}, step {turn}, at once."},
            )
        ]
        yield {
            "id": f"c{i}",
            "messages": messages,
            "metadata": {
                "intent": INTENTS[i % 3],
                "session_token": f"t{i % 2}",
                "agent_name": ("Ada", "Bo")[i % 2],
            },
        }


def jsonl(path: Path, records: Any) -> Any:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def table(path: Path, rows: Any, head: Sequence[str]) -> Any:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def proposed(*logs: Any, root: Path, task: str | None = None) -> Any:
    return propose(look([str(path) for path in logs], root=root), name=None, task=task)


def spec_of(proposal: Any, root: Path) -> Any:
    return parse_spec(spec_text(proposal, directory=root), file="tuneset.yaml")


def test_the_written_spec_loads_and_reads_the_logs_that_were_shown(tmp_path: Path) -> None:
    logs = jsonl(tmp_path / "logs" / "chat.jsonl", chat(30))
    proposal = proposed(logs, root=tmp_path)
    spec = spec_of(proposal, tmp_path)
    (source,) = spec.sources
    assert (source.path, source.format, source.name) == ("logs/chat.jsonl", "openai-chat", "chat")
    assert spec.task == "instruction"


def one_turn(asked: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}


def test_edge_cases_become_a_factor_with_what_was_seen_of_them(tmp_path: Path) -> None:
    refused = one_turn("Give me his address.", "I'm sorry, but I can't share that.")
    logs = jsonl(tmp_path / "logs.jsonl", [*chat(20), refused, refused])
    proposal = proposed(logs, root=tmp_path)
    assert "factor: case, from case: of 22 read: 2 refusal" in proposal.said()
    factor = spec_of(proposal, tmp_path).coverage.factors["case"]
    assert (factor.origin, factor.default) == ("case", "typical")


def test_a_field_called_case_is_not_replaced_and_labels_have_no_cases(tmp_path: Path) -> None:
    records = [{**record, "case": ("hard", "plain")[i % 2]} for i, record in enumerate(chat(20))]
    proposal = proposed(jsonl(tmp_path / "logs.jsonl", records), root=tmp_path)
    cases = [idea.origin for idea in (*proposal.factors, *proposal.spare) if idea.name == "case"]
    assert cases == ["field:case"]
    labels = [[f"question {i}", ("yes", "no")[i % 2]] for i in range(20)]
    proposal = proposed(table(tmp_path / "b.csv", labels, ["text", "label"]), root=tmp_path)
    assert "case" not in {idea.name for idea in (*proposal.factors, *proposal.spare)}


def test_languages_and_running_text_are_proposed_where_there_are_any(tmp_path: Path) -> None:
    german = one_turn("Wo bleibt mein Paket, das am Montag kommen sollte?", "Es ist unterwegs.")
    article = one_turn("Old town", "The old town was founded near a river. Its walls were of stone. " * 14)
    proposal = proposed(jsonl(tmp_path / "logs.jsonl", [*chat(20), german, article]), root=tmp_path)
    ideas = {idea.name: idea.why for idea in (*proposal.factors, *proposal.spare)}
    assert ideas["language"] == "en 95%, de 5%"
    assert ideas["style"].startswith("5% are running text")
    plain = proposed(jsonl(tmp_path / "plain.jsonl", chat(20)), root=tmp_path)
    assert not {"language", "style"} & {idea.name for idea in (*plain.factors, *plain.spare)}


def test_a_field_with_few_values_becomes_a_factor_and_ids_and_people_do_not(tmp_path: Path) -> None:
    proposal = proposed(jsonl(tmp_path / "chat.jsonl", chat(30, turns=2)), root=tmp_path)
    factors = spec_of(proposal, tmp_path).coverage.factors
    assert factors["intent"].origin == "field:metadata.intent"
    assert factors["turns"].origin == "turns"
    assert not {"session_token", "agent_name"} & {idea.name for idea in (*proposal.factors, *proposal.spare)}


def test_few_distinct_short_answers_are_labels(tmp_path: Path) -> None:
    rows = [(f"where is parcel {i}", INTENTS[i % 3]) for i in range(60)]
    proposal = proposed(table(tmp_path / "t.csv", rows, ("text", "label")), root=tmp_path)
    spec = spec_of(proposal, tmp_path)
    assert spec.task == "classification"
    assert spec.output.labels == tuple(sorted(INTENTS))
    assert spec.coverage.factors["label"].origin == "label"


def test_labels_of_a_mere_sample_stay_a_comment_because_unseen_ones_would_be_dropped(tmp_path: Path) -> None:
    rows = [(f"where is parcel {i}", INTENTS[i % 3]) for i in range(3000)]
    logs = table(tmp_path / "t.csv", rows, ("text", "label"))
    proposal = propose(look([str(logs)], root=tmp_path, sample_records=10), name=None, task=None)
    assert proposal.labels
    assert not proposal.labels_complete
    assert spec_of(proposal, tmp_path).output.labels is None
    assert "only a sample was read" in " ".join(proposal.said())


def test_a_task_that_is_named_overrules_the_guess(tmp_path: Path) -> None:
    rows = [(f"where is parcel {i}", INTENTS[i % 3]) for i in range(60)]
    logs = table(tmp_path / "t.csv", rows, ("text", "label"))
    proposal = proposed(logs, root=tmp_path, task="instruction")
    assert spec_of(proposal, tmp_path).task == "instruction"
    assert proposal.labels == ()
    with pytest.raises(UsageError):
        proposed(logs, root=tmp_path, task="poetry")


def test_a_directory_of_several_formats_becomes_several_sources_that_share_no_file(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    jsonl(logs / "a.jsonl", chat(5))
    jsonl(logs / "b.jsonl", chat(5))
    jsonl(
        logs / "c.jsonl",
        [
            {"conversations": [{"from": "human", "value": f"hello {i}"}, {"from": "gpt", "value": f"hi {i}"}]}
            for i in range(5)
        ],
    )
    table(logs / "mail.csv", [(f"question {i}", INTENTS[i % 3]) for i in range(9)], ("text", "label"))
    spec = spec_of(proposed(logs, root=tmp_path), tmp_path)
    read = {source.path: source.format for source in spec.sources}
    assert read == {
        "logs/a.jsonl": "openai-chat",
        "logs/b.jsonl": "openai-chat",
        "logs/c.jsonl": "sharegpt",
        "logs/mail.csv": "classification",
    }
    assert len({source.title for source in spec.sources}) == 4


def test_a_file_that_nobody_can_read_is_left_out_and_named(tmp_path: Path) -> None:
    jsonl(tmp_path / "logs" / "a.jsonl", chat(5))
    jsonl(tmp_path / "logs" / "odd.jsonl", [{"colour": "blue"}])
    proposal = proposed(tmp_path / "logs", root=tmp_path)
    assert [seen.files for seen in proposal.sources] == [1]
    assert any("odd.jsonl: left out" in line for line in proposal.said())


def test_records_that_cannot_be_read_are_counted_aloud(tmp_path: Path) -> None:
    logs = jsonl(tmp_path / "a.jsonl", chat(5))
    logs.write_text(logs.read_text() + '{"messages": [\n')
    assert "  1 of them become no example: not-json" in proposed(logs, root=tmp_path).said()


def test_without_any_log_it_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        look([str(tmp_path / "nothing.jsonl")], root=tmp_path)


def test_the_schema_beside_the_spec_accepts_it(tmp_path: Path) -> None:
    proposal = proposed(jsonl(tmp_path / "chat.jsonl", chat(30)), root=tmp_path)
    write(proposal, tmp_path, force=False)
    document = YAML(typ="safe").load((tmp_path / "tuneset.yaml").read_text())
    schema = json.loads((tmp_path / "tuneset.schema.json").read_text())
    jsonschema.validate(document, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "surces": []}, schema)


def test_nothing_is_overwritten_unless_forced(tmp_path: Path) -> None:
    proposal = proposed(jsonl(tmp_path / "chat.jsonl", chat(30)), root=tmp_path)
    (tmp_path / "tuneset.yaml").write_text("mine\n")
    (tmp_path / ".gitignore").write_text("*.tmp")
    with pytest.raises(UsageError):
        write(proposal, tmp_path, force=False)
    assert (tmp_path / "tuneset.yaml").read_text() == "mine\n"
    assert not (tmp_path / "guidelines.md").exists()
    write(proposal, tmp_path, force=True)
    assert "name:" in (tmp_path / "tuneset.yaml").read_text()
    assert (tmp_path / ".gitignore").read_text() == "*.tmp\n.tuneset/\n"
    write(proposal, tmp_path, force=True)
    assert (tmp_path / ".gitignore").read_text() == "*.tmp\n.tuneset/\n"


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_any_name_survives_being_written_as_yaml(text: str) -> None:
    assert YAML(typ="safe").load(f"key: {_quoted(text)}")["key"] == text


def test_labels_that_look_like_yaml_stay_text(tmp_path: Path) -> None:
    labels = ("yes", "no", "1", "null", "a: b", "# c", "- d", "é")
    rows = [(f"where is parcel {i}", labels[i % 8]) for i in range(80)]
    proposal = proposed(table(tmp_path / "t.csv", rows, ("text", "label")), root=tmp_path)
    assert spec_of(proposal, tmp_path).output.labels == tuple(sorted(labels))


def test_the_command_writes_beside_the_logs_and_names_the_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    jsonl(tmp_path / "logs" / "chat.jsonl", chat(30))
    monkeypatch.chdir(tmp_path)
    assert app.run(["init", "logs/*.jsonl", "--name", "parcels"]) == 0
    out, err = capsys.readouterr()
    assert "logs/*.jsonl: openai-chat" in out
    assert "wrote tuneset.yaml" in out
    assert err.splitlines()[-1] == "next: tuneset plan"
    assert app.run(["spec", "check"]) == 0
    assert capsys.readouterr().out == "parcels: the spec is valid (instruction, 1 source)\n"


def test_with_json_the_command_prints_one_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    jsonl(tmp_path / "chat.jsonl", chat(30))
    monkeypatch.chdir(tmp_path)
    assert app.run(["init", "chat.jsonl", "--json"]) == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert (answer["schema_version"], answer["next"], err) == (1, "tuneset plan", "")
    assert answer["sources"][0]["connector"] == "openai-chat"


FOOTER = (
    "This message and what is attached to it are meant for the person named above; whoever received it by "
    "mistake should tell the sender otto.fuchs@example.org and delete it without reading or copying it."
)
HINT = (
    "We answer within two working days; on Sundays and on bank holidays nobody is there to read what you "
    "wrote, and in the week after Christmas only letters about gas, water and broken windows are opened."
)


def mails(tails: Sequence[str]) -> Any:
    for number, tail in enumerate(tails):
        asked = f"My parcel number {number} never came, can you look where it is? {tail}"
        answer = f"We are sorry about order {number}, another one is on its way to you since this morning."
        hello = [{"role": "user", "content": f"Hello, is anybody there at {number}?"}] * (number % 4)
        talk = [*hello, {"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
        yield {"messages": talk}


def test_a_passage_of_many_inputs_is_ignored_and_one_of_some_is_a_comment(tmp_path: Path) -> None:
    logs = jsonl(
        tmp_path / "mails.jsonl",
        mails([(FOOTER, FOOTER, HINT, "", "", FOOTER, "", "", "", "")[n % 10] for n in range(100)]),
    )
    proposal = proposed(logs, root=tmp_path)
    (ignored,) = spec_of(proposal, tmp_path).dedupe.ignore
    assert "is attached to it are meant for" in ignored
    assert "otto.fuchs" not in spec_text(proposal, directory=tmp_path)
    assert re.search(r'^    # - ".*in the week after', spec_text(proposal, directory=tmp_path), re.MULTILINE)
    assert [line for line in proposal.said() if "30% of the inputs: not compared" in line]


def test_a_passage_with_joined_emoji_is_what_the_spec_says(tmp_path: Path) -> None:
    team = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}"
    footer = FOOTER.replace("named above", f"named above {team}\N{SOFT HYPHEN}")
    (ignored,) = spec_of(
        proposed(jsonl(tmp_path / "a.jsonl", mails([footer] * 40)), root=tmp_path), tmp_path
    ).dedupe.ignore
    assert ignored.encode().count(team.encode()) == 1


def test_a_passage_of_few_inputs_is_not_proposed(tmp_path: Path) -> None:
    logs = jsonl(tmp_path / "mails.jsonl", mails([FOOTER if n < 9 else "" for n in range(100)]))
    assert "ignore" not in spec_text(proposed(logs, root=tmp_path), directory=tmp_path)


def test_empty_files_that_a_shell_names_beside_others_are_left_out_aloud(tmp_path: Path) -> None:
    full, empty = tmp_path / "full.jsonl", tmp_path / "empty.jsonl"
    full.write_text('{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello."}]}\n')
    empty.touch()
    found = look([str(empty), str(full)], root=tmp_path)
    assert [seen.source.path for seen in found.sources] == ["full.jsonl"]
    assert [(problem.where, problem.code) for problem in found.skipped] == [("empty.jsonl", "TS202")]
    with pytest.raises(InputError, match="the file is empty"):
        look([str(empty)], root=tmp_path)
