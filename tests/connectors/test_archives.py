"""Zip archives and evaluation logs: read where they lie, within limits, and nothing leads out of them."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.reading import Reading, chat, read_file
from tuneset.connectors import archive
from tuneset.connectors.files import SourceFile, discover
from tuneset.connectors.limits import Limits
from tuneset.connectors.parts import digest, file_digest, split
from tuneset.connectors.streams import Truncated, blocks
from tuneset.core.errors import InputError
from tuneset.core.spec import Source

GOOD = orjson.dumps(chat())
LINES = b"\n".join(orjson.dumps(chat(f"question {i}")) for i in range(50))
MANY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
SAMPLE = {
    "id": 1,
    "epoch": 1,
    "target": "4",
    "messages": [{"role": "user", "content": "2+2"}, {"role": "assistant", "content": "4"}],
}


def packed(path: Path, files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def found(folder: Path, path: str, **more: float) -> list[SourceFile]:
    return discover(Source(path=path, **more), root=folder)


def refused(folder: Path, path: str, **more: float) -> InputError:
    with pytest.raises(InputError) as problem:
        found(folder, path, **more)
    return problem.value


def read(folder: Path, file: SourceFile) -> bytes:
    part = split(file)[0]
    return b"".join(blocks(part.path, compression=part.compression, member=part.member, limits=part.limits))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_each_member_is_a_file_of_its_own(tmp_path: Path, method: int) -> None:
    files = {"b/two.jsonl": LINES, "one.json": b"[" + GOOD + b"]", "chat.html": b"<html>", "empty.jsonl": b""}
    packed(tmp_path / "export.zip", files, method=method)
    seen = found(tmp_path, "export.zip")
    assert [(f.relative, f.kind, f.compression) for f in seen] == [
        ("export.zip/b/two.jsonl", "jsonl", "zip"),
        ("export.zip/one.json", "json-array", "zip"),
    ]
    assert [read(tmp_path, f) for f in seen] == [LINES, b"[" + GOOD + b"]"]


def test_a_path_may_lead_into_an_archive(tmp_path: Path) -> None:
    packed(tmp_path / "export.zip", {"a.json": GOOD, "b.json": GOOD, "c.zip": b"PK"})
    assert [f.relative for f in found(tmp_path, "export.zip/a.json")] == ["export.zip/a.json"]
    assert len(found(tmp_path, "export.zip/*.json")) == 2
    assert len(found(tmp_path, "*.zip/*.json")) == 2
    assert refused(tmp_path, "export.zip/nothing*").code == "TS201"
    assert refused(tmp_path, "export.zip/c.zip").code == "TS203"


def test_a_directory_that_is_called_like_an_archive_is_a_directory(tmp_path: Path) -> None:
    (tmp_path / "export.zip").mkdir()
    (tmp_path / "export.zip" / "a.jsonl").write_bytes(GOOD)
    assert [f.relative for f in found(tmp_path, "export.zip/a.jsonl")] == ["export.zip/a.jsonl"]


def test_archives_in_a_directory_are_read(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_bytes(GOOD)
    packed(tmp_path / "logs" / "b.zip", {"c.jsonl": GOOD})
    assert [f.relative for f in found(tmp_path, "logs")] == ["logs/a.jsonl", "logs/b.zip/c.jsonl"]


@pytest.mark.parametrize(
    "name", ["more.zip", "logs.jsonl.gz", "logs.tar", "x/logs.TGZ", "a.7z", "table.parquet", "run.eval"]
)
def test_archives_in_archives_are_refused_unless_they_are_not_asked_for(tmp_path: Path, name: str) -> None:
    packed(tmp_path / "export.zip", {"a.json": GOOD, name: b"whatever"})
    problem = refused(tmp_path, "export.zip")
    assert problem.code == "TS203"
    assert "export.zip/*.json" in (problem.fix or "")
    assert len(found(tmp_path, "export.zip/a.json")) == 1


@pytest.mark.parametrize(
    "name",
    ["../evil.json", "a/../../evil.json", "/etc/evil.json", "C:/evil.json", "..\\evil.json", "a\nb.json"],
)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    packed(tmp_path / "export.zip", {"good.json": GOOD, name: GOOD})
    assert refused(tmp_path, "export.zip").code == "TS203"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["export.zip"]


def test_a_link_is_refused_where_a_log_should_be_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_bytes(GOOD)
    for name, refused_for in (("a.json", True), ("latest", False)):
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as made:
            made.writestr("good.json", GOOD)
            link = zipfile.ZipInfo(name)
            link.external_attr = 0o120777 << 16
            made.writestr(link, "../secret.json")
        if refused_for:
            assert "a link" in refused(tmp_path, path.name).what
        else:
            assert [file.name for file in found(tmp_path, path.name)] == ["good.json"]


def test_names_written_on_windows_are_folders(tmp_path: Path) -> None:
    packed(tmp_path / "export.zip", {"logs\\a.json": GOOD})
    assert [f.relative for f in found(tmp_path, "export.zip")] == ["export.zip/logs/a.json"]


def test_what_a_file_manager_adds_is_not_read(tmp_path: Path) -> None:
    packed(tmp_path / "export.zip", {"a.json": GOOD, "__MACOSX/._a.json": b"\0\5", ".hidden.json": b"{"})
    assert len(found(tmp_path, "export.zip")) == 1


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"[Content_Types].xml": b"<x/>", "xl/a.json": GOOD}, "spreadsheet"),
        ({"photo.png": b"x"}, "no file of a known kind"),
        ({}, "no file of a known kind"),
    ],
)
def test_an_archive_without_logs_is_refused(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    packed(tmp_path / "export.zip", files)
    assert words in refused(tmp_path, "export.zip").what


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "export.zip", {"a.json": GOOD})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    assert "encrypted" in refused(tmp_path, "export.zip").what


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_rare_compression_is_refused(tmp_path: Path, method: int) -> None:
    packed(tmp_path / "export.zip", {"a.json": GOOD}, method=method)
    assert refused(tmp_path, "export.zip").code == "TS203"


class TestBombs:
    """Against files made to fill a disk or a memory."""

    def test_an_archive_that_says_so_is_refused_before_it_is_inflated(self, tmp_path: Path) -> None:
        packed(tmp_path / "bomb.zip", {"a.jsonl": b" " * (300 << 20)})
        problem = refused(tmp_path, "bomb.zip")
        assert problem.code == "TS207"
        assert "max_unpacked_ratio" in (problem.fix or "")
        assert found(tmp_path, "bomb.zip", max_unpacked_ratio=2000)

    def test_many_small_ones_count_together(self, tmp_path: Path) -> None:
        packed(tmp_path / "bomb.zip", {f"{i}.jsonl": bytes(60 << 20) for i in range(6)})
        assert refused(tmp_path, "bomb.zip").code == "TS207"

    def test_the_total_is_limited_and_named(self, tmp_path: Path) -> None:
        packed(tmp_path / "big.zip", {"a.jsonl": LINES}, method=zipfile.ZIP_STORED)
        problem = refused(tmp_path, "big.zip", max_unpacked_gib=1e-6)
        assert problem.code == "TS207"
        assert "max_unpacked_gib" in (problem.fix or "")

    def test_members_that_share_their_bytes_count_each(self, tmp_path: Path) -> None:
        """As in the bomb of David Fifield, which overlaps its files."""
        path = packed(tmp_path / "bomb.zip", {f"{i}.jsonl": bytes(80 << 20) for i in range(4)})
        raw = bytearray(path.read_bytes())
        first = raw.index(b"PK\x01\x02")
        offset = raw[first + 42 : first + 46]
        at = first
        for _ in range(4):
            raw[at + 42 : at + 46] = offset
            at = raw.find(b"PK\x01\x02", at + 4)
        path.write_bytes(raw)
        assert refused(tmp_path, "bomb.zip").code == "TS207"

    def test_a_member_that_holds_more_than_it_says_is_read_as_far_as_it_says(self, tmp_path: Path) -> None:
        path = packed(tmp_path / "liar.zip", {"a.jsonl": bytes(5 << 20)})
        path.write_bytes(path.read_bytes().replace(struct.pack("<I", 5 << 20), struct.pack("<I", 2 << 20)))
        [member] = archive.members(str(path), relative="liar.zip")
        sizes: list[int] = []
        with pytest.raises(archive.Damaged):
            sizes.extend(len(block) for block in archive.content(str(path), member))
        assert sum(sizes) <= 2 << 20

    @pytest.mark.parametrize("suffix", ["gz", "zst"])
    def test_a_compressed_file_keeps_to_the_same_limits(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"logs.jsonl.{suffix}"
        pack: Callable[[bytes], bytes] = {
            "gz": lambda raw: gzip.compress(raw, 1),
            "zst": lambda raw: pa.compress(raw, "zstd", asbytes=True),
        }[suffix]
        path.write_bytes(pack(LINES * 20))
        [file] = found(tmp_path, path.name)
        assert read(tmp_path, file) == LINES * 20
        with pytest.raises(InputError) as problem:
            read(tmp_path, *found(tmp_path, path.name, max_unpacked_gib=len(LINES) / 2**30))
        assert "max_unpacked_gib" in (problem.value.fix or "")

    def test_limits_are_no_part_of_what_is_read(self) -> None:
        assert Limits(ratio=2).allowed(1) == 256 << 20
        assert Limits(total=5).allowed(1 << 40) == 5


def test_zstandard_members_are_read(tmp_path: Path) -> None:
    """Python 3.11 writes none, so one is made of a stored member."""
    content = LINES * 30
    frames = b"".join(pa.compress(half, "zstd", asbytes=True) for half in (content[:500], content[500:]))
    path = packed(tmp_path / "export.zip", {"a.jsonl": frames}, method=zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    for at, method, crc in ((0, 8, 14), (raw.index(b"PK\x01\x02"), 10, 16)):
        struct.pack_into("<H", raw, at + method, 93)
        struct.pack_into("<I", raw, at + crc, zlib.crc32(content))
        struct.pack_into("<I", raw, at + crc + 8, len(content))
    path.write_bytes(raw)
    [file] = found(tmp_path, "export.zip")
    assert read(tmp_path, file) == content


def test_damage_inside_costs_what_comes_after_it(tmp_path: Path) -> None:
    path = packed(tmp_path / "export.zip", {"a.jsonl": LINES})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") - 40] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(Truncated):
        read(tmp_path, *found(tmp_path, "export.zip"))


@MANY
@given(data=st.data())
def test_damaged_archives_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("a.jsonl", LINES[:700])
        zipped.writestr("b/c.json", b"[" + GOOD + b"]")
    raw = bytearray(made.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(raw), len(raw), len(raw) // 2, len(raw) - 3]))
    path = tmp_path / "export.zip"
    path.write_bytes(raw[:cut])
    try:
        for file in found(tmp_path, "export.zip"):
            for part in split(file):
                digest(part)
            read(tmp_path, file)
    except (InputError, Truncated):
        pass


def test_a_digest_follows_the_content_and_not_the_archive(tmp_path: Path) -> None:
    packed(tmp_path / "one.zip", {"a.jsonl": LINES})
    packed(tmp_path / "two.zip", {"z.jsonl": GOOD, "b.jsonl": LINES})
    [one] = found(tmp_path, "one.zip")
    [b, z] = sorted(found(tmp_path, "two.zip"), key=lambda file: file.relative)
    assert digest(split(one)[0]) == digest(split(b)[0]) != digest(split(z)[0])
    assert file_digest(one) == file_digest(b) != file_digest(z)


class TestEvalLogs:
    def _log(self, path: Path, *, samples: int = 3, header: str = "header.json") -> Path:
        files = {"_journal/start.json": b"{}", header: orjson.dumps({"eval": {"task": "sums", "model": "m"}})}
        for i in range(samples):
            files[f"samples/{i}_epoch_1.json"] = orjson.dumps({**SAMPLE, "id": i})
        files["summaries.json"] = b"[]"
        return packed(path, files)

    def _read(self, path: Path, **options: int) -> Reading:
        return read_file(path, **options)

    def test_each_sample_is_a_record_with_the_header(self, tmp_path: Path) -> None:
        reading = self._read(self._log(tmp_path / "run.eval"))
        assert reading.lines == [1, 2, 3]
        assert [reading.extra(row)["id"] for row in range(3)] == [0, 1, 2]
        assert reading.extra()["eval"] == {"task": "sums", "model": "m"}
        assert reading.column("model") == ["m"] * 3

    def test_how_it_is_cut_changes_nothing(self, tmp_path: Path) -> None:
        path = self._log(tmp_path / "run.eval", samples=20)
        [file] = found(tmp_path, "run.eval")
        assert len(split(file, part_bytes=200)) > 3
        cut = self._read(path, part_bytes=200, batch_rows=2)
        whole = self._read(path)
        assert cut.table.to_pylist() == whole.table.to_pylist()

    def test_the_header_counts_as_content(self, tmp_path: Path) -> None:
        self._log(tmp_path / "a.eval")
        self._log(tmp_path / "b.eval", header="summaries.json")
        [a], [b] = found(tmp_path, "a.eval"), found(tmp_path, "b.eval")
        assert digest(split(a)[0]) != digest(split(b)[0])

    def test_a_running_log_has_its_header_in_the_journal(self, tmp_path: Path) -> None:
        start = orjson.dumps({"eval": {"task": "t", "model": "m"}})
        packed(
            tmp_path / "run.eval",
            {"_journal/start.json": start, "samples/1_epoch_1.json": orjson.dumps(SAMPLE)},
        )
        assert self._read(tmp_path / "run.eval").extra()["eval"]["task"] == "t"

    def test_a_sample_in_pieces_is_the_sample_that_it_would_be_as_one(self, tmp_path: Path) -> None:
        said = [
            {"role": "user", "content": "attachment://1"},
            {"role": "assistant", "content": "unused branch"},
            {"role": "assistant", "content": "4"},
            {"role": "user", "content": "and times 3?"},
            {"role": "assistant", "content": "12"},
        ]
        shell = {
            "id": 7,
            "epoch": 1,
            "target": "12",
            "message_refs": [[0, 1], [2, 5]],
            "scores": {"match": {"value": "C"}},
        }
        folder = "samples/7_epoch_1"
        files = {
            "header.json": orjson.dumps({"eval": {"task": "sums", "model": "m"}}),
            f"{folder}/sample.json": orjson.dumps(shell),
            f"{folder}/metadata.json": b'{"level": "easy"}',
            f"{folder}/messages/2.json": orjson.dumps(said[2:4]),
            f"{folder}/messages/0.json": orjson.dumps(said[:2]),
            f"{folder}/messages/4.json": orjson.dumps(said[4:]),
            f"{folder}/attachments/0.json": orjson.dumps(["not asked for"]),
            f"{folder}/attachments/1.json": orjson.dumps(["What is 2+2?", "neither"]),
            f"{folder}/events/0.json": b"[]",
            f"{folder}/skeleton.json": b"{}",
        }
        as_one = {
            **shell,
            "messages": [said[0] | {"content": "What is 2+2?"}, *said[2:]],
            "metadata": {"level": "easy"},
        }
        del as_one["message_refs"]
        pieces = read_file(packed(tmp_path / "pieces.eval", files))
        one = {"header.json": files["header.json"], f"{folder}.json": orjson.dumps(as_one)}
        whole = read_file(packed(tmp_path / "one.eval", one))
        assert pieces.messages == whole.messages
        for column in ("conversation", "feedback", "extra", "model"):
            assert pieces.column(column) == whole.column(column)
        changed = {**files, f"{folder}/attachments/1.json": orjson.dumps(["What is 3+3?", "neither"])}
        packed(tmp_path / "changed.eval", changed)
        [a], [b] = found(tmp_path, "pieces.eval"), found(tmp_path, "changed.eval")
        assert digest(split(a)[0]) != digest(split(b)[0])

    @pytest.mark.parametrize(
        ("refs", "messages", "reason"),
        [
            ([[0, 10**9]], b"[]", "line-too-long"),
            ([[0, 900]] * 900, b"[]", "line-too-long"),
            ([[0, 2]], b'[{"role": "user", "content": "x"}]', "unknown-shape"),
            ([[2, 1]], b"[]", "unknown-shape"),
            ("all", b"[]", "unknown-shape"),
            ([[0, 1]], b"{}", "unknown-shape"),
            ([[0, 1]], b"[", "not-json"),
            ([[0, 1]], b"[" * 2000 + b"1" + b"]" * 2000, "not-json"),
            ([[0, 1]], b"[" * 300 + b"1" + b"]" * 300, "too-deep"),
            ([[0, 1]] * 100, b'["' + b"x" * 1000 + b'"]', "line-too-long"),
            ([[0, 1]], b'["attachment://3"]', "unknown-shape"),
            ([], b"[]", "no-messages"),
        ],
    )
    def test_pieces_that_do_not_fit_cost_their_sample(
        self, tmp_path: Path, refs: object, messages: bytes, reason: str
    ) -> None:
        files = {
            "header.json": b"{}",
            "samples/1_epoch_1/sample.json": orjson.dumps({"id": 1, "epoch": 1, "message_refs": refs}),
            "samples/1_epoch_1/messages/0.json": messages,
            "samples/2_epoch_1.json": orjson.dumps(SAMPLE),
        }
        reading = read_file(
            packed(tmp_path / "run.eval", files), connector="inspect-ai", max_record_bytes=20_000
        )
        assert (reading.rejects, reading.lines) == ([(1, reason)], [2])

    def test_samples_that_cannot_be_read_are_rejected_one_by_one(self, tmp_path: Path) -> None:
        files = {
            "header.json": b"not json",
            "samples/1_epoch_1.json": orjson.dumps(SAMPLE),
            "samples/2_epoch_1/sample.json": orjson.dumps(SAMPLE),
            "samples/2_epoch_1/messages/0.json": b"[]",
            "samples/3_epoch_1.json": b"{",
            "samples/4_epoch_1.json": orjson.dumps({**SAMPLE, "metadata": "x" * 4000}),
        }
        reading = read_file(packed(tmp_path / "run.eval", files), max_record_bytes=2000)
        assert reading.rejects == [(2, "no-messages"), (3, "not-json"), (4, "line-too-long")]
        assert reading.lines == [1]

    def test_a_log_that_never_began_is_empty(self, tmp_path: Path) -> None:
        self._log(tmp_path / "a.eval", samples=0)
        assert refused(tmp_path, "a.eval").code == "TS202"
        self._log(tmp_path / "b.eval")
        assert [f.relative for f in found(tmp_path, "*.eval")] == ["b.eval"]

    def test_it_is_known_by_what_is_in_it(self, tmp_path: Path) -> None:
        self._log(tmp_path / "run.zip")
        assert [f.kind for f in found(tmp_path, "run.zip")] == ["eval-log"]


def test_the_list_of_members_keeps_the_last_of_one_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("a.json", b"old")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("a.json", GOOD)
    [member] = archive.members(str(tmp_path / "a.zip"), relative="a.zip")
    assert archive.whole(str(tmp_path / "a.zip"), member) == GOOD
