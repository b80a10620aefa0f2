"""A model behind an endpoint tags what nothing else decided: asked once, kept, checked, told no secret.

The endpoint is a real HTTP server in a thread; what it was asked is looked at byte by byte.
"""

import re
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest

import tuneset
from build.things import THINGS
from terminal import here
from tuneset.build.explain import explain
from tuneset.build.report.page import render
from tuneset.build.run import stale
from tuneset.build.tagging import asking, endpoint
from tuneset.core.errors import ServiceError, SpecError
from tuneset.release.gates import evaluate

CANARY = "quillfeather40417@example.com"
KEY = "sk-nobody-may-see-this-40417"

Answering = Callable[[str, int], tuple[int, dict[str, str], bytes]]
"""Text of the conversation and how often it was asked before → status, headers, body."""


def completion(text: str | None) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, orjson.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]})


def by_thing(text: str, _times: int) -> tuple[int, dict[str, str], bytes]:
    """Boats and trains are `travel`, shoes and cups `shopping`, nothing else is known."""
    kinds = {"boat": "travel", "train": "travel", "shoe": "shopping", "cup": "shopping"}
    value = next((kind for thing, kind in kinds.items() if f"the {thing}" in text), "unknown")
    return completion(f'```json\n{{"value": "{value}"}}\n```')


@dataclass
class Served:
    """A server and all that it was asked."""

    url: str = ""
    answering: Answering = by_thing
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def asked(self) -> Counter[str]:
        return Counter(conversation(body) for body in self.bodies)


