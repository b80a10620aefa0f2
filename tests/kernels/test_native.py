"""Kernels as machine code without numba: the same results, and numba wherever that is not sure."""
# ruff: noqa: ANN001, ANN201 - types are what the fixtures and parameters say

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import orjson
import pytest

from tuneset.kernels import native
from tuneset.kernels.kernel import kind_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="machine code is kept as ELF files only")

ADD = """
import sys
import numpy as np
from tuneset.kernels import trial
made, total = trial.running_sum(np.array([2, 2, 3]), 1)
assert (made.tolist(), total) == ([3, 5, 8], 8)
print("numba" if "numba" in sys.modules else "native")
"""


def _start(script: str, cache: Path, **variables: str) -> subprocess.Popen:
    usual = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**usual, "NUMBA_CACHE_DIR": str(cache), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(script: str, cache: Path, **variables: str) -> str:
    process = _start(script, cache, **variables)
    out, told = process.communicate()
    assert process.returncode == 0, told
    return out.strip()


@pytest.fixture(scope="module")
def warm(tmp_path_factory) -> Path:
    """A cache in which the code of one kernel lies."""
    cache = tmp_path_factory.mktemp("warm")
    assert _run(ADD, cache) == "numba"
    return cache


@pytest.fixture
def cache(warm, tmp_path) -> Path:
    return shutil.copytree(warm, tmp_path / "cache")


def _kept(cache: Path) -> Path:
    [file] = cache.glob("native-*/*/*.o")
    return file


def test_the_second_process_needs_no_numba(cache):
    assert _run(ADD, cache) == "native"


def test_a_kernel_raises_the_same_error_as_machine_code(cache):
    script = "from tuneset.kernels import trial; trial.running_sum(trial._ARGUMENTS[0], -1)"
    process = _start(script, cache)
    assert process.communicate()[1].strip().endswith("ValueError: a sum cannot start below nothing")


def test_a_damaged_file_is_made_again(cache):
    file = _kept(cache)
    whole = file.read_bytes()
    file.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    assert _run(ADD, cache) == "numba"
    assert _run(ADD, cache) == "native"


def test_code_is_not_used_where_its_trial_failed(tmp_path):
    crash = "from tuneset.kernels import trial\ntrial.run = lambda: -11\n"
    assert _run(crash + ADD, tmp_path) == "numba"
    [verdict] = tmp_path.glob("native-*/verdict")
    assert verdict.read_text() == "refused"
    assert _run(ADD, tmp_path) == "numba"


def test_a_trial_that_could_not_be_made_is_made_again(tmp_path):
    nothing = "from tuneset.kernels import trial\ntrial.run = lambda: None\n"
    assert _run(nothing + ADD, tmp_path) == "numba"
    assert not list(tmp_path.glob("native-*/verdict"))
    assert _run(ADD, tmp_path) == "numba"
    assert _run(ADD, tmp_path) == "native"


def test_what_is_asked_of_numba_is_done_by_numba(cache):
    assert _run(ADD, cache, NUMBA_OPT="2") == "numba"


def test_kernels_run_as_python_where_numba_is_told_so(cache):
    assert _run(ADD, cache, NUMBA_DISABLE_JIT="1") == "numba"


def test_nothing_is_kept_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").touch()
    broken = tmp_path / "file" / "cache"  # nothing can be made inside a file
    script = "from numba import config; config.CACHE_DIR = ''\n"
    assert _run(script + ADD, broken) == "numba"
    assert _run(script + ADD, broken) == "numba"


def test_kernels_run_where_numba_itself_can_keep_nothing(tmp_path):
    (tmp_path / "file").touch()
    nowhere = "from numba.core.caching import CompileResultCacheImpl as made; made._locator_classes = []\n"
    assert _run(nowhere + ADD, tmp_path / "file" / "cache") == "numba"


def test_kernels_run_for_a_user_without_a_home(tmp_path):
    homeless = "from pathlib import Path\ndef home(): raise RuntimeError\nPath.home = home\n"
    assert _run(homeless + ADD, tmp_path) == "numba"
    assert _run(homeless + ADD, tmp_path, NUMBA_CACHE_DIR="") in ("numba", "native")


def test_what_one_user_keeps_another_can_read(tmp_path):
    assert _run("import os; os.umask(0o022)\n" + ADD, tmp_path) == "numba"
    for file in (_kept(tmp_path), *tmp_path.glob("native-*/verdict")):
        assert file.stat().st_mode & 0o777 == 0o644


def test_a_verdict_that_cannot_be_read_is_none(cache):
    [verdict] = cache.glob("native-*/verdict")
    verdict.unlink()
    verdict.mkdir()  # root may read every file
    assert _run(ADD, cache) == "numba"


def test_a_damaged_verdict_is_made_again(cache):
    [verdict] = cache.glob("native-*/verdict")
    verdict.write_bytes(b"prov\xff")
    assert _run(ADD, cache) == "numba"
    assert _run(ADD, cache) == "native"


def test_a_trial_that_somebody_ended_is_made_again(tmp_path):
    killed = "from tuneset.kernels import trial\ntrial._SCRIPT = 'import os; os.kill(os.getpid(), 9)'\n"
    assert _run(killed + ADD, tmp_path) == "numba"
    assert not list(tmp_path.glob("native-*/verdict"))


