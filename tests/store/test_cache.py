"""A cache entry is whole or absent; what is damaged is said aloud and built again."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tuneset.core.errors import WorkspaceError
from tuneset.store.cache import MANIFEST, STAMPS, Entry
from tuneset.store.workspace import Workspace

PRINT = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def workspace(tmp_path: Path, notices: list[str]) -> Workspace:
    return Workspace.open(tmp_path, on_notice=notices.append)


def _write(directory: Path) -> dict[str, Any]:
    (directory / "rows.bin").write_bytes(bytes(range(256)) * 40)
    (directory / "deep").mkdir()
    (directory / "deep" / "empty").touch()
    return {"read": 3, "reasons": {"empty-turn": 1}}


def _untouched(workspace: Workspace) -> bool:
    return not list(workspace.tmp.iterdir())


def test_what_was_committed_is_found_again(workspace: Workspace) -> None:
    assert workspace.cache(PRINT) is None
    assert not workspace.has(PRINT)
    made = workspace.commit(PRINT, _write)
    again = Workspace.open(workspace.root).cache(PRINT)
    assert again == made
    assert isinstance(again, Entry)
    assert again.values == {"read": 3, "reasons": {"empty-turn": 1}}
    assert again.file("rows.bin").read_bytes() == bytes(range(256)) * 40
    assert again.size == 256 * 40
    assert workspace.has(PRINT)
    assert _untouched(workspace)


def test_a_writer_may_have_nothing_to_add(workspace: Workspace) -> None:
    assert workspace.commit(PRINT, lambda _: None).values == {}


def test_an_entry_is_not_visible_while_it_is_written(workspace: Workspace) -> None:
    seen: list[object] = []

    def write(directory: Path) -> None:
        (directory / "rows.bin").touch()
        seen.append((workspace.cache(PRINT), workspace.has(PRINT), list(workspace.entries())))

    workspace.commit(PRINT, write)
    assert seen == [(None, False, [])]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a bit flips": _flip,
    "it is cut": _shorten,
    "it grows": lambda path: path.write_bytes(path.read_bytes() + b"}"),
    "it is emptied, as after a power cut": lambda path: path.write_bytes(b""),
    "it is gone": Path.unlink,
    "it is a directory": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        *((name, what) for name in ("rows.bin", MANIFEST) for what in DAMAGE),
        *(("deep/empty", what) for what in ("it grows", "it is gone", "it is a directory")),
    ],
)
def test_damage_is_said_aloud_and_built_again(
    name: str, what: str, workspace: Workspace, notices: list[str]
) -> None:
    entry = workspace.commit(PRINT, _write)
    DAMAGE[what](entry.file(name))
    assert workspace.cache(PRINT) is None
    assert len(notices) == 1
    assert "damaged" in notices[0]
    assert not entry.path.exists()
    assert workspace.commit(PRINT, _write) == entry
    assert workspace.cache(PRINT) == entry
    assert len(notices) == 1


def test_damage_inside_a_file_is_not_looked_for_in_an_entry_that_is_trusted(
    workspace: Workspace, notices: list[str]
) -> None:
    _flip(workspace.commit(PRINT, _write).file("rows.bin"))
    assert workspace.cache(PRINT, trust=True) is not None
    assert workspace.cache(PRINT) is None
    assert len(notices) == 1


def test_an_entry_under_a_wrong_name_is_damage(workspace: Workspace, notices: list[str]) -> None:
    entry = workspace.commit(PRINT, _write)
    entry.path.rename(entry.path.with_name(OTHER))
    assert workspace.cache(OTHER) is None
    assert "altered" in notices[0]


def test_asking_whether_there_is_an_entry_changes_nothing(workspace: Workspace, notices: list[str]) -> None:
    entry = workspace.commit(PRINT, _write)
    entry.file("rows.bin").unlink()
    assert not workspace.has(PRINT)
    assert entry.path.exists()
    assert notices == []


def test_an_entry_made_by_another_in_the_meantime_stays(workspace: Workspace) -> None:
    def write(directory: Path) -> dict[str, Any]:
        workspace.commit(PRINT, lambda theirs: (theirs / "theirs").touch() or {"by": "them"})
        (directory / "ours").touch()
        return {"by": "us"}

    entry = workspace.commit(PRINT, write)
    assert entry.values == {"by": "them"}
    assert [path.name for path in entry.path.iterdir() if path.name not in (MANIFEST, STAMPS)] == ["theirs"]
    assert _untouched(workspace)


def test_a_damaged_entry_that_is_in_the_way_is_replaced(workspace: Workspace, notices: list[str]) -> None:
    _flip(workspace.commit(PRINT, _write).file("rows.bin"))
    assert workspace.commit(PRINT, lambda _: {"by": "us"}).values == {"by": "us"}
    assert len(notices) == 1


def test_many_processes_that_make_the_same_entry_get_the_same(workspace: Workspace) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        made = pool.map(_commit, [(str(workspace.root), n) for n in range(12)])
    assert len(set(made)) == 1
    assert _untouched(workspace)


def _commit(task: tuple[str, int]) -> int:
    root, number = task
    return Workspace.open(Path(root)).commit(PRINT, lambda _: {"number": number}).values["number"]


def test_a_writer_that_fails_leaves_nothing(workspace: Workspace) -> None:
    def write(directory: Path) -> None:
        (directory / "half").touch()
        raise RuntimeError("bug")

    with pytest.raises(RuntimeError, match="bug"):
        workspace.commit(PRINT, write)
    assert workspace.cache(PRINT) is None
    assert _untouched(workspace)


def test_an_error_about_a_file_elsewhere_is_not_blamed_on_the_workspace(workspace: Workspace) -> None:
    with pytest.raises(PermissionError):
        workspace.commit(PRINT, lambda _: _raise(PermissionError(13, "no", "/elsewhere/logs.jsonl")))


def _raise(error: Exception) -> None:
    raise error


def test_entries_are_listed_and_forgotten(workspace: Workspace, notices: list[str]) -> None:
    workspace.commit(OTHER, _write)
    workspace.commit(PRINT, _write)
    (workspace.directory / "cache" / "README").touch()
    assert [entry.fingerprint for entry in workspace.entries()] == [PRINT, OTHER]
    assert workspace.forget(PRINT)
    assert not workspace.forget(PRINT)
    assert [entry.fingerprint for entry in workspace.entries()] == [OTHER]
    assert _untouched(workspace)
    assert notices == []


@pytest.mark.parametrize("name", ["", "..", "../../etc", "XYZ", "0123"])
def test_only_a_fingerprint_names_an_entry(workspace: Workspace, name: str) -> None:
    for use in (
        workspace.cache,
        workspace.has,
        workspace.forget,
        lambda name: workspace.commit(name, _write),
    ):
        with pytest.raises(ValueError, match="hex"):
            use(name)


KILLED = f"""
import os, signal, sys
from pathlib import Path
from tuneset.store.workspace import Workspace

