"""Packing: the same bytes each time, complete rows, nothing that must stay in the project."""

import hashlib
import os
import subprocess
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from release.handmade import SPLITS, handmade_spec, make_build
from tuneset.build.result import Build
from tuneset.core import registry
from tuneset.core.canonical import canonical_messages
from tuneset.core.errors import IntegrityError
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields
from tuneset.release.pack import Release, pack, read_release
from tuneset.release.sums import digest_of
from tuneset.store.workspace import Workspace

Made = tuple[Build, Workspace, Release]


def bytes_of(directory: Path) -> dict[str, bytes]:
    return {
        p.relative_to(directory).as_posix(): p.read_bytes()
        for p in sorted(directory.rglob("*"))
        if p.is_file()
    }


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    build, workspace = make_build(tmp_path_factory.mktemp("project"), hostile=frozenset({7, 40}))
    return build, workspace, pack(build, workspace=workspace)


def test_packing_again_changes_nothing(made: Made) -> None:
    build, workspace, release = made
    before = {path: path.stat().st_mtime_ns for path in release.dir.rglob("*")}
    assert pack(build, workspace=workspace).dir == release.dir
    assert {path: path.stat().st_mtime_ns for path in release.dir.rglob("*")} == before


@pytest.mark.parametrize("batch_rows", [1, 7, 64])
def test_the_size_of_batches_changes_no_byte(made: Made, batch_rows: int, tmp_path: Path) -> None:
    release = made[2]
    build, workspace = make_build(tmp_path, hostile=frozenset({7, 40}))
    again = pack(build, workspace=workspace, batch_rows=batch_rows)
    assert bytes_of(again.dir) == bytes_of(release.dir)


def test_how_logs_were_cut_into_parts_changes_no_row(made: Made, tmp_path: Path) -> None:
    build, workspace = make_build(tmp_path, hostile=frozenset({7, 40}), part_rows=5)
    again = bytes_of(pack(build, workspace=workspace).dir)
    for name, content in bytes_of(made[2].dir).items():
        if name.startswith(("data/", "targets/")):
            assert again[name] == content, name


def test_the_name_is_the_digest_of_the_sums_and_coreutils_agrees(made: Made) -> None:
    release = made[2]
    sums = (release.dir / "SHA256SUMS").read_text()
    assert release.dir.name == release.digest == digest_of(sums)
    assert release.digest == digest_of("".join(reversed(sums.splitlines(keepends=True))))
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=release.dir, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_kept_example_is_in_exactly_one_split_in_the_order_of_ids(made: Made) -> None:
    build, _, release = made
    wanted = {}
    for table in build.kept():
        wanted |= dict(
            zip(table.column("origin_id").to_pylist(), table.column("split").to_pylist(), strict=True)
        )
    found = {}
    for split in set(SPLITS):
        ids = [row["id"] for row in rows_of(release.dir / f"data/{split}.jsonl")]
        assert ids == sorted(ids)
        assert not found.keys() & {bytes.fromhex(i) for i in ids}
        found |= {bytes.fromhex(i): split for i in ids}
    assert found == wanted
    assert sum(release.manifest["splits"].values()) == len(wanted) == build.summary["kept"]


def test_the_content_id_can_be_recomputed_from_a_line(made: Made) -> None:
    release = made[2]
    told = {row["id"]: row["content_id"] for row in rows_of(release.dir / "provenance.jsonl")}
    for line in (release.dir / "data/train.jsonl").read_bytes().splitlines():
        rest = b"{" + line[line.index(b'"messages":[') :]
        digest = blake2b(rest, digest_size=16, person=b"tuneset:content").hexdigest()
        assert digest == told[orjson.loads(line)["id"]]


def test_parquet_holds_the_same_rows_as_text(made: Made) -> None:
    release = made[2]
    table = pq.read_table(release.dir / "data/train.parquet").to_pylist()
    rows = rows_of(release.dir / "data/train.jsonl")
    assert [row["id"] for row in rows] == [row["id"] for row in table]
    for row, cells in zip(rows, table, strict=True):
        assert orjson.loads(cells["messages"]) == row["messages"]
        assert (orjson.loads(cells["tools"]) if cells["tools"] else None) == row.get("tools")
        assert orjson.loads(cells["tags"]) == row["tags"]
        assert cells["multiplicity"] == row["multiplicity"]


def test_provenance_tells_where_each_example_comes_from_and_which_twins_it_stands_for(made: Made) -> None:
    build, _, release = made
    rows = rows_of(release.dir / "provenance.jsonl")
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    merged = {row["id"]: row["merged"] for row in rows}
    verdicts = build.verdicts(["origin_id", "kept_by"]).to_pylist()
    wanted = {v["origin_id"].hex(): v["kept_by"].hex() for v in verdicts if v["kept_by"]}
    assert {twin: kept for kept, twins in merged.items() for twin in twins} == wanted
    first = next(row for row in rows if row["merged"])
    assert first["operations"][-1] == {"stage": "redact", "action": "edit", "reason": "email"}
    assert {"file", "line", "source", "licence", "kind", "captured_at", "split", "cell"} <= first.keys()
    assert first["captured_at"].endswith("Z")
    assert first["multiplicity"] == 2


