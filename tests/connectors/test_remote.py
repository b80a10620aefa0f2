"""Object storage, against a real S3 server on this machine; skipped, visibly, without the s3 extra."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.reading import chat
from terminal import clean_environment
from tuneset.connectors import remote
from tuneset.connectors.files import discover
from tuneset.core.errors import InputError, MissingExtra, ServiceError, TunesetError
from tuneset.core.spec import Source

SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
LINES = [orjson.dumps(chat(f"question {i}")) + b"\n" for i in range(4)]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a running server."""
    pytest.importorskip("s3fs", reason="the s3 extra is not installed")
    server_of = pytest.importorskip("moto.server", reason="moto, a local S3 server, is not installed")
    server = server_of.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the server, whose address and keys are in the environment as users have them."""
    import s3fs

    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    client = s3fs.S3FileSystem(use_listings_cache=False)
    client.mkdir("logs")
    client.pipe({"logs/day/a.jsonl": b"".join(LINES[:2]), "logs/day/b.jsonl": b"".join(LINES[2:])})
    client.pipe({"logs/day/notes.txt": b"x", "logs/day/empty.jsonl": b"", "logs/other.jsonl": LINES[0]})
    yield client
    client.rm("logs", recursive=True)


def content(folder: Path, address: str) -> dict[str, bytes]:
    return {name: Path(path).read_bytes() for name, path in remote.fetch(address, into=folder / "fetched")}


@pytest.mark.parametrize("address", ["s3://logs/day/*.jsonl", "s3://logs/day", "s3://logs/day/"])
def test_a_glob_and_a_prefix_are_the_objects_behind_them(s3: Any, tmp_path: Path, address: str) -> None:
    assert content(tmp_path, address) == {
        "s3://logs/day/a.jsonl": b"".join(LINES[:2]),
        "s3://logs/day/b.jsonl": b"".join(LINES[2:]),
    }


def test_one_object_is_one_file(s3: Any, tmp_path: Path) -> None:
    assert list(content(tmp_path, "s3://logs/other.jsonl")) == ["s3://logs/other.jsonl"]


def test_what_was_fetched_is_not_fetched_again_until_it_changes(s3: Any, tmp_path: Path) -> None:
    [(_, first)] = remote.fetch("s3://logs/other.jsonl", into=tmp_path)
    stamp = Path(first).stat().st_mtime_ns
    [(_, again)] = remote.fetch("s3://logs/other.jsonl", into=tmp_path)
    assert (again, Path(again).stat().st_mtime_ns) == (first, stamp)
    s3.pipe("logs/other.jsonl", LINES[1])  # as long as the old one
    [(_, changed)] = remote.fetch("s3://logs/other.jsonl", into=tmp_path)
    assert changed != first
    assert Path(changed).read_bytes() == LINES[1]


def test_nobody_else_may_read_what_was_fetched(s3: Any, tmp_path: Path) -> None:
    [(_, path)] = remote.fetch("s3://logs/other.jsonl", into=tmp_path / "fetched")
    assert Path(path).stat().st_mode & 0o077 == 0
    assert Path(path).parent.stat().st_mode & 0o077 == 0
    assert [p.name for p in Path(path).parent.iterdir()] == [Path(path).name]


def test_a_key_that_looks_like_a_path_leads_nowhere(s3: Any, tmp_path: Path) -> None:
    s3.pipe("logs/x/..%2F..%2Fevil name.jsonl", LINES[0])
    [(_, path)] = remote.fetch("s3://logs/x/*", into=tmp_path / "fetched")
    assert (tmp_path / "fetched") in Path(path).parents
    assert ".." not in Path(path).parts


def test_files_are_known_by_their_address(s3: Any, tmp_path: Path) -> None:
    files = discover(Source(path="s3://logs/day/*.jsonl"), root=tmp_path, fetched=tmp_path / "fetched")
    assert [file.relative for file in files] == ["s3://logs/day/a.jsonl", "s3://logs/day/b.jsonl"]
    assert {file.kind for file in files} == {"jsonl"}


def test_a_project_is_built_from_a_bucket(s3: Any, tmp_path: Path) -> None:
    import tuneset

    spec = {"name": "cloud", "sources": [{"path": "s3://logs/day/*.jsonl", "name": "s"}], "export": []}
    (tmp_path / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    (tmp_path / "a.jsonl").write_bytes(b"".join(LINES[:2]))
    (tmp_path / "b.jsonl").write_bytes(b"".join(LINES[2:]))
    cloud = tuneset.open(tmp_path).build(workers=1)
    assert [source["path"] for source in cloud.summary["sources"]] == [
        "s3://logs/day/a.jsonl",
        "s3://logs/day/b.jsonl",
    ]
    ids = cloud.verdicts(["origin_id"])
    spec["sources"][0]["path"] = "*.jsonl"
    (tmp_path / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    local = tuneset.open(tmp_path)
    assert local.plan().to_compute == 0  # the same bytes, wherever they lie
    assert local.build(workers=1).verdicts(["origin_id"]) == ids


@pytest.mark.parametrize(
    ("address", "kind", "code"),
    [
        ("s3://logs/nothing/*.jsonl", InputError, "TS201"),
        ("s3://logs/nothing.jsonl", InputError, "TS201"),
        ("s3://no-such-bucket-here/a.jsonl", InputError, "TS201"),
        ("s3://key:secret@logs/a.jsonl", InputError, "TS209"),
        ("s3://logs/a.jsonl?X-Amz-Signature=abc", InputError, "TS209"),
        ("zz9://logs/a.jsonl", InputError, "TS201"),
    ],
)
def test_what_cannot_be_read_is_said(
    s3: Any, tmp_path: Path, address: str, kind: type[TunesetError], code: str
) -> None:
    with pytest.raises(kind) as problem:
        remote.fetch(address, into=tmp_path)
    assert problem.value.code == code
    assert "secret" not in str(problem.value)
    assert "Signature" not in str(problem.value)


def test_outside_a_project_nothing_is_fetched() -> None:
    with pytest.raises(InputError):
        remote.fetch("s3://logs/a.jsonl", into=None)


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra) as problem:
        remote.fetch("gs://logs/a.jsonl", into=tmp_path)
    assert "tuneset[remote]" in (problem.value.fix or "")


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "TS701"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "HOME": "/nowhere"}, "TS702"),
    ],
)
def test_the_command_line_says_that_a_service_failed_and_no_secret(
    s3: Any, tmp_path: Path, environment: dict[str, str | None], code: str
) -> None:
    spec = {"name": "cloud", "sources": [{"path": "s3://logs/day/*.jsonl", "name": "s"}]}
    (tmp_path / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    named = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    wanted = {**clean_environment(), **named, **environment, "AWS_MAX_ATTEMPTS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tuneset", "-C", str(tmp_path), "plan", "--json"],
        env={name: value for name, value in wanted.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 4, done.stderr
    assert orjson.loads(done.stdout)["error"]["code"] == code
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def broken() -> Iterator[str]:
    """An address of a storage whose client fails with a secret in its words, or sends half of an object."""
    fsspec = pytest.importorskip("fsspec")
    from fsspec.implementations.memory import MemoryFileSystem

    class Broken(MemoryFileSystem):
        protocol = "broken"

        def info(self, path: str, **_: Any) -> dict[str, Any]:
            if "secret" in path:
                raise RuntimeError(f"signed with {SECRET}")
            return {"name": path, "size": 100, "type": "file"}

        def get(self, names: list[str], paths: list[str], **_: Any) -> None:
            for path in paths:
                Path(path).write_bytes(b"half")

    fsspec.register_implementation("broken", Broken, clobber=True)
    return "broken://logs"


def test_errors_of_any_client_are_told_without_their_words(broken: str, tmp_path: Path) -> None:
    with pytest.raises(ServiceError) as problem:
        remote.fetch(f"{broken}/secret.jsonl", into=tmp_path)
    assert SECRET not in str(problem.value)
    assert problem.value.__suppress_context__


def test_an_object_that_changes_while_it_is_fetched_is_not_kept(broken: str, tmp_path: Path) -> None:
    with pytest.raises(ServiceError):
        remote.fetch(f"{broken}/half.jsonl", into=tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