def write(directory):
    (directory / "half").write_bytes(b"x" * 1000)
    os.kill(os.getpid(), signal.SIGKILL)

Workspace.open(Path(sys.argv[1])).commit("{PRINT}", write)
"""


def test_what_a_killed_process_left_is_no_entry_and_is_swept(workspace: Workspace) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(workspace.root)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert workspace.cache(PRINT) is None
    assert not _untouched(workspace)
    assert workspace.clean_tmp() == 1
    assert _untouched(workspace)


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    mount = tmp_path / "small"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)]
    if os.getuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda directory: (directory / "big").write_bytes(bytes(3_000_000)), id="python"),
        pytest.param(
            lambda directory: parquet.write_table(
                pa.table({"x": [os.urandom(3_000_000)]}), directory / "big"
            ),
            id="arrow",
        ),
    ],
)
def test_a_full_disk_is_told_with_what_is_left_and_what_to_do(
    small_disk: Path, write: Callable[[Path], None]
) -> None:
    workspace = Workspace.open(small_disk)
    kept = workspace.commit(OTHER, lambda directory: (directory / "small").write_bytes(b"x") and None)
    with pytest.raises(WorkspaceError) as told:
        workspace.commit(PRINT, write)
    assert told.value.code == "TS302"
    assert "disk is full" in told.value.what
    assert "MiB" in told.value.what
    assert told.value.fix is not None
    assert "free some space" in told.value.fix
    assert workspace.cache(PRINT) is None
    assert workspace.cache(OTHER) == kept
    assert _untouched(workspace)


LIMITED = f"""
import resource, sys
from pathlib import Path
from tuneset.core.errors import WorkspaceError
from tuneset.store.workspace import Workspace

workspace = Workspace.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    workspace.commit("{PRINT}", lambda directory: (directory / "big").write_bytes(bytes(100_000)) and None)
except WorkspaceError as error:
    print(error.code, workspace.cache("{PRINT}"), len(list(workspace.tmp.iterdir())))
"""


def test_a_limit_on_the_size_of_files_is_told_as_a_full_disk(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["TS302", "None", "0"]
