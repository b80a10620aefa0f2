"""From a folder of mixed logs to an exported file, following only what the program itself says."""

import json
import re
import shlex
from itertools import product
from pathlib import Path

import pytest

from terminal import Said, here, tuneset

THINGS = ("kettle", "lantern", "bookshelf", "radio", "scarf", "clock", "tent", "trumpet", "mirror", "ladder")
TROUBLE = ("arrived with a crack", "never left the depot", "is too loud at night", "has the wrong colour")
PLACES = ("Lisbon", "Oslo", "Turin", "Ghent")


def pairs(opening: str) -> list[tuple[str, str]]:
    """40 questions and answers that no other opening has."""
    return [
        (
            f"{opening}: the {thing} {trouble}, what now?",
            f"{opening}. We look after your {thing}, part {i}-{k}.",
        )
        for (i, thing), (k, trouble) in product(enumerate(THINGS), enumerate(TROUBLE))
    ]


def jsonl(rows: list[dict]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def messages(question: str, answer: str) -> dict:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": turns}


FILES = ("alpaca.json", "chat.jsonl", "prompts.jsonl", "sharegpt.jsonl")
BAD_LINE = 41


def write_logs(folder: Path) -> None:
    """Four formats of 40 records each; one chat more is an exact twin, one line is cut off."""
    folder.mkdir()
    chat = [messages(q, a) for q, a in pairs("By chat")]
    whole = jsonl(chat)
    cut = json.dumps(chat[3])[:-20] + "\n"
    twin = jsonl([messages(*(text.upper() for text in pairs("By chat")[0])) | {"session": "two"}])
    (folder / "chat.jsonl").write_text(whole + cut + twin)
    (folder / "sharegpt.jsonl").write_text(
        jsonl(
            [
                {"conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": a}]}
                for q, a in pairs("Over the phone my aunt told me")
            ]
        )
    )
    alpaca = [{"instruction": q, "input": "", "output": a} for q, a in pairs("A letter from a customer says")]
    (folder / "alpaca.json").write_text(json.dumps(alpaca, indent=1))
    prompts = [{"prompt": q, "completion": a} for q, a in pairs("Somebody shouted across the counter")]
    (folder / "prompts.jsonl").write_text(jsonl(prompts))


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "CI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stranger") / "shop"
    root.mkdir()
    write_logs(root / "logs")
    return root


def follow(said: Said, *, cwd: Path) -> tuple[str, Said]:
    """Runs the command that `next:` names."""
    assert said.status == 0, said.all
    (line,) = [line for line in said.err.splitlines() if line.startswith("next: ")]
    program, *arguments = shlex.split(line.removeprefix("next: "))
    assert program == "tuneset"
    return " ".join(arguments), here(*arguments, cwd=cwd)


def test_the_hints_lead_from_a_folder_of_logs_to_a_verified_release(shop: Path) -> None:
    init = here("init", "logs", cwd=shop)
    for name, connector in zip(
        FILES, ("alpaca", "openai-chat", "prompt-completion", "sharegpt"), strict=True
    ):
        assert f"logs/{name}: {connector} (" in init.out
    assert "1 of them become no example: not-json" in init.out
    assert "task: instruction, because" in init.out
    command, plan = follow(init, cwd=shop)
    assert command == "plan"
    assert "4 files" in plan.out
    assert all(f"logs/{name}" in plan.out for name in FILES)
    assert "0 of 4 parts are in the cache, 4 to do" in plan.out
    command, build = follow(plan, cwd=shop)
    assert command == "build"
    assert "read 162: 161 examples, 1 rejected" in build.out
    assert "kept 160, of which 0 with a question; dropped 1" in build.out
    assert "dedupe/exact-twin  1" in build.out
    (split,) = [line for line in build.out.splitlines() if line.startswith("  split: ")]
    assert sum(map(int, re.findall(r"\d+", split))) == 160
    assert not re.search(r"\b0\b", split)
    command, release = follow(build, cwd=shop)
    assert command == "release"
    assert split.removeprefix("  split: ") in release.out
    assert "pass  leak_twins" in release.out
    assert "for openai: 160 examples\n" in release.out
    assert str(shop) not in release.all
    command, verify = follow(release, cwd=shop)
    assert command.startswith("verify ")
    assert verify.status == 0
    assert "is whole:" in verify.out
    assert "160 rows" in verify.out