def test_several_examples_are_those_that_are_asked_for_one_by_one(made: Made) -> None:
    build = made[0]
    verdicts = build.verdicts(["origin_id", "row"])
    ids = verdicts.column("origin_id").to_pylist()
    found = build.examples([*reversed(ids), bytes(16), b"\xff" * 16])
    assert found.keys() == set(verdicts.filter(verdicts.column("row").is_valid())["origin_id"].to_pylist())
    for origin_id, example in found.items():
        assert example.to_pylist() == build.example(origin_id).to_pylist()
    assert build.examples([]) == {}


def test_hashes_of_people_and_conversations_stay_in_the_project(made: Made) -> None:
    build, _, release = made
    hashes = set()
    for table in build.kept():
        hashes |= {*table.column("user").to_pylist(), *table.column("conversation").to_pylist()}
    assert len(hashes) > 100
    everything = b"\n".join(
        content for name, content in bytes_of(release.dir).items() if not name.endswith("parquet")
    )
    assert not [value for value in hashes if value.encode() in everything]


def test_no_file_names_the_machine_the_project_or_the_day(made: Made) -> None:
    build, workspace, release = made
    for name, content in bytes_of(release.dir).items():
        assert str(workspace.root).encode() not in content, name
        assert os.uname().nodename.encode() not in content or len(os.uname().nodename) < 6, name
        assert build.fingerprint.encode() not in content, name


def test_exported_targets_parse_back_to_the_content_of_the_release(made: Made) -> None:
    release = made[2]
    connector = registry.load(registry.CONNECTORS, "openai-chat")()
    back = ExampleBuilder()
    lines = (release.dir / "targets/openai/train.jsonl").read_bytes().splitlines()
    for number, line in enumerate(lines):
        parsed = connector.parse(orjson.loads(line), back, fields=Fields())
        tools = orjson.dumps(parsed.tools).decode() if parsed.tools is not None else None
        back.finish(number.to_bytes(16, "big"), line=1, source="s", file="f", tools=tools)
    wanted = [
        {k: row[k] for k in ("messages", "tools") if k in row}
        for row in rows_of(release.dir / "data/train.jsonl")
    ]
    assert [simple(orjson.loads(line)) for line in canonical_messages(back.table())] == [
        simple(w) for w in wanted
    ]


def simple(conversation: dict[str, Any]) -> dict[str, Any]:
    """A list of one text part says the same as its text: the connector takes them for one."""
    for message in conversation["messages"]:
        match message["content"]:
            case [{"type": "text", "text": text}]:
                message["content"] = text
    return conversation


def test_rows_that_a_target_does_not_take_are_named_and_counted(made: Made) -> None:
    release = made[2]
    left_out = rows_of(release.dir / "targets/trl/left_out.jsonl")
    about = release.manifest["targets"]["trl"]
    assert sum(about["left_out"].values()) == len(left_out) == about["rules_broken"]["mask.not-honoured"] > 0
    for split, count in release.manifest["splits"].items():
        assert about["rows"][split] + about["left_out"].get(split, 0) == count
    assert release.manifest["targets"]["openai"]["status"] == "legacy"
    assert "2027-01-06" in (release.dir / "README.md").read_text()


def test_rows_left_out_are_named_split_by_split_whatever_the_batches(tmp_path: Path) -> None:
    build, workspace = make_build(tmp_path, count=160)
    release = pack(build, workspace=workspace, batch_rows=3)
    left_out = rows_of(release.dir / "targets/trl/left_out.jsonl")
    assert left_out == sorted(
        left_out, key=lambda row: (("train", "validation", "test").index(row["split"]), row["id"])
    )
    assert left_out != sorted(left_out, key=lambda row: row["id"])


class RowByRow:
    """An exporter as a plugin writes it: it offers lines and knows nothing of columns."""

    def __init__(self, ours: type) -> None:
        self._ours = ours()
        for name in ("name", "version", "status", "last_verified", "rules", "breaks", "lines", "side_files"):
            setattr(self, name, getattr(self._ours, name))