def test_a_trial_runs_no_code_from_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise SystemExit('mine')")  # numpy imports it
    monkeypatch.chdir(tmp_path)
    script = "import sys; sys.path.remove('')\n" + ADD  # as the command's own path is
    assert _run(script, tmp_path / "cache") == "numba"
    assert _run(script, tmp_path / "cache") == "native"


def test_two_processes_at_once_keep_whole_files(tmp_path):
    both = [_start(ADD, tmp_path) for _ in range(2)]
    for process in both:
        assert process.communicate()[0].strip() in ("numba", "native")
        assert process.returncode == 0
    assert _run(ADD, tmp_path) == "native"
    assert [file.suffix for file in _kept(tmp_path).parent.iterdir()] == [".o"]


def test_files_of_older_sources_go(cache):
    older = _kept(cache).parent
    newer = older.with_name("0" * 16)
    native._write(newer, "x.o", b"")
    assert [path.name for path in sorted(older.parent.iterdir())] == [newer.name, "verdict"]


def test_sources_change_with_every_file_a_kernel_is_made_of(tmp_path):
    for name in ("core/a.py", "kernels/b.py", "stages/split/c.py", "cli/d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    seen = {native.sources(tmp_path)}
    for name in ("core/a.py", "kernels/b.py", "stages/split/c.py"):
        (tmp_path / name).write_text("changed")
        seen.add(native.sources(tmp_path))
    assert len(seen) == 4
    (tmp_path / "cli/d.py").write_text("changed")
    assert native.sources(tmp_path) in seen


def _arrays() -> list[np.ndarray]:
    found = []
    for letter in "?bBhHiIlLfd":
        square = np.zeros((4, 6), letter)
        shifted = np.frombuffer(bytes(square.itemsize * 8 + 1), np.uint8)[1:].view(letter)
        found += [square, square.T, square[::2, ::2], square[0], square[:, 0], square[:1], square[:, :1]]
        found += [square[:0], np.zeros((), letter), shifted, shifted[::2], shifted.reshape(2, 4)]
    for array in list(found):
        fixed = array.view()
        fixed.flags.writeable = False
        found.append(fixed)
    return found


def test_arguments_of_one_kind_have_one_type():
    plain = [0, 1, -1, 2**31, 2**62, 2**63 - 1, -(2**63), True, False, 0.5]
    plain += [np.dtype(letter).type(1) for letter in "?bBhHiIlLfd"]
    values = [
        *_arrays(),
        *plain,
        (1, 2),
        (1, 2, 3),
        (1, 0.5),
        (np.zeros(2), 1),
        (np.zeros(2)[::2], 1),
        ((1,), 2),
    ]
    types: dict = {}
    for value in values:
        types.setdefault(kind_of(value), set()).add(numba.typeof(value))
    assert [kind for kind, found in types.items() if len(found) != 1] == []
    assert len(types) > 150


@pytest.mark.parametrize(
    "value", [2**63, "text", b"bytes", None, [1], np.zeros(2, "M8[s]"), np.float64, (1, "x")]
)
def test_what_only_numba_can_tell_has_no_kind(value):
    assert kind_of(value) == ""


def test_undefined_names_of_an_object_file_are_those_that_the_linker_says(warm):
    kept = native._unsealed(_kept(warm).read_bytes())
    assert kept is not None
    names = set(native.undefined(kept.code))
    assert {"NRT_adapt_ndarray_to_python_acqref", "PyArg_UnpackTuple", "numba_unpickle"} <= names
    assert kept.entry not in names


BUILD = """
import sys
import tuneset
release = tuneset.open(".").release(workers=1)
print(release.digest, "numba" in sys.modules)
"""


def test_a_release_made_by_machine_code_has_the_bytes_of_one_made_by_numba(tmp_path):
    rows = []
    for i, (ask, tell) in enumerate(
        itertools.product(("refund", "address", "order"), ("yes", "no", "later"))
    ):
        content = [
            f"My {ask} number {i} at example.org, call 030 123456{i}?",
            f"The {ask}: {tell}, as of {i}.",
        ]
        roles = ("user", "assistant")
        rows.append({"messages": [{"role": r, "content": c} for r, c in zip(roles, content, strict=True)]})
    said = []
    place = os.environ.get("NUMBA_CACHE_DIR", "")
    for run, variables in enumerate(({}, {}, {"NUMBA_OPT": "3"})):
        project = tmp_path / str(run)
        project.mkdir()
        (project / "logs.jsonl").write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
        (project / "tuneset.yaml").write_text("name: a\nsources: [{path: logs.jsonl}]\n")
        env = {n: v for n, v in os.environ.items() if not n.startswith("NUMBA_")} | variables
        env |= {"NUMBA_CACHE_DIR": place} if place else {}
        command = [sys.executable, "-c", BUILD]
        done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=True)
        said.append(done.stdout.split())
    (first, _), (second, by_numba), (third, surely) = said
    assert first == second == third
    assert (by_numba, surely) == ("False", "True")


def test_importing_tuneset_imports_no_numba():
    script = """
import sys, pkgutil, importlib, tuneset
for module in pkgutil.walk_packages(tuneset.__path__, "tuneset."):
    if module.name != "tuneset.__main__":
        importlib.import_module(module.name)
assert "tuneset.kernels.words" in sys.modules
print("numba" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
