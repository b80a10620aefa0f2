"""What goes wrong in practice: each time a code, a place, a fix, the right exit status, and nothing lost."""

import gzip
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import psutil
import pytest

from terminal import PROGRAM, Said, clean_environment, here, tuneset
from tuneset.store.cache import STAMPS

SPEC = "name: shop\nsources: [{path: chat.jsonl}]\n"
MIB = 2**20

THINGS = ("kettle", "lantern", "bookshelf", "radio", "scarf", "clock", "tent", "trumpet", "mirror", "ladder")
TROUBLE = ("arrived with a crack", "never left the depot", "is too loud at night", "has the wrong colour",
           "smells of paint", "came without its cable")  # fmt: skip


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "CI"):
        monkeypatch.delenv(name, raising=False)


def record(question: str, answer: str) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns}) + "\n"


def logs(times: int = 1) -> str:
    """60 different conversations, each of them in `times` longer variants."""
    return "".join(
        record(
            f"The {thing} {trouble}, {k} weeks after I paid. What now?", f"Sorry about the {thing}. " * times
        )
        for k, thing, trouble in product(range(times), THINGS, TROUBLE)
    )


def project(root: Path, *, chat: str | bytes = "", spec: str = SPEC) -> Path:
    root.mkdir(exist_ok=True)
    (root / "tuneset.yaml").write_text(spec)
    (root / "chat.jsonl").write_bytes(chat.encode() if isinstance(chat, str) else chat)
    return root


def is_an_error(said: Said, code: str, *, where: str, status: int = 3) -> None:
    """One error in the documented form and nothing else: no traceback, nothing on stdout."""
    assert (said.status, said.out) == (status, ""), said.all
    head, *rest = said.err.splitlines()
    assert head.startswith(f"error[{code}]: "), said.err
    assert rest[0].startswith(f"  --> {where}"), said.err
    assert rest[1].startswith("  fix: "), said.err
    assert "Traceback" not in said.err


def counts(root: Path) -> dict:
    summary = here("build", "--workers", "1", "--json", cwd=root).json["summary"]
    assert summary["read"] == summary["kept"] + summary["dropped"] + summary["rejected"]
    return summary


def digest(root: Path, *options: str) -> str:
    said = here("release", "--workers", "1", "--json", *options, cwd=root)
    assert said.status == 0, said.all
    return said.json["release"]


# Files


@pytest.mark.parametrize("command", ["build", "plan", "init"])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(None, "TS201", id="missing"),
        pytest.param(b"", "TS202", id="empty"),
        pytest.param(bytes(range(256)) * 40, "TS203", id="binary"),
        pytest.param(b"PK\x03\x04" + bytes(400), "TS207", id="zip"),
        pytest.param(bytes(4000), "TS203", id="zeros"),
        pytest.param(record("hello", "good day").encode("utf-16"), "TS204", id="utf-16"),
        pytest.param(record("hello", "good day").encode("utf-16-be"), "TS204", id="utf-16 without a mark"),
    ],
)
def test_a_file_that_is_no_log_is_named_with_a_fix(
    tmp_path: Path, content: bytes | None, code: str, command: str
) -> None:
    root = project(tmp_path, chat=content or b"")
    if content is None:
        (root / "chat.jsonl").unlink()
    more = ("chat.jsonl", "--force") if command == "init" else ()
    is_an_error(here(command, *more, cwd=root), code, where="chat.jsonl")


@pytest.mark.parametrize("setting", ["", ", format: openai-chat"])
def test_a_file_without_a_record_beside_others_is_named_and_stops_nothing(
    tmp_path: Path, setting: str
) -> None:
    root = project(tmp_path, chat=record("where is my kettle", "on its way"))
    (root / "tuneset.yaml").write_text(f"name: a\nsources: [{{path: '*.jsonl*'{setting}}}]\n")
    (root / "empty.jsonl").touch()
    (root / "blank.jsonl").write_bytes(b"\n \n")
    (root / "packed.jsonl.gz").write_bytes(gzip.compress(b"", mtime=0))
    names = ["blank.jsonl", "empty.jsonl", "packed.jsonl.gz"]
    planned = here("plan", cwd=root)
    assert "without a record: " in planned.err
    assert all(name in planned.all for name in names)
    assert counts(root)["files_without_a_record"] == names
    assert f"without a record: {', '.join(names)}" in here("status", cwd=root).out
    (root / "empty.jsonl").rename(root / "later.jsonl")
    assert "later.jsonl" in counts(root)["files_without_a_record"]


def test_status_says_which_source_cannot_be_read_and_sends_to_doctor(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "chat.jsonl").unlink()
    said = here("status", cwd=root)
    assert said.status == 0
    assert "the sources cannot be read now: chat.jsonl: the file does not exist" in said.out
    assert said.err == "next: tuneset doctor\n"
    doctor = here("doctor", cwd=root)
    assert doctor.status == 1
    assert "TS201" in doctor.out