@pytest.fixture(scope="module")
def built(shop: Path) -> Path:
    if not (shop / "tuneset.yaml").exists():
        assert here("init", "logs", cwd=shop).status == 0
    assert here("release", cwd=shop).status == 0
    return shop


def test_status_knows_the_release_by_its_name_and_nothing_is_to_be_done(built: Path) -> None:
    said = here("status", cwd=built)
    assert "up to date" in said.out
    test = here("status", "--json", cwd=built).json["summary"]["splits"]["test"]
    assert f"sealed test set: {test} examples" in said.out
    (line,) = [line for line in said.out.splitlines() if "releases:" in line]
    assert line.endswith(" (latest)")
    assert follow(said, cwd=built)[1].status == 0
    assert "everything is in the cache" in here("plan", cwd=built).out


@pytest.mark.parametrize("command", [("explain", "logs/chat.jsonl:2"), ("verify", "latest"), ("status",)])
def test_a_process_of_its_own_says_nothing_at_its_end_that_was_not_asked(
    built: Path, command: tuple[str, ...]
) -> None:
    said = tuneset(*command, cwd=built)
    assert said.status == 0
    assert (said.out, said.err) == (here(*command, cwd=built).out, here(*command, cwd=built).err)


@pytest.mark.parametrize("name", FILES)
def test_a_line_of_every_format_leads_to_an_example_and_its_id_leads_back(built: Path, name: str) -> None:
    said = here("explain", f"logs/{name}:{3 if name != 'alpaca.json' else 2}", cwd=built)
    assert said.status == 0, said.all
    assert f"read from logs/{name}:" in said.out
    identity, outcome = said.out.splitlines()[0].split(": ")
    assert outcome == "kept"
    assert here("explain", identity[:10], cwd=built).out == said.out


def test_the_dropped_twin_leads_to_the_one_that_stays(built: Path) -> None:
    told = {n: here("explain", f"logs/chat.jsonl:{n}", cwd=built) for n in (1, BAD_LINE + 1)}
    (dropped,) = [said for said in told.values() if said.out.splitlines()[0].endswith(": dropped")]
    assert "dropped by dedupe, exact-twin" in dropped.out
    command, kept = follow(dropped, cwd=built)
    assert command.startswith("explain ")
    assert kept.out.splitlines()[0].endswith(": kept")
    assert "stays in place of 1 (exact-twin)" in kept.out


def test_a_rejected_line_is_named_with_its_reason(built: Path) -> None:
    said = here("explain", f"logs/chat.jsonl:{BAD_LINE}", cwd=built)
    assert said.status == 0
    assert said.out.startswith(f"chat.jsonl:{BAD_LINE}: rejected")
    assert "not-json" in said.out


def test_an_export_holds_the_split_that_was_asked_for(built: Path) -> None:
    said = here("export", "--for", "openai", "--split", "test", "--to", "out/test.jsonl", cwd=built)
    assert said.status == 0, said.all
    assert "wrote out/test.jsonl" in said.out
    rows = [json.loads(line) for line in (built / "out" / "test.jsonl").read_text().splitlines()]
    assert len(rows) == here("status", "--json", cwd=built).json["summary"]["splits"]["test"]
    assert all(row["messages"][-1]["role"] == "assistant" for row in rows)
    again = here("export", "--for", "openai", "--split", "test", "--to", "out/test.jsonl", cwd=built)
    assert (again.status, "--force" in again.err) == (2, True)


def test_more_logs_make_a_second_release_and_the_difference_is_told(built: Path) -> None:
    old = here("release", "--json", cwd=built).json
    more = [messages(f"From {place}: {q}", a) for place in PLACES for q, a in pairs("Late at night")[:10]]
    with (built / "logs" / "chat.jsonl").open("a") as file:
        file.write(jsonl(more))
    status = here("status", cwd=built)
    assert "stale, the logs have changed; 1 of 4 parts to do" in status.out
    command, build = follow(status, cwd=built)
    assert (command, build.status) == ("build", 0)
    new = here("release", "--json", cwd=built).json
    assert new["release"] != old["release"]
    said = here("diff", old["release"][:12], "latest", "--json", cwd=built)
    assert said.status == 0, said.all
    was, now = (sum(release["manifest"]["splits"].values()) for release in (old, new))
    text = here("diff", old["release"][:12], "latest", cwd=built)
    assert text.status == 0
    counts = said.json["counts"]
    assert counts["added"] - counts["removed"] == now - was > 0
    assert re.search(rf"added +{counts['added']}\b", text.out)
    assert here("verify", old["release"][:12], cwd=built).status == 0