def test_an_exporter_that_sees_examples_writes_what_one_that_sees_columns_writes(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = registry.load

    def row_by_row(group: str, name: str) -> object:
        ours = load(group, name)
        return (lambda: RowByRow(ours)) if group == registry.EXPORTERS else ours

    monkeypatch.setattr(registry, "load", row_by_row)
    build, workspace = make_build(tmp_path, hostile=frozenset({7, 40}))
    again, before = bytes_of(pack(build, workspace=workspace).dir), bytes_of(made[2].dir)
    assert [name for name in before if "left_out" in name]
    for name, content in before.items():
        if name.startswith(("data/", "targets/", "provenance")):
            assert again[name] == content, name


def test_a_target_with_too_few_examples_says_so(tmp_path: Path) -> None:
    build, workspace = make_build(tmp_path, count=9)
    release = pack(build, workspace=workspace)
    assert release.manifest["targets"]["openai"]["file_rules_broken"] == ["file.min-examples"]
    assert "file.min-examples" in (release.dir / "README.md").read_text()


def test_a_split_without_examples_has_no_files_and_no_place_in_the_card(tmp_path: Path) -> None:
    build, workspace = make_build(tmp_path, count=6)
    release = pack(build, workspace=workspace)
    assert release.manifest["splits"] == {"train": 5, "validation": 0, "test": 0}
    assert [path.name for path in sorted((release.dir / "data").iterdir())] == [
        "train.jsonl",
        "train.parquet",
    ]
    assert "data/test.jsonl" not in (release.dir / "README.md").read_text()


@pytest.mark.parametrize("count", [6, 90])
def test_datasets_opens_the_directory_without_a_network(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    build, workspace = make_build(tmp_path, count=count)
    release = pack(build, workspace=workspace)
    loaded = datasets.load_dataset(str(release.dir), cache_dir=str(tmp_path / "hf"))
    assert {name: len(rows) for name, rows in loaded.items()} == {
        k: n for k, n in release.manifest["splits"].items() if n
    }
    first, row = loaded["train"][0], rows_of(release.dir / "data/train.jsonl")[0]
    assert first["messages"] == row["messages"]
    assert first["tags"] == row["tags"]


def test_a_plain_release_needs_no_new_version_of_datasets(tmp_path: Path) -> None:
    build, workspace = make_build(
        tmp_path, count=90, without=frozenset(n for n in range(90) if n % 5 == 0 or n % 9 == 3 or n % 11 == 5)
    )
    card = (pack(build, workspace=workspace).dir / "README.md").read_text()
    assert "json" not in card.partition("dataset_info:")[2].partition("---")[0]


def test_an_edit_after_signing_is_refused(tmp_path: Path) -> None:
    build, workspace = make_build(tmp_path)
    path = sorted((workspace.directory / "cache").rglob("examples.arrow"))[0]
    content = path.read_bytes()
    path.write_bytes(content.replace(b"has not come", b"has now come"))
    assert path.read_bytes() != content
    with pytest.raises(IntegrityError, match="changed after it was signed"):
        pack(build, workspace=workspace)
    assert list(workspace.releases.iterdir()) == []
    assert list(workspace.tmp.iterdir()) == []


def test_a_damaged_release_in_the_way_is_not_taken_for_the_same(made: Made, tmp_path: Path) -> None:
    build, workspace = make_build(tmp_path, hostile=frozenset({7, 40}))
    release = pack(build, workspace=workspace)
    sums = release.dir / "SHA256SUMS"
    sums.chmod(0o644)
    sums.write_text("0" * 64 + "  README.md\n")
    with pytest.raises(IntegrityError) as problem:
        pack(build, workspace=workspace)
    assert problem.value.code == "TS405"


def test_a_copy_elsewhere_has_the_same_bytes(made: Made, tmp_path: Path) -> None:
    build, workspace, release = made
    copy = pack(build, workspace=workspace, out=tmp_path / "share")
    assert copy.dir == tmp_path / "share" / release.digest
    assert bytes_of(copy.dir) == bytes_of(release.dir)
    assert pack(build, workspace=workspace, out=tmp_path / "share").dir == copy.dir


def test_a_release_reads_back_as_it_was_packed(made: Made) -> None:
    assert read_release(made[2].dir) == made[2]


def test_a_hostile_description_stays_text_in_the_card(tmp_path: Path) -> None:
    spec = handmade_spec(
        description="---\nlicense: mit\n| x | <img src=x> `y`", licence="a: [b", language=["en", "de"]
    )
    build, workspace = make_build(tmp_path, spec=spec, count=20)
    card = (pack(build, workspace=workspace).dir / "README.md").read_text()
    front, body = card.removeprefix("---\n").split("\n---\n", 1)
    from ruamel.yaml import YAML

    data = YAML(typ="safe").load(front)
    assert data["license"] == "other"
    assert data["license_name"] == "a: [b"
    assert data["language"] == ["en", "de"]
    assert "<img" not in body.replace("\\<img", "")


def test_the_sums_are_of_the_files_themselves(made: Made) -> None:
    release = made[2]
    for line in (release.dir / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((release.dir / name).read_bytes()).hexdigest() == digest