def conversation(body: bytes) -> str:
    return orjson.loads(orjson.loads(body)["messages"][-1]["content"])["conversation"]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    known, lock = Served(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                times = known.asked[conversation(body)]
                known.bodies.append(body)
                known.headers.append(dict(self.headers))
                known.paths.append(self.path)
            status, headers, answer = known.answering(conversation(body), times)
            try:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)
            except OSError:  # who asked was not patient enough
                return

        def log_message(self, *_: object) -> None:
            """Nothing of it in the output of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    known.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(endpoint, "PATIENCE", endpoint.Patience(3, 0.01, 0.05, 0.5))
    yield known
    server.shutdown()
    server.server_close()


def folder(
    root: Path,
    served: Served,
    *,
    count: int = 12,
    factor: dict[str, Any] | None = None,
    test: float = 0.0,
    **model: Any,
) -> Path:
    """A project with a question about each thing; the first is decided by a rule, the last is said twice."""
    root.mkdir(exist_ok=True)
    texts = [f"Tell {CANARY} all about the {thing} of number {i}." for i, thing in enumerate(THINGS[:count])]
    rows = [
        {
            "messages": [
                {"role": "user", "content": text},
                {"role": "assistant", "content": f"It is red, {n}."},
            ]
        }
        for n, text in enumerate(texts)
    ]
    (root / "chats.jsonl").write_bytes(b"\n".join(map(orjson.dumps, [*rows, rows[-1]])))
    spec = {
        "name": "chats",
        "sources": [{"path": "chats.jsonl", "name": "s"}],
        "coverage": {
            "factors": {
                "topic": {
                    "values": ["travel", "shopping", "home"],
                    "rules": [{"value": "home", "when": {"input": "lamp"}}],
                    "model": {"endpoint": served.url, "name": "tiny-1", **model},
                    **(factor or {}),
                }
            },
            "cells": [{"where": {"topic": "travel"}, "train": 2}],
        },
        "split": {"validation": 0, "test": test},
        "dedupe": {"near": False, "semantic": False},
        "export": [],
    }
    (root / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    return root


def built(root: Path) -> tuneset.Build:
    return tuneset.open(root).build(workers=1)


def counts(build: tuneset.Build) -> dict[str, int]:
    found = build.matrix["factors"]["topic"]
    return {value: count["examples"] for value, count in found.items() if count["examples"]}


def files(build: tuneset.Build) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(build.dir.iterdir())}


def test_only_what_nothing_else_decided_is_asked_and_only_once(tmp_path: Path, served: Served) -> None:
    build = built(folder(tmp_path / "p", served))
    assert counts(build) == {"travel": 2, "shopping": 2, "home": 1, "unknown": 7}
    assert set(served.asked.values()) == {1}  # the repeated example too
    assert len(served.bodies) == 11
    assert not any("lamp" in text for text in served.asked)
    assert set(served.paths) == {"/v1/chat/completions"}
    sent = orjson.loads(served.bodies[0])
    assert (sent["model"], sent["temperature"], sorted(sent)) == (
        "tiny-1",
        0,
        ["messages", "model", "temperature"],
    )
    assert all(
        f'"{value}"' in sent["messages"][0]["content"] for value in ("travel", "shopping", "home", "unknown")
    )


def test_a_rerun_and_a_rebuild_ask_nothing_and_give_the_same_bytes(tmp_path: Path, served: Served) -> None:
    root = folder(tmp_path / "p", served, test=0.3)
    first = built(root)
    before, asked = files(first), len(served.bodies)
    assert len(first.test_ids())
    assert not stale(tuneset.open(root).plan(), tuneset.open(root).workspace)
    assert built(root).fingerprint == first.fingerprint
    shutil.rmtree(root / ".tuneset" / "cache")
    shutil.rmtree(root / ".tuneset" / "builds")
    served.answering = lambda *_: (500, {}, b"")  # as if offline
    again = built(root)
    assert (again.fingerprint, files(again)) == (first.fingerprint, before)
    assert len(served.bodies) == asked


def test_other_answers_are_another_build(tmp_path: Path, served: Served) -> None:
    root = folder(tmp_path / "p", served, test=0.3)
    first = built(root)
    shutil.rmtree(root / ".tuneset" / "answers")
    assert stale(tuneset.open(root).plan(), tuneset.open(root).workspace)
    served.answering = lambda *_: completion('{"value": "shopping"}')
    second = built(root)
    assert second.fingerprint != first.fingerprint
    assert counts(second) == {"home": 1, "shopping": 11}
    assert counts(first)["travel"] == 2  # what was built stays what it is
    lost = next((root / ".tuneset" / "answers").glob("*.jsonl"))  # the answers alone, not what used them
    lost.unlink()
    shutil.rmtree(root / ".tuneset" / "builds")
    served.answering = by_thing
    assert counts(built(root)) == counts(first)


def test_the_same_answers_from_another_place_or_in_another_order_are_the_same_tags(
    tmp_path: Path, served: Served
) -> None:
    one = built(folder(tmp_path / "one", served))

    def slow(text: str, times: int) -> tuple[int, dict[str, str], bytes]:
        time.sleep(0.02 * (len(text) % 5))
        return by_thing(text, times)

    served.answering = slow
    two = built(folder(tmp_path / "two", served))
    assert one.fingerprint != two.fingerprint  # each project has a key of its own
    assert counts(one) == counts(two)
    shutil.copytree(tmp_path / "one" / ".tuneset" / "answers", tmp_path / "one" / "kept")
    folder(tmp_path / "one", served, endpoint="http://127.0.0.1:9/v1")  # nobody is there
    assert counts(built(tmp_path / "one")) == counts(one)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("Certainly! It is about travel.", "not-json"),
        ('{"value": "cruise"}', "not-a-value"),
        ('{"value": 3}', "not-json"),
        ('{"value": {"value": []}}', "not-json"),
        ("", "no-content"),
        (None, "no-content"),
        ('<think>{"value": "travel"}</think>', "no-content"),
    ],
)
def test_a_bad_answer_gives_no_value_and_says_so(
    tmp_path: Path, served: Served, answer: str | None, why: str
) -> None:
    served.answering = lambda *_: completion(answer)
    build = built(folder(tmp_path / "p", served, count=3))
    assert counts(build) == {"home": 1, "unknown": 2}
    (entry,) = orjson.loads((build.dir / "model_tags.json").read_bytes())
    assert (entry["tagged"], entry["no_value"]) == (0, {why: 3})  # the one said twice counts twice
    asked = len(served.bodies)
    assert counts(built(tmp_path / "p")) == counts(build)
    assert len(served.bodies) == asked


def test_case_and_thoughts_around_a_value_do_no_harm(tmp_path: Path, served: Served) -> None:
    served.answering = lambda *_: completion('<think>{"value": "home"}?</think> So: {"value": " Travel "}.')
    assert counts(built(folder(tmp_path / "p", served, count=3))) == {"home": 1, "travel": 2}


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_endpoint_is_asked_again(tmp_path: Path, served: Served, status: int) -> None:
    def busy(text: str, times: int) -> tuple[int, dict[str, str], bytes]:
        return by_thing(text, times) if times else (status, {"Retry-After": "0"}, b"busy")

    served.answering = busy
    assert counts(built(folder(tmp_path / "p", served)))["travel"] == 2
    assert set(served.asked.values()) == {2}


def test_an_endpoint_that_stays_away_ends_the_run_and_what_was_answered_is_kept(
    tmp_path: Path, served: Served
) -> None:
    served.answering = lambda text, times: (
        by_thing(text, times) if "boat" in text or "shoe" in text else (500, {}, text.encode())
    )
    root = folder(tmp_path / "p", served)
    said = here("build", cwd=root)
    assert said.status == 4
    assert "error[TS701]" in said.err
    assert "HTTP 500, 3 tries" in said.err
    assert "coverage.factors.topic.model.endpoint" in said.err
    assert not re.search("quillfeather|boat|shoe|river|about the", said.all)
    (kept,) = (root / ".tuneset" / "answers").glob("*.jsonl")
    before = kept.read_bytes()
    served.answering = by_thing
    assert counts(built(root))["travel"] == 2
    assert kept.read_bytes().startswith(before)
    told = [orjson.loads(line)["content_id"] for line in kept.read_bytes().splitlines()]
    assert len(told) == len(set(told)) == 11


def test_a_build_killed_on_the_way_goes_on_where_it_was(
    tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "THREADS", 1)
    root = folder(tmp_path / "p", served)
    expected = counts(built(folder(tmp_path / "q", served)))
    served.bodies.clear()

    def interrupted(text: str, times: int) -> tuple[int, dict[str, str], bytes]:
        return (401, {}, b"") if len(served.bodies) > 5 else by_thing(text, times)

    served.answering = interrupted
    with pytest.raises(ServiceError) as problem:
        built(root)
    assert problem.value.code == "TS702"
    (kept,) = (root / ".tuneset" / "answers").glob("*.jsonl")
    lines = kept.read_bytes()
    assert lines.count(b"\n") == 5
    kept.write_bytes(lines[:-9])  # and the last line was cut off
    served.bodies.clear()
    served.answering = by_thing
    assert counts(built(root)) == expected
    assert len(served.bodies) == 11 - 4


def test_silence_is_an_end_too(tmp_path: Path, served: Served) -> None:
    def silent(text: str, times: int) -> tuple[int, dict[str, str], bytes]:
        time.sleep(0.8)
        return by_thing(text, times)

    served.answering = silent
    with pytest.raises(ServiceError, match=r"no answer within 0\.5 s, 3 tries"):
        built(folder(tmp_path / "p", served, count=2))


def test_nobody_there_is_told_in_words(tmp_path: Path, served: Served) -> None:
    with pytest.raises(ServiceError, match="connection refused, 3 tries") as problem:
        built(folder(tmp_path / "p", served, count=2, endpoint="http://127.0.0.1:9/v1"))
    assert problem.value.exit_status == 4


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((404, {}, b"no such model"), "TS703"),
        ((307, {"Location": "http://127.0.0.1:9/v1/chat/completions"}, b""), "TS703"),
        ((400, {}, b"no such parameter"), "TS703"),
        ((403, {}, b""), "TS702"),
        ((200, {}, b"<html>"), "TS701"),
    ],
)
def test_whoever_is_no_such_model_is_told_from_one_that_is_away(
    tmp_path: Path, served: Served, answer: tuple[int, dict[str, str], bytes], code: str
) -> None:
    served.answering = lambda *_: answer
    with pytest.raises(ServiceError) as problem:
        built(folder(tmp_path / "p", served, count=3))
    assert problem.value.code == code


def test_one_example_that_is_not_taken_does_not_stop_the_others(tmp_path: Path, served: Served) -> None:
    served.answering = lambda text, times: (413, {}, b"") if "shoe" in text else by_thing(text, times)
    root = folder(tmp_path / "p", served)
    build = built(root)
    assert counts(build) == {"travel": 2, "shopping": 1, "home": 1, "unknown": 8}
    assert orjson.loads((build.dir / "model_tags.json").read_bytes())[0]["no_value"] == {"refused": 1}


def test_a_model_that_overrides_is_asked_about_all(tmp_path: Path, served: Served) -> None:
    served.answering = lambda text, _: completion("?" if "lamp" in text else '{"value": "travel"}')
    build = built(folder(tmp_path / "p", served, overrides=True))
    assert len(served.asked) == 12
    assert counts(build) == {"travel": 11, "home": 1}  # no answer takes nothing away


def test_nothing_of_a_person_and_no_key_goes_where_it_should_not(
    tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    root = folder(tmp_path / "p", served, api_key_env="MY_KEY")
    said = here("build", cwd=root)
    assert said.status == 0
    assert {headers["Authorization"] for headers in served.headers} == {f"Bearer {KEY}"}
    assert b"quillfeather" not in b"".join(served.bodies)
    assert all("[EMAIL" in text for text in served.asked)
    served.answering = lambda *_: (401, {}, KEY.encode())
    shutil.rmtree(root / ".tuneset" / "answers")
    denied = here("build", cwd=root)
    assert denied.status == 4
    assert "`MY_KEY`" in denied.err
    debugged = here("--debug", "build", cwd=root)
    kept = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    assert KEY not in said.all + denied.all + debugged.all
    assert KEY.encode() not in kept


@pytest.mark.parametrize(("key", "what"), [(None, "is not set"), (" ", "is not set"), ("a\tb", "no key has")])
def test_a_missing_or_impossible_key_is_named_by_its_variable(
    tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch, key: str | None, what: str
) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    root = folder(tmp_path / "p", served, count=3, api_key_env="MY_KEY")
    if key is not None:
        monkeypatch.setenv("MY_KEY", key)
    with pytest.raises(SpecError, match="MY_KEY") as problem:
        built(root)
    assert what in problem.value.what
    assert (problem.value.code, problem.value.where) == ("TS120", "coverage.factors.topic.model.api_key_env")
    assert not served.bodies
    monkeypatch.setenv("MY_KEY", KEY)
    built(root)
    monkeypatch.delenv("MY_KEY")
    shutil.rmtree(root / ".tuneset" / "builds")
    built(root)  # all is answered: no key is needed


def test_the_guideline_is_part_of_the_question(tmp_path: Path, served: Served) -> None:
    root = folder(tmp_path / "p", served, count=3, prompt="guide.md")
    with pytest.raises(SpecError, match=r"guide\.md"):
        built(root)
    (root / "guide.md").write_text("Boats are always travel.")
    first = built(root)
    assert "Boats are always travel." in orjson.loads(served.bodies[0])["messages"][0]["content"]
    (root / "guide.md").write_text("Boats are never travel.")
    asked = len(served.bodies)
    assert built(root).fingerprint != first.fingerprint
    assert len(served.bodies) == 2 * asked


def test_lineage_report_and_spot_checks_know_the_model(tmp_path: Path, served: Served) -> None:
    root = folder(tmp_path / "p", served)
    build = built(root)
    (entry,) = orjson.loads((build.dir / "model_tags.json").read_bytes())
    travel = next(value for value in entry["values"] if value["value"] == "travel")
    assert (entry["tagged"], travel["tagged"], travel["checked"], travel["at_least"]) == (11, 2, 0, None)
    assert "none of these tags was checked" in render(build, gates=evaluate(build))
    (life,) = explain(build, travel["to_check"][0])
    told = "tagged topic=travel: the model tiny-1 was asked and says so"
    assert told in [step.words for step in life.steps]
    spec = orjson.loads((root / "tuneset.yaml").read_bytes())
    spec["coverage"]["spot_checks"] = "checks.csv"
    (root / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    right = zip(travel["to_check"], ("travel", "home"), strict=True)
    lines = [f"{origin},topic,{value}\n" for origin, value in right]
    (root / "checks.csv").write_text("origin_id,factor,value_correct\n" + "".join(lines))
    asked = len(served.bodies)
    checked = built(root)
    assert len(served.bodies) == asked
    (entry,) = orjson.loads((checked.dir / "model_tags.json").read_bytes())
    travel = next(value for value in entry["values"] if value["value"] == "travel")
    assert (travel["checked"], travel["right"], travel["precision"], travel["to_check"]) == (2, 1, 0.5, [])
    assert checked.matrix["targets"][0]["sure"]["train"] == 0  # 2 × .025: nothing is certain
    assert "2 of these tags were checked" in render(checked, gates=evaluate(checked))


@pytest.mark.parametrize(
    ("model", "factor"),
    [
        ({"endpoint": "ftp://host/v1"}, {}),
        ({"endpoint": f"https://user:{KEY}@host/v1"}, {}),
        ({"endpoint": f"https://host/v1?key={KEY}"}, {}),
        ({"endpoint": "host:8000/v1"}, {}),
        ({"api_key_env": KEY}, {}),
        ({}, {"values": None}),
    ],
)
def test_a_spec_that_cannot_work_or_holds_a_key_is_refused(
    tmp_path: Path, served: Served, model: dict[str, str], factor: dict[str, Any]
) -> None:
    root = folder(tmp_path / "p", served, count=2, factor=factor, **{"endpoint": served.url, **model})
    said = here("build", cwd=root)
    assert said.status == 3
    assert "topic" in said.err
    assert KEY not in said.all


def test_checks_of_rules_say_nothing_about_a_model(tmp_path: Path, served: Served) -> None:
    served.answering = lambda *_: completion('{"value": "home"}')
    root = folder(tmp_path / "p", served)
    build = built(root)
    (entry,) = orjson.loads((build.dir / "model_tags.json").read_bytes())
    (home,) = entry["values"]
    assert (home["tagged"], counts(build)) == (11, {"home": 12})
    ids = {row["origin_id"].hex() for row in build.verdicts(["origin_id"]).to_pylist()}
    by_rule = [origin for origin in sorted(ids) if _tagged_by(build, origin) is None]
    assert len(by_rule) == 1
    spec = orjson.loads((root / "tuneset.yaml").read_bytes())
    spec["coverage"] |= {"spot_checks": "checks.csv", "cells": [{"where": {"topic": "home"}, "train": 4}]}
    (root / "tuneset.yaml").write_bytes(orjson.dumps(spec))
    bounds = []
    for checked in (by_rule, by_rule + home["to_check"]):
        lines = [f"{origin},topic,home\n" for origin in checked]
        (root / "checks.csv").write_text("origin_id,factor,value_correct\n" + "".join(lines))
        bounds.append(built(root).matrix["spot_checks"][0]["at_least"])
    # one right of one, .05 at least, of a twelfth; then also eleven of eleven, both at 97.5 %
    assert bounds[0] == pytest.approx(0.05 / 12, abs=1e-4)
    assert bounds[1] == pytest.approx((0.025 + 11 * 0.025 ** (1 / 11)) / 12, abs=1e-4)


def _tagged_by(build: tuneset.Build, origin: str) -> str | None:
    (life,) = explain(build, origin)
    told = [step.words for step in life.steps if step.words.startswith("tagged ")]
    return told[0] if told else None