def test_lines_in_another_encoding_are_rejected_one_by_one_and_the_others_stay(tmp_path: Path) -> None:
    latin = '{"messages": [{"role": "user", "content": "der Kühlschrank"}]}\n'.encode("latin-1")
    chat = record("where is my kettle", "on its way").encode() + latin + record("hi", "good day").encode()
    root = project(tmp_path, chat=chat)
    summary = counts(root)
    assert (summary["read"], summary["kept"], summary["rejects_by_reason"]) == (3, 2, {"not-utf8": 1})
    said = here("explain", "chat.jsonl:2", cwd=root)
    assert said.status == 0
    assert "not-utf8" in said.out
    assert "Kühlschrank" not in said.all


def peak_rss(root: Path) -> int:
    """Bytes that `tuneset build` needed at most."""
    script = (
        "import resource, sys; from tuneset.cli.app import run; status = run(['build', '--workers', '1']);"
    )
    script += "print(status, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run(
        [PROGRAM[0], "-c", script],
        cwd=root,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    status, kib = done.stdout.splitlines()[-1].split()
    assert status == "0", done.stderr
    return int(kib) * 1024


def test_a_line_of_200_mb_is_rejected_in_little_memory_and_its_neighbours_stay(tmp_path: Path) -> None:
    before, after = record("where is my kettle", "on its way"), record("the radio hums", "send it back")
    small = peak_rss(project(tmp_path / "small", chat=before + after))
    root = project(tmp_path / "big")
    with (root / "chat.jsonl").open("w") as file:
        file.write(before + '{"messages": [{"role": "user", "content": "')
        for _ in range(200):
            file.write("x" * 10**6)
        file.write('"}, {"role": "assistant", "content": "ok"}]}\n' + after)
    assert peak_rss(root) - small < 400 * MIB
    summary = counts(root)
    assert (summary["read"], summary["kept"], summary["rejects_by_reason"]) == (3, 2, {"line-too-long": 1})
    assert "line-too-long" in here("explain", "chat.jsonl:2", cwd=root).out


# The spec


