"""Ctrl-C and a second build in the same project."""

import signal
import subprocess
from pathlib import Path

from terminal import PROGRAM, clean_environment, here
from tuneset.store.lock import build_lock
from tuneset.store.workspace import Workspace

SPEC = "name: shop\nsources: [{path: chat.jsonl}]\n"
LINE = '{"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "good day"}]}\n'


def project(root: Path) -> Workspace:
    (root / "tuneset.yaml").write_text(SPEC)
    (root / "chat.jsonl").write_text(LINE)
    return Workspace.open(root)


def test_an_interrupted_build_ends_with_130_and_says_that_nothing_is_lost(tmp_path: Path) -> None:
    with (
        build_lock(project(tmp_path)),
        subprocess.Popen(
            [*PROGRAM, "build"], cwd=tmp_path, env=clean_environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509, ours may be ignored
        ) as build,
    ):  # fmt: skip
        assert build.stderr is not None
        assert "waiting" in build.stderr.readline()
        build.send_signal(signal.SIGINT)
        out, err = build.communicate(timeout=60)
    assert (build.returncode, out) == (130, "")
    assert err == "stopped; run the same command again, finished parts are kept\n"


def test_a_second_build_can_refuse_to_wait(tmp_path: Path) -> None:
    with build_lock(project(tmp_path)):
        said = here("build", "--no-wait", cwd=tmp_path)
    assert (said.status, said.out) == (3, "")
    assert "error[TS304]" in said.err
