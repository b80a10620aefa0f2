"""Files that are what they were are not read again; whatever else happened to them, they are."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from tuneset.store import cache as store_cache
from tuneset.store.cache import STAMPS, Cache
from tuneset.store.unchanged import FILE, Read, running, stamp_of
from tuneset.store.workspace import Workspace

needs_name = pytest.mark.skipif(not running(), reason="the system does not name the time since its start")


def _settled(path: Path, content: bytes) -> Path:
    """A file that was written long enough ago to be told from one that is written now."""
    path.write_bytes(content)
    time.sleep(0.06)
    return path


def _asked(read: Read, path: Path) -> tuple[str, int]:
    """Its digest, and how often the file was read for it."""
    calls: list[str] = []

    def compute() -> str:
        calls.append(path.read_bytes().hex())
        return calls[-1]

    return read.digest(str(path), "whole", compute), len(calls)


def _again(directory: Path, read: Read) -> Read:
    read.save(directory)
    return Read.load(directory)


def test_a_file_that_is_as_it_was_is_not_read(tmp_path: Path) -> None:
    path, read = _settled(tmp_path / "log", b"one"), Read.load(tmp_path)
    assert _asked(read, path) == (b"one".hex(), 1)
    read = _again(tmp_path, read)
    assert _asked(read, path) == (b"one".hex(), 0)
    assert _asked(_again(tmp_path, read), path) == (b"one".hex(), 0)


def _rewritten(path: Path) -> None:
    path.write_bytes(b"two")


def _with_its_old_time(path: Path) -> None:
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replaced(path: Path) -> None:
    before = path.stat()
    other = path.with_suffix(".new")
    other.write_bytes(b"two")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("change", [_rewritten, _with_its_old_time, _replaced])
def test_a_file_of_the_same_length_that_changed_is_read(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path, read = _settled(tmp_path / "log", b"one"), Read.load(tmp_path)
    _asked(read, path)
    read = _again(tmp_path, read)
    change(path)
    assert _asked(read, path) == (b"two".hex(), 1)


def test_a_file_that_was_written_just_now_is_read_again(tmp_path: Path) -> None:
    path, read = tmp_path / "log", Read.load(tmp_path)
    path.write_bytes(b"one")
    _asked(read, path)
    assert _asked(_again(tmp_path, read), path)[1] == 1


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path, read = _settled(tmp_path / "log", b"one"), Read.load(tmp_path)
    read.digest(str(path), "whole", lambda: str(path.write_bytes(b"two")))
    assert _asked(_again(tmp_path, read), path) == (b"two".hex(), 1)


def test_parts_of_a_file_are_told_apart(tmp_path: Path) -> None:
    path, read = _settled(tmp_path / "log", b"one"), Read.load(tmp_path)
    assert [read.digest(str(path), what, lambda what=what: what) for what in ("0 1", "1 3")] == ["0 1", "1 3"]
    read = _again(tmp_path, read)
    assert [read.digest(str(path), what, str) for what in ("0 1", "1 3")] == ["0 1", "1 3"]


@pytest.mark.parametrize("damage", [b"", b"[1]", b'{"whole log": 3}', b'{"whole log": [[1], 2, 3]}', b"\xff"])
def test_what_cannot_be_read_of_earlier_builds_is_forgotten(tmp_path: Path, damage: bytes) -> None:
    path, read = _settled(tmp_path / "log", b"one"), Read.load(tmp_path)
    _asked(read, path)
    read.save(tmp_path)
    (tmp_path / FILE).write_bytes(damage)
    assert _asked(Read.load(tmp_path), path)[1] == 1


def test_an_entry_that_is_damaged_behind_its_time_is_found_out(tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    path = cache.commit("ab" * 8, _written).file("data")
    assert cache.get("ab" * 8) is not None
    time.sleep(0.06)
    _with_its_old_time(path)
    assert cache.get("ab" * 8) is None


@needs_name
def test_an_entry_whose_stamps_are_of_another_file_is_read(tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    entry = cache.commit("ab" * 8, _written)
    assert list(stamp_of(entry.file("data"))) in [[*s] for s in _stamps(entry.path).values()]
    copy = tmp_path / "copy"
    shutil.copytree(entry.path, copy)
    shutil.rmtree(entry.path)
    (copy / "data").write_bytes(b"two")
    copy.rename(entry.path)
    assert cache.get("ab" * 8) is None


def test_an_entry_without_stamps_is_read(tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    entry = cache.commit("ab" * 8, _written)
    (entry.path / STAMPS).write_bytes(b"{")
    assert cache.get("ab" * 8) is not None
    (entry.path / STAMPS).unlink()
    assert cache.get("ab" * 8) is not None


@needs_name
def test_after_a_start_of_the_system_an_entry_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut can leave a file as long and as old as it was, with other bytes in it."""
    digests: list[Path] = []
    read = store_cache._digest
    monkeypatch.setattr(store_cache, "_digest", lambda path: digests.append(path) or read(path))
    cache = _cache(tmp_path)
    cache.commit("ab" * 8, _written)
    digests.clear()
    assert cache.get("ab" * 8) is not None
    assert not digests
    monkeypatch.setattr(store_cache, "running", lambda: "another time")
    for _ in range(2):
        assert cache.get("ab" * 8) is not None
    assert [path.name for path in digests] == ["data"]


@needs_name
def test_an_entry_can_be_read_whatever_its_stamps_say(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    entry = workspace.commit("ab" * 8, _written)
    entry.file("data").write_bytes(b"two")
    stamps = {"running": running(), "files": {"data": stamp_of(entry.file("data"))}}
    (entry.path / STAMPS).write_bytes(orjson.dumps(stamps))
    assert workspace.cache("ab" * 8) is not None
    assert workspace.reread("ab" * 8) is None


def test_digests_of_another_version_are_forgotten(tmp_path: Path) -> None:
    path, read = _settled(tmp_path / "log", b"one"), Read.load(tmp_path)
    _asked(read, path)
    read.save(tmp_path)
    told = orjson.loads((tmp_path / FILE).read_bytes())
    (tmp_path / FILE).write_bytes(orjson.dumps({**told, "version": 0}))
    assert _asked(Read.load(tmp_path), path)[1] == 1


def _cache(root: Path) -> Cache:
    for room in ("cache", "tmp"):
        (root / room).mkdir()
    return Cache(root / "cache", root / "tmp", lambda _notice: None, stamped=True)


def _written(directory: Path) -> None:
    (directory / "data").write_bytes(b"one")


def _stamps(directory: Path) -> dict[str, list[int]]:
    return orjson.loads((directory / STAMPS).read_bytes())["files"]