@pytest.mark.parametrize("command", [("build",), ("plan",), ("spec", "check")])
@pytest.mark.parametrize(
    ("addition", "code", "where", "fix"),
    [
        pytest.param("dedupe: {near_jacard: 0.8}", "TS104", "tuneset.yaml:3", "near_jaccard", id="unknown"),
        pytest.param("clean: {}\nclean: {}", "TS102", "tuneset.yaml:4", "remove one", id="duplicate key"),
        pytest.param("output: {schema: answer.json}", "TS106", "", "relative to the spec", id="no schema"),
        pytest.param("output: {schema: broken.json}", "TS101", "", "mend the file", id="schema is no JSON"),
        pytest.param('output: {pattern: "(oops"}', "TS101", "tuneset.yaml", "RE2", id="output pattern"),
        pytest.param('redact: {custom: [{name: booking, pattern: "[a-"}]}', "TS101", "tuneset.yaml:3",
                     "Regular expression", id="custom pattern"),
        pytest.param("split: {test: 1.5}", "TS101", "tuneset.yaml:3", "", id="out of range"),
        pytest.param("name: [", "TS103", "tuneset.yaml:", "", id="no YAML"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_spec_is_found_before_anything_is_read(
    tmp_path: Path, addition: str, code: str, where: str, fix: str, command: tuple[str, ...]
) -> None:
    root = project(tmp_path, chat=record("hello", "good day"), spec=SPEC + addition + "\n")
    (root / "broken.json").write_text('{"type":\n oops')
    said = here(*command, cwd=root)
    is_an_error(said, code, where=where)
    assert fix in said.err
    if "schema" in addition:
        assert re.search(r"--> .*(answer\.json|broken\.json:2)$", said.err, re.MULTILINE), said.err
    assert not list(root.glob(".tuneset/builds/*"))


@pytest.mark.parametrize("invalid", ["drop", "flag"])
def test_a_label_outside_the_set_is_dropped_or_flagged_with_its_reason(tmp_path: Path, invalid: str) -> None:
    spec = "name: shop\ntask: classification\nsources: [{path: chat.csv}]\n"
    root = project(tmp_path, spec=f"{spec}output: {{labels: [order, fault], invalid: {invalid}}}\n")
    (root / "chat.csv").write_text("text,label\nwhere is my kettle,order\nit hums,fault\nI am lost,weather\n")
    summary = counts(root)
    assert (summary["read"], summary["kept"]) == (3, 2 if invalid == "drop" else 3)
    said = here("explain", "chat.csv:4", cwd=root)
    assert "output-not-a-label" in said.out
    assert ("dropped" in said.out, "flagged" in said.out) == (invalid == "drop", invalid == "flag")


# The disk


@contextmanager
def mounted(place: Path, *, size: str) -> Iterator[Path]:
    """A file system in memory; the test is skipped, visibly, where we may not mount one."""
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this user may not mount a file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def remount(place: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", place], check=True)


@pytest.fixture
def bounded(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", size="3m") as place:
        yield place


def test_a_full_disk_is_told_and_a_rerun_with_more_room_gives_the_same_release(
    bounded: Path, tmp_path: Path
) -> None:
    chat = logs(26)
    assert MIB < len(chat) < 2 * MIB
    for workers in "12":
        said = tuneset("build", "--workers", workers, cwd=project(bounded, chat=chat))
        is_an_error(said, "TS302", where=f"{bounded}/.tuneset")
        for room in ("builds", "releases", "refs", "tmp"):
            assert list((bounded / ".tuneset" / room).iterdir()) == []
    remount(bounded, "size=90m")
    assert here("build", "--workers", "1", cwd=bounded).status == 0
    assert counts(bounded)["read"] == 26 * 60
    assert digest(bounded) == digest(project(tmp_path / "elsewhere", chat=chat))


def test_a_read_only_directory_is_told_and_what_is_there_can_still_be_looked_at(bounded: Path) -> None:
    remount(bounded, "size=90m")
    root = project(bounded, chat=logs())
    remount(bounded, "ro")
    for command in ("build", "release"):
        is_an_error(here(command, cwd=root), "TS303", where=f"{root}/.tuneset")
    remount(bounded, "rw")
    made = digest(root)
    remount(bounded, "ro")
    assert here("verify", made[:12], cwd=root).status == 0
    for command in (("plan",), ("status",), ("explain", "chat.jsonl:1")):
        said = here(*command, cwd=root)
        assert said.status == 0, said.all
    is_an_error(here("build", cwd=root), "TS303", where=f"{root}/.tuneset")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project(tmp_path_factory.mktemp("shop") / "shop", chat=logs(2))
    digest(root)
    return root


def copied(original: Path, to: Path) -> Path:
    subprocess.run(["cp", "-r", original, to], check=True)
    return to


def test_damage_in_any_file_of_the_cache_is_said_aloud_and_gives_the_same_release(
    original: Path, tmp_path: Path
) -> None:
    root = copied(original, tmp_path / "shop")
    made = digest(root)
    parts = [
        path.parent for path in root.glob(".tuneset/cache/*/examples.arrow")
    ]  # links are read when new ones come
    names = sorted(path.relative_to(root) for part in parts for path in part.iterdir() if path.name != STAMPS)
    assert len(names) > 5
    for number, name in enumerate(names):
        content = bytearray((root / name).read_bytes())
        if number % 2:
            del content[len(content) // 2 :]
        else:
            content[len(content) // 2] ^= 0x20
        (root / name).write_bytes(content)
        said = here("release", "--workers", "1", "--json", cwd=root)
        assert said.status == 0, (name, said.all)
        assert "is damaged" in said.err, name
        assert said.json["release"] == made, name
    assert here("verify", cwd=root).status == 0


# Processes


@contextmanager
def started(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own that listens to Ctrl-C; ended, with its children, if a test fails."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments], cwd=cwd, env=clean_environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509, ours may be ignored
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def of_session(session: int) -> list[psutil.Process]:
    """Living processes of a session, workers included."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def test_of_two_builds_at_once_one_waits_and_both_succeed(tmp_path: Path) -> None:
    root = project(tmp_path / "shop", chat=logs(12))
    with (
        started("release", "--workers", "1", "--json", cwd=root) as one,
        started("release", "--workers", "1", "--json", cwd=root) as two,
    ):
        told = [process.communicate() for process in (one, two)]
    assert [one.returncode, two.returncode] == [0, 0], told
    assert any("another build works in this project" in err for _, err in told)
    alone = digest(project(tmp_path / "alone", chat=logs(12)))
    assert {json.loads(out)["release"] for out, _ in told} == {alone}


def until_busy(process: subprocess.Popen[str], *, children: int = 0) -> None:
    """Waits until it has started that many workers, each past its own start."""
    for _ in range(1200):
        assert process.poll() is None, process.communicate()
        if len([p for p in of_session(process.pid) if p.cpu_times().user > 0.3]) > children:
            return
        time.sleep(0.05)
    pytest.fail("the workers did not start")


def test_a_build_that_must_not_wait_refuses_and_names_the_process(tmp_path: Path) -> None:
    root = project(tmp_path / "shop", chat=logs(12))
    lock = root / ".tuneset" / "lock"
    with started("build", "--workers", "1", cwd=root) as first:
        while not (lock.exists() and lock.read_text().strip()):
            assert first.poll() is None, first.communicate()
            time.sleep(0.005)
        first.send_signal(signal.SIGSTOP)  # however fast it is, it does not finish before the second asks
        said = here("build", "--no-wait", cwd=root)
        first.send_signal(signal.SIGCONT)
        first.communicate()
    is_an_error(said, "TS304", where=f"{root}/.tuneset/lock")
    assert f"(process {first.pid})" in said.err
    assert first.returncode == 0


def test_ctrl_c_ends_every_process_and_a_rerun_gives_the_same_release(tmp_path: Path) -> None:
    root = project(tmp_path / "shop", spec="name: shop\nsources: [{path: logs}]\n")
    (root / "logs").mkdir()
    for number in range(8):
        (root / "logs" / f"{number}.jsonl").write_text(logs(16).replace("weeks", f"weeks and {number} days"))
    with started("build", "--workers", "2", cwd=root) as build:
        until_busy(build, children=2)
        os.killpg(build.pid, signal.SIGINT)  # as a terminal does: everybody in the foreground gets it
        out, err = build.communicate(timeout=60)
        left = of_session(build.pid)
    assert (build.returncode, out) == (130, ""), err
    assert err == "stopped; run the same command again, finished parts are kept\n"
    assert left == []
    assert not any((root / ".tuneset" / "builds").iterdir())
    interrupted = digest(root)
    (tmp_path / "other").mkdir()
    subprocess.run(["cp", "-r", root / "logs", root / "tuneset.yaml", tmp_path / "other"], check=True)
    assert digest(tmp_path / "other") == interrupted


# The command line


def test_a_gate_that_fails_ends_with_1_and_leaves_no_release(tmp_path: Path) -> None:
    root = project(tmp_path, chat=logs(), spec=SPEC + "gates: {min_examples: 500}\n")
    assert here("build", "--workers", "1", cwd=root).status == 0
    said = here("release", "--workers", "1", cwd=root)
    assert (said.status, said.out) == (1, "")
    assert re.search(
        r"error\[TS403\]: gate `min_examples` fails: [\d,]+ training examples, at least 500", said.err
    )
    assert "fix: mend the data or change the gate in tuneset.yaml" in said.err
    assert not any((root / ".tuneset" / "releases").iterdir())
    assert here("verify", cwd=root).status == 2


@pytest.mark.parametrize(
    ("arguments", "code", "fix"),
    [
        (("frobnicate",), "TS502", "`tuneset --help` lists the commands"),
        (("bulid",), "TS502", "did you mean `tuneset build`?"),
        (("build", "--speed"), "TS501", "`tuneset build --help` shows"),
        (("build", "--workers", "many"), "TS501", "`tuneset build --help` shows"),
        (("explain",), "TS501", "`tuneset explain --help` shows"),
        (("export",), "TS501", "`tuneset export --help` shows"),
    ],
)
def test_a_wrong_command_line_ends_with_2(arguments: tuple[str, ...], code: str, fix: str) -> None:
    said = here(*arguments)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"error[{code}]: ")
    assert fix in said.err


@pytest.mark.parametrize("arguments", [("explain", "chat.jsonl:1"), ("status", "--json"), ("spec", "schema")])
def test_a_closed_pipe_ends_a_command_quietly(original: Path, arguments: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=original, env=clean_environment(), check=False,
        stdout=write, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


COMMANDS = (
    ("plan",), ("build",), ("status",), ("explain", "chat.jsonl:1"), ("release",), ("verify",), ("doctor",),
    ("diff", "latest", "latest"), ("spec", "check"), ("spec", "explain", "dedupe"), ("spec", "schema"),
    ("export", "--for", "trl", "--to", "out"), ("init", "chat.jsonl", "--dir", ".", "--force"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_json_of_every_command_is_one_object_with_a_schema_version(
    original: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    said = here(*command, "--json", cwd=copied(original, tmp_path / "shop"))
    assert said.status == 0, said.all
    assert said.json["schema_version"] == 1
    assert {"next", "error"} & said.json.keys()
    assert said.err == ""


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != ("spec", "schema")], ids=" ".join)
def test_in_40_columns_and_without_colours_nothing_is_cut_or_painted(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    root = copied(original, tmp_path / "shop")
    monkeypatch.setenv("NO_COLOR", "1")
    wide = here(*command, cwd=root).all
    root = copied(original, tmp_path / "again")
    monkeypatch.setenv("COLUMNS", "40")
    narrow = here(*command, cwd=root)
    assert narrow.status == 0
    assert "\x1b" not in narrow.all
    assert [line for line in narrow.all.splitlines() if len(line) > 40 and " " in line.strip()] == []
    numbers = re.compile(r"\b\d+\b")
    if command[0] != "doctor":  # what is free on the disk changes meanwhile
        assert set(numbers.findall(wide)) <= set(numbers.findall(narrow.all))
