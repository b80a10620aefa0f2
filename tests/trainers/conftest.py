"""What the judges share: a release of the corpus, its exports, a tokenizer, and the way to ask them."""

import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from trainers.corpus import Written, make_release, write
from trainers.environments import environment
from trainers.tokenizer import make_tokenizer

JUDGES = Path(__file__).with_name("judges")

Exports = Callable[..., Written]
Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a release of the corpus; most of it is there to train on."""
    return make_release(tmp_path_factory.mktemp("judged"))


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, most of it sealed for tests."""
    return make_release(tmp_path_factory.mktemp("sealed"), validation=0.0, test=0.9)


@pytest.fixture(scope="session")
def exports(release: Path, sealed: Path, tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """`exports(target, fix=…)`: what `tuneset export` writes for a target, once."""

    @cache
    def written(target: str, *, fix: bool = False, of_sealed: bool = False) -> Written:
        folder = tmp_path_factory.mktemp("exports") / target
        return write(sealed if of_sealed else release, target, folder, fix=fix)

    return written


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `AutoTokenizer` opens."""
    return make_tokenizer(tmp_path_factory.mktemp("words") / "chatml")


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """`ask(judge, *arguments)`: what a judge's script in its own environment says, as JSON."""

    def asked(judge: str, *arguments: str | Path) -> Any:
        out = tmp_path_factory.mktemp(judge) / "out.json"
        script = JUDGES / f"with_{judge.replace('-', '_')}.py"
        home = {"HF_HOME": str(out.parent / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
        done = subprocess.run(
            [environment(judge), script, *arguments, out],
            env={**os.environ, **home, "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"},
            cwd=out.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
        return json.loads(out.read_text())

    return asked
