"""The workspace's own files: refs, the key, temporary things, and a disk that does not want them."""

import multiprocessing
import os
import pickle
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.core.errors import WorkspaceError
from tuneset.store import atomic
from tuneset.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def test_a_new_workspace_has_its_rooms_and_stays_out_of_git(workspace: Workspace) -> None:
    names = {path.name for path in workspace.directory.iterdir()}
    assert names == {".gitignore", "cache", "tmp", "builds", "releases", "refs", "runs"}
    assert (workspace.directory / ".gitignore").read_text() == "*\n"


def test_git_sees_nothing_of_it(workspace: Workspace) -> None:
    subprocess.run(["git", "init", "-q", str(workspace.root)], check=True)
    workspace.key()
    shown = subprocess.run(
        ["git", "-C", str(workspace.root), "status", "--porcelain", "--untracked-files=all"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout == ""


def test_opening_again_changes_nothing(workspace: Workspace) -> None:
    (workspace.directory / ".gitignore").write_text("mine\n")
    key = workspace.key()
    assert Workspace.open(workspace.root).key() == key
    assert (workspace.directory / ".gitignore").read_text() == "mine\n"


def test_looking_into_a_project_without_a_workspace_makes_none(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="nothing has been built"):
        Workspace.open(tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_can_be_sent_to_a_worker(workspace: Workspace) -> None:
    assert pickle.loads(pickle.dumps(workspace)) == workspace


def test_notices_are_said_on_stderr_unless_somebody_listens(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = workspace.commit("0" * 32, lambda _: None)
    (entry.path / "manifest.json").write_text("{}")
    assert workspace.cache("0" * 32) is None
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tuneset: cache entry 000000000000 is damaged")


def test_a_ref_stands_for_its_last_digest(workspace: Workspace) -> None:
    assert workspace.read_ref("latest") is None
    workspace.write_ref("latest", "a" * 32)
    workspace.write_ref("latest", "b" * 32)
    workspace.write_ref("v1.0", "a" * 32)
    assert workspace.read_ref("latest") == "b" * 32
    assert workspace.refs() == {"latest": "b" * 32, "v1.0": "a" * 32}


@pytest.mark.parametrize("name", ["", "../key", ".hidden", "a/b", "x" * 200, "a\n"])
def test_a_ref_is_a_plain_name(workspace: Workspace, name: str) -> None:
    with pytest.raises(WorkspaceError):
        workspace.write_ref(name, "a" * 32)
    with pytest.raises(WorkspaceError):
        workspace.read_ref(name)


def test_the_key_is_secret_and_stays(workspace: Workspace) -> None:
    key = workspace.key()
    assert len(key) == 32
    assert workspace.key() == key
    assert stat.S_IMODE((workspace.directory / "key").stat().st_mode) == 0o600


def test_two_projects_have_two_keys(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert Workspace.open(tmp_path / "a").key() != Workspace.open(tmp_path / "b").key()


def test_many_processes_that_ask_first_get_the_same_key(workspace: Workspace) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        assert len(set(pool.map(_key, [str(workspace.root)] * 12))) == 1
    assert not list(workspace.directory.glob(".tmp-*"))


def _key(root: str) -> bytes:
    return Workspace(Path(root)).key()


def test_a_key_that_was_cut_is_refused_and_not_replaced(workspace: Workspace) -> None:
    (workspace.directory / "key").write_bytes(b"short")
    with pytest.raises(WorkspaceError) as told:
        workspace.key()
    assert told.value.code == "TS306"
    assert "short" not in str(told.value)
    assert (workspace.directory / "key").read_bytes() == b"short"


def test_scratch_is_gone_afterwards_whatever_happens(workspace: Workspace) -> None:
    with workspace.scratch() as path:
        (path / "deep").mkdir()
        assert list(workspace.tmp.iterdir()) == [path]
    with pytest.raises(KeyError), workspace.scratch():
        raise KeyError
    assert list(workspace.tmp.iterdir()) == []


def test_everything_temporary_is_swept(workspace: Workspace) -> None:
    (workspace.tmp / "123-abc" / "deep").mkdir(parents=True)
    (workspace.tmp / "file").touch()
    (workspace.directory / "refs" / ".tmp-1").touch()
    (workspace.directory / ".tmp-2").touch()
    (workspace.tmp / "link").symlink_to(workspace.releases)
    workspace.write_ref("latest", "a" * 32)
    assert workspace.clean_tmp() == 5
    assert workspace.clean_tmp() == 0
    assert workspace.refs() == {"latest": "a" * 32}
    assert workspace.releases.is_dir()


def test_a_published_directory_is_whole_and_never_replaced(workspace: Workspace) -> None:
    target = workspace.releases / "d1"
    for words, taken in (("first", False), ("second", True)):
        with workspace.scratch() as path:
            (path / "deep").mkdir()
            (path / "deep" / "file").write_text(words)
            assert atomic.publish(path, target) is not taken
    assert (target / "deep" / "file").read_text() == "first"
    assert list(workspace.tmp.iterdir()) == []


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_file_has_the_old_bytes_or_the_new(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes
) -> None:
    path = tmp_path_factory.mktemp("atomic") / "file"
    atomic.write_bytes(path, old)
    with path.open("rb") as reader:  # a reader that began before the write reads to the end what it began
        atomic.write_bytes(path, new)
        assert reader.read() == old
    assert path.read_bytes() == new
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_json_is_written_the_same_whatever_the_order_of_keys(tmp_path: Path) -> None:
    atomic.write_json(tmp_path / "a", {"b": 1, "a": [1.5, None, "é"]})
    atomic.write_json(tmp_path / "b", {"a": [1.5, None, "é"], "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes().endswith(b"}\n")
    assert orjson.loads((tmp_path / "a").read_bytes()) == {"a": [1.5, None, "é"], "b": 1}


def test_a_file_in_the_place_of_the_workspace_is_told(tmp_path: Path) -> None:
    (tmp_path / ".tuneset").write_text("what?")
    with pytest.raises(WorkspaceError) as told:
        Workspace.open(tmp_path)
    assert told.value.where is not None
    assert ".tuneset" in told.value.where
    assert told.value.fix is not None


UNWRITABLE = """
import os, sys
from pathlib import Path
from tuneset.core.errors import WorkspaceError
from tuneset.store.workspace import Workspace

if os.getuid() == 0:
    os.setuid(65534)  # root may write everywhere
for attempt in (
    lambda: Workspace.open(Path(sys.argv[1])),
    lambda: Workspace(Path(sys.argv[2])).write_ref("latest", "a"),
    lambda: Workspace(Path(sys.argv[2])).key(),
    lambda: Workspace(Path(sys.argv[2])).commit("0" * 32, lambda _: None),
):
    try:
        attempt()
    except WorkspaceError as error:
        print(error.code, bool(error.fix), "Permission denied" in error.what)
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that another user may look into, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_workspace_that_cannot_be_written_is_told_with_a_fix(public: Path) -> None:
    empty, used = public / "empty", Workspace.open(public / "used")
    empty.mkdir(mode=0o755)
    if os.getuid() != 0:
        for place in (empty, used.directory, used.tmp, used.directory / "refs"):
            place.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", UNWRITABLE, str(empty), str(used.root)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["TS303 True True"] * 4, done.stderr


def test_a_read_only_workspace_can_be_looked_into(workspace: Workspace) -> None:
    entry = workspace.commit("0" * 32, lambda _: None)
    before = sorted((path, path.stat().st_mtime_ns) for path in workspace.directory.rglob("*"))
    seen = Workspace.open(workspace.root, create=False)
    assert seen.cache("0" * 32) == entry
    assert seen.refs() == {}
    assert sorted((path, path.stat().st_mtime_ns) for path in workspace.directory.rglob("*")) == before
