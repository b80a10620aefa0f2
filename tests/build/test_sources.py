"""Whole builds of what teams have: exports in archives, evaluation logs, dataset directories."""

import zipfile
from pathlib import Path

import datasets
import orjson
import pytest

import tuneset
from tuneset.core.errors import InputError

FIXTURES = Path(__file__).parents[1] / "connectors" / "fixtures"
FEEDBACK = {"id": "r6", "conversation_id": "conv-1", "rating": "thumbs_up", "user_id": "user-9"}


def project(folder: Path, path: str, **more: object) -> tuneset.Project:
    spec = {"name": "chats", "sources": [{"path": path, "name": "s", **more}], "export": []}
    (folder / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    return tuneset.open(folder)


def kept(build: tuneset.Build) -> list[dict]:
    return [row for table in build.kept() for row in table.to_pylist()]


def chatgpt_export(path: Path, feedback: object = (FEEDBACK,)) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("conversations.json", (FIXTURES / "chatgpt_conversations.json").read_bytes())
        made.writestr("message_feedback.json", orjson.dumps(list(feedback)))
        made.writestr("user.json", b'{"id": "user-9", "email": "owl@example.org"}')
        made.writestr("shared_conversations.json", b"[]")
        made.writestr("chat.html", b"<html></html>")


def test_a_chatgpt_export_is_read_as_it_was_downloaded(tmp_path: Path) -> None:
    chatgpt_export(tmp_path / "export.zip")
    build = project(tmp_path, "export.zip").build(workers=1)
    assert [source["path"] for source in build.summary["sources"]] == ["export.zip/conversations.json"]
    rated = {row["line"]: row["feedback"] for row in kept(build)}
    assert [orjson.loads(value) for value in rated.values() if value] == [{"rating": "thumbs_up"}]
    assert build.summary["read"] == 2


def test_ratings_beside_are_part_of_what_is_read(tmp_path: Path) -> None:
    chatgpt_export(tmp_path / "export.zip")
    first = project(tmp_path, "export.zip").build(workers=1)
    chatgpt_export(tmp_path / "export.zip", feedback=[{**FEEDBACK, "rating": "thumbs_down"}])
    second = project(tmp_path, "export.zip").build(workers=1)
    assert first.fingerprint != second.fingerprint
    assert any(row["feedback"] == '{"rating":"thumbs_down"}' for row in kept(second))


@pytest.mark.parametrize("path", ["export", "export/conversations.json", "export/*.json"])
def test_an_unpacked_export_gives_the_same(tmp_path: Path, path: str) -> None:
    chatgpt_export(tmp_path / "export.zip")
    packed = kept(project(tmp_path, "export.zip").build(workers=1))
    with zipfile.ZipFile(tmp_path / "export.zip") as made:
        made.extractall(tmp_path / "export")
    unpacked = kept(project(tmp_path, path).build(workers=1))
    assert [{**row, "file": ""} for row in unpacked] == [{**row, "file": ""} for row in packed]


def test_files_without_logs_are_named_aloud_and_others_still_stop_a_build(tmp_path: Path) -> None:
    chatgpt_export(tmp_path / "export.zip")
    said: list[str] = []
    project(tmp_path, "export.zip").plan(on_notice=said.append)
    assert "user.json" in said[0]
    with zipfile.ZipFile(tmp_path / "export.zip", "a") as made:
        made.writestr("strange.json", b'{"strange": {"things": 1}}')
    with pytest.raises(InputError) as problem:
        project(tmp_path, "export.zip").plan()
    assert problem.value.where == "export.zip/strange.json"


def test_open_webui_chats_are_built(tmp_path: Path) -> None:
    (tmp_path / "chats.json").write_bytes((FIXTURES / "openwebui_chats.json").read_bytes())
    build = project(tmp_path, "chats.json").build(workers=1)
    assert (build.summary["read"], build.summary["rejected"]) == (4, 0)
    assert sorted(row["kind"] for row in kept(build)) == ["corrected", *["production"] * 3]


def test_an_evaluation_log_is_built(tmp_path: Path) -> None:
    log = orjson.loads((FIXTURES / "inspect_log.jsonl").read_bytes())
    with zipfile.ZipFile(tmp_path / "run.eval", "w") as made:
        made.writestr("header.json", orjson.dumps({"eval": log["eval"]}))
        for sample in log["samples"]:
            made.writestr(f"samples/{sample['id']}_epoch_1.json", orjson.dumps(sample))
    build = project(tmp_path, "run.eval").build(workers=1)
    assert build.summary["sources"][0]["connector"] == "inspect-ai"
    assert build.summary["read"] == 2


def test_a_dataset_directory_is_built_however_it_is_cut(tmp_path: Path) -> None:
    datasets.disable_progress_bars()
    rows = [{"prompt": f"question {i}", "completion": f"answer {i}"} for i in range(30)]
    made = datasets.Dataset.from_list(rows)
    made.save_to_disk(str(tmp_path / "one"))
    made.save_to_disk(str(tmp_path / "three"), num_shards=3)
    one, three = (project(tmp_path, path).build(workers=1) for path in ("one", "three"))
    assert [row["origin_id"] for row in kept(one)] == [row["origin_id"] for row in kept(three)]
    assert one.summary["read"] == 30
