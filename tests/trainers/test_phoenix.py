"""A real Phoenix server takes the spans of an instrumented agent; what it exports is read to the last span.

Needs a Phoenix of its own, made by `make test-trainers`.
"""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.reading import read_file
from trainers.environments import environment, needed

SECONDS_TO_START = 180

pytestmark = needed


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with `spans.jsonl` and `table.jsonl`, exported from a server that is gone afterwards."""
    folder, python = tmp_path_factory.mktemp("phoenix"), environment("phoenix")
    port, grpc = _free_port(), _free_port()
    settings = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [python.parent / "phoenix", "serve"],
            env={**os.environ, **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, server)
        session = [python, Path(__file__).with_name("phoenix_session.py"), url, folder]
        subprocess.run(session, check=True, timeout=300)
        yield folder
    finally:
        server.terminate()
        server.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(url: str, server: subprocess.Popen) -> None:
    for _ in range(SECONDS_TO_START):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    pytest.fail("the server does not answer")


QUESTION = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Is gate 2 free?"}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "gate", "arguments": '{"number": 2}'}}


@pytest.mark.parametrize("name", ["spans.jsonl", "table.jsonl"])
def test_what_phoenix_exports_is_what_the_agent_said(exported: Path, name: str) -> None:
    reading = read_file(exported / name)
    assert (reading.read, reading.table.num_rows) == (6, 3)
    assert Counter(reading.reasons) == {"not-a-model-call": 2, "provider-error": 1}
    by_length = sorted(reading.messages, key=len)
    assert by_length[1] == [*QUESTION, {"role": "assistant", "content": None, "tool_calls": [CALL]}]
    assert by_length[2] == [
        *by_length[1],
        {"role": "tool", "content": "free", "tool_call_id": "call_1"},
        {"role": "assistant", "content": "Gate 2 is free."},
    ]
    assert len(set(reading.column("conversation"))) == len(set(reading.column("user"))) == 1
    assert set(reading.column("model")) == {"m-1"}
    assert set(reading.column("finish_reason")) == {"stop"}


def test_the_failed_call_is_rejected_with_the_type_of_its_error(exported: Path) -> None:
    reading = read_file(exported / "spans.jsonl")
    assert "BadRequestError" in reading.details


def test_an_annotation_of_a_person_corrects_the_answer(exported: Path) -> None:
    reading = read_file(exported / "spans.jsonl")
    row = reading.column("kind").index("corrected")
    assert reading.messages[row][-1]["content"] == "The ramp opens at nine."
    assert reading.extra(row)["rejected"] == {"role": "assistant", "content": "The ramp is closed."}
