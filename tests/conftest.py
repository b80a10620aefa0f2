"""What all tests share: Hypothesis profiles, the data of other people, and no network."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"

# the same examples in every run: a rare find must not turn an unchanged project red. `full` draws anew.
settings.register_profile(
    "fast",
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "full", deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

# pytest-xdist sets it in its workers; answers are folded only where a test asks for it
os.environ.pop("COLUMNS", None)
# ignored in a background job of a shell, and inherited by the processes that tests start
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}  # before any test imports datasets


def pytest_report_header() -> str:
    """Says how to get the same run again."""
    seed = os.environ.get("PYTHONHASHSEED", "not set (drawn by Python; set it to get the same run again)")
    return f"PYTHONHASHSEED: {seed}; hypothesis profile: {os.environ.get('HYPOTHESIS_PROFILE', 'fast')}"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Keeps bytes out of test names: compressed ones may hold the time, and pytest's workers must agree."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Directory with logs and test sets of other people; the test is skipped, visibly, without it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no ../shared/data beside the project")
    return SHARED_DATA


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Only this machine may be talked to."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _resolved(socket.getaddrinfo))
        yield


def _guarded(call: Any) -> Any:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _here(address[0]):
            pytest.fail(f"a test wants to talk to {address[0]}")
        return call(self, *arguments)

    return guarded


def _resolved(call: Any) -> Any:
    def guarded(host: Any, *arguments: Any, **named: Any) -> Any:
        if host is not None and not _here(host):
            pytest.fail(f"a test asks for the address of {host}")
        return call(host, *arguments, **named)

    return guarded


def _here(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    return name in ("localhost", "::1", "", "0.0.0.0") or name.startswith("127.")
