"""A fake identifier goes through every way in which things can fail; nothing printed or kept may show it.

Texts of kept examples are kept, of course: there the identifier stands in a form that redaction must find.
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from terminal import Said, here
from tuneset.cli import app, failures
from tuneset.core.example import EXAMPLES, ExampleBuilder
from tuneset.core.stage import Staged
from tuneset.engine.executor import PoolExecutor
from tuneset.engine.poison import run_stage

CANARY = "quillfeather40417"
MAIL = f"{CANARY}@example.com"
LABELS = ("refund", "invoice")


def chat(question: object, answer: object, **fields: object) -> dict[str, object]:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": turns, **fields}


def good(count: int) -> Iterator[dict[str, object]]:
    """Examples that are kept; the identifier stands where redaction or hashing must take it out."""
    things = [
        "kettle",
        "lamp",
        "desk",
        "radio",
        "scarf",
        "clock",
        "tent",
        "drum",
        "sofa",
        "pan",
        "bike",
        "vase",
    ]
    for i in range(count):
        thing, other = things[i % 11], things[(i * 5 + 1) % 11]
        yield chat(
            f"My {thing} from order {1000 + 37 * i} came late, write to {MAIL} about the {other}",
            LABELS[i % 2],
            user_id=CANARY,
            conversation_id=f"{CANARY}-{i}",
            metadata={"contact": MAIL},
        )


BAD_LINES = (
    json.dumps(chat(CANARY, "refund"))[:-9],
    json.dumps(CANARY),
    json.dumps([CANARY]),
    json.dumps({"messages": CANARY}),
    json.dumps({"messages": [CANARY]}),
    json.dumps({"messages": [{"role": CANARY, "content": "x"}]}),
    json.dumps(chat(7.5, CANARY)),
    json.dumps(chat({"text": CANARY}, "refund")),
    json.dumps(chat("hello", "refund", tools=CANARY)),
    json.dumps({"messages": [{"role": "user", "content": "x"},
                             {"role": "assistant", "content": None, "tool_calls": [CANARY]}]}),
    json.dumps(chat(f"{CANARY} asks", f"{CANARY} gets another label")),
    json.dumps(chat(f"{CANARY} asks again", "")),
    json.dumps(chat(f"{CANARY} asks for long", "refund", finish_reason="length")),
    json.dumps(chat("the drum of order 9 is late", "refund", created=MAIL)),
)  # fmt: skip


def table() -> str:
    out = io.StringIO()
    rows = [("question", "answer"), (CANARY, "refund", CANARY), (CANARY,), ("late parcel", CANARY)]
    csv.writer(out).writerows(rows)
    return out.getvalue() + f'"{CANARY} never closed\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("canary")
    lines = [json.dumps(record) for record in good(60)]
    text = "\n".join([*lines[:30], *BAD_LINES, *lines[30:]]).encode()
    (root / "chat.jsonl").write_bytes(text + b'\n{"messages": "\xff' + CANARY.encode() + b'"}\n')
    (root / "mail.csv").write_text(table())
    (root / "tuneset.yaml").write_text(
        "name: canary\ntask: classification\nsources:\n  - {path: chat.jsonl}\n"
        "  - {path: mail.csv, fields: {prompt: question, completion: answer}}\n"
        f"output: {{labels: [{', '.join(LABELS)}]}}\n"
        "coverage: {factors: {label: {from: label}}}\n"
    )
    return root


@pytest.fixture(scope="module")
def built(project: Path) -> Said:
    return here("--debug", "build", "--workers", "1", cwd=project)


def kept_bytes(directory: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below, and for compressed columns what is in them."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()
            if path.suffix == ".parquet":
                yield path, str(pq.read_table(path).to_pylist()).encode()
            if path.suffix == ".arrow":
                with pa.memory_map(str(path)) as source:
                    yield path, str(pa.ipc.open_file(source).read_all().to_pylist()).encode()


def leaks(directory: Path) -> list[str]:
    return sorted({path.name for path, data in kept_bytes(directory) if CANARY.encode() in data})


def test_a_build_prints_nothing_of_a_bad_record(built: Said) -> None:
    assert built.status == 0
    assert "rejected because of" in built.out
    assert CANARY not in built.all


def test_nothing_of_a_bad_record_is_kept_anywhere_in_the_workspace(project: Path, built: Said) -> None:
    assert built.status == 0
    rejects = (project / ".tuneset" / "builds").rglob("rejects.jsonl")
    assert len(next(rejects).read_text().splitlines()) >= 10
    assert leaks(project / ".tuneset") == []


def test_no_command_shows_it(project: Path, built: Said) -> None:
    assert built.status == 0
    commands = [("plan",), ("status",), ("status", "--json"), ("doctor",), ("spec", "check", "--json")]
    commands += [("explain", f"chat.jsonl:{line}", "--show-text") for line in (1, 31, 34, 41, 43)]
    commands += [("explain", f"mail.csv:{line}") for line in (2, 3, 4, 5)]
    for command in commands:
        said = here(*command, cwd=project)
        assert said.status in (0, 2), command
        assert CANARY not in said.all, command


def test_a_release_and_a_damaged_release_do_not_show_it(project: Path, built: Said) -> None:
    assert built.status == 0
    released = here("release", "--workers", "1", "--json", cwd=project)
    assert released.status == 0, released.err
    release = Path(released.json["dir"])
    assert CANARY not in released.all
    assert leaks(release) == []
    damaged = release / "data" / "train.jsonl"
    damaged.chmod(0o644)
    damaged.write_text(damaged.read_text().replace("kettle", CANARY))
    said = here("verify", release, cwd=project)
    assert said.status == 1
    assert "data/train.jsonl" in said.out
    assert CANARY not in said.all


@pytest.mark.parametrize(
    "lines",
    [
        f"dedupe: {{near_jaccard: {CANARY}}}",
        f"task: {CANARY}",
        f"split: {{test: {CANARY}}}",
        f"redact: {{custom: [{{name: x, pattern: '({CANARY}'}}]}}",
        f"language: {{a: {CANARY}}}",
        f"export: [{CANARY}",
        f"coverage: {{factors: {{a: {{values: [b]}}}}, cells: [{{where: {{a: {CANARY}}}}}]}}",
        f"output: {{labels: {CANARY}}}",
        f"surces: {CANARY}",
    ],
)
def test_an_error_in_the_spec_does_not_quote_the_value(
    lines: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tuneset.yaml").write_text(f"name: canary\nsources: [{{path: chat.jsonl}}]\n{lines}\n")
    status = app.run(["spec", "check", str(tmp_path)])
    out, err = capsys.readouterr()
    assert (status, out) == (3, "")
    assert "error[TS1" in err
    assert CANARY not in err


def test_a_schema_that_answers_break_does_not_quote_them(tmp_path: Path) -> None:
    answers = [json.dumps({"name": CANARY}), CANARY, json.dumps({"kind": CANARY}), '{"kind": "a"}']
    records = [json.dumps(chat(f"which kind is thing {i}", answer)) for i, answer in enumerate(answers)]
    (tmp_path / "chat.jsonl").write_text("\n".join(records) + "\n")
    schema = {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["a"]}},
              "additionalProperties": False}  # fmt: skip
    (tmp_path / "answer.json").write_text(json.dumps(schema))
    (tmp_path / "tuneset.yaml").write_text(
        "name: canary\nsources: [{path: chat.jsonl}]\noutput: {schema: answer.json}\n"
    )
    said = here("build", "--workers", "1", cwd=tmp_path)
    assert said.status == 0, said.err
    assert "labels/output-breaks-schema" in said.out
    assert CANARY not in said.all
    assert leaks(tmp_path / ".tuneset") == []


class _Breaks:
    """A stage that quotes what it cannot digest."""

    name = "breaks"
    version = 1

    def identity(self) -> object:
        return None

    def __call__(self, examples: pa.Table) -> Staged:
        raise ValueError(f"cannot digest {examples.column('output').to_pylist()}")


def test_a_stage_that_raises_leaves_a_reject_without_text() -> None:
    builder = ExampleBuilder()
    builder.message("user", CANARY)
    builder.message("assistant", CANARY)
    builder.finish(bytes(16), line=1, source="s", file="f")
    ran = run_stage(_Breaks(), builder.table())
    told = [entry for entry in ran if isinstance(entry, pa.Table) and entry.schema != EXAMPLES]
    assert any(len(entry) for entry in told)
    assert CANARY not in str([entry.to_pylist() for entry in told])


def test_a_worker_that_raises_is_told_without_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    with PoolExecutor(2) as pool, pytest.raises(ValueError, match=CANARY) as caught:
        pool.map(int, ["1", CANARY])
    status = failures.tell(caught.value, arguments=["--debug"])
    out, err = capsys.readouterr()
    assert status == 5
    assert "ValueError" in err
    assert CANARY not in out + err
