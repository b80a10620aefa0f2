"""Passages that many examples share are found, shown redacted, and make nobody a twin."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from terminal import here

FOOTER = (
    "This message and what is attached to it are meant for the person named above; whoever received it by "
    "mistake should tell the sender otto.fuchs@example.org and delete it without reading or copying it."
)
THINGS = ("kettle", "lantern", "bookshelf", "radio", "scarf", "clock", "tent", "trumpet", "carpet", "mirror")
TROUBLE = ("arrived with a crack in its side", "never left the depot", "smells of paint since yesterday")


def _line(question: str, answer: str) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns})


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mails")
    rows = [
        _line(
            f"The {thing} {trouble}. {FOOTER}", "We are sorry to hear that; send it back whenever you like."
        )
        for thing in THINGS
        for trouble in TROUBLE
    ]
    (root / "log.jsonl").write_text("\n".join(rows) + "\n")
    assert here("init", "log.jsonl", cwd=root).status == 0
    assert here("build", "--workers", "1", cwd=root).status == 0
    return root


def summary(root: Path) -> dict:
    (found,) = (root / ".tuneset" / "builds").glob("*/summary.json")
    return json.loads(found.read_text())


def test_the_footer_is_listed_as_redacted(mails: Path) -> None:
    told = summary(mails)["passages"]
    assert told["examples"] == len(THINGS) * len(TROUBLE)
    listed = told["listed"][0]
    assert listed["examples"] == len(THINGS) * len(TROUBLE)
    assert "meant for the person named above" in listed["text"]
    assert "otto.fuchs" not in json.dumps(told)
    assert listed["words"] >= 20
    assert told["share"] > 0.4


def test_a_footer_makes_nobody_a_twin(mails: Path) -> None:
    told = summary(mails)
    assert told["kept"] == len(THINGS) * len(TROUBLE)
    assert told["conflicts"]["groups"] == 0


def test_passages_do_not_depend_on_the_order_or_the_size_of_parts(mails: Path, tmp_path: Path) -> None:
    import tuneset

    lines = (mails / "log.jsonl").read_text().splitlines()
    (tmp_path / "log.jsonl").write_text("\n".join(reversed(lines)) + "\n")
    (tmp_path / "tuneset.yaml").write_bytes((mails / "tuneset.yaml").read_bytes())
    again = tuneset.open(tmp_path).build(workers=1, part_bytes=4_000)
    assert again.summary["passages"] == summary(mails)["passages"]


def test_a_small_or_varied_log_has_none(tmp_path: Path) -> None:
    rows = [_line(f"Where is my {thing} now?", f"The {thing} is on its way.") for thing in THINGS]
    (tmp_path / "log.jsonl").write_text("\n".join(rows) + "\n")
    assert here("init", "log.jsonl", cwd=tmp_path).status == 0
    assert here("build", "--workers", "1", cwd=tmp_path).status == 0
    assert summary(tmp_path)["passages"]["listed"] == []


BUILD = ("build", "--workers", "1")
SPEC = "name: mails\nsources: [{path: log.jsonl}]\n"


def _held_together(root: Path) -> None:
    """Short questions under a long footer: alike in nearly all of their words."""
    long = f"{FOOTER} {FOOTER.replace('This', 'The')} {FOOTER.replace('message', 'mail')}"
    rows = [
        _line(f"The {thing} {trouble}.\n\n{long}", f"{thing}: {trouble[:12]}")
        for thing in (*THINGS, "drum", "lamp", "sofa", "vase", "desk")
        for trouble in (*TROUBLE, "costs too much", "has no lid")
    ]
    (root / "log.jsonl").write_text("\n".join(rows) + "\n")
    (root / "tuneset.yaml").write_text(SPEC)


def test_passages_that_hold_all_together_are_named_and_can_be_ignored(tmp_path: Path) -> None:
    import tuneset

    _held_together(tmp_path)
    said = here(*BUILD, cwd=tmp_path)
    assert "75 examples hang together" in said.out
    assert "tuneset dedupe --passages" in said.out
    before = tuneset.open(tmp_path).latest_build()
    assert before.summary["splits"]["test"] == 0
    proposed = here("dedupe", "--passages", cwd=tmp_path)
    assert "otto.fuchs" not in proposed.out
    spec = tmp_path / "tuneset.yaml"
    spec.write_text(SPEC + proposed.out)
    assert here("spec", "check", cwd=tmp_path).status == 0
    assert "hang together" not in here(*BUILD, cwd=tmp_path).out
    after = tuneset.open(tmp_path).latest_build()
    assert after.summary["kept"] == 75
    assert after.summary["splits"]["test"] > 0
    texts = pa.concat_tables(after.kept(columns=["messages"])).column("messages").to_pylist()
    assert all("delete it without reading" in messages[0]["content"] for messages in texts)


def test_a_passage_of_five_words_is_refused(tmp_path: Path) -> None:
    _held_together(tmp_path)
    spec = tmp_path / "tuneset.yaml"
    spec.write_text(spec.read_text() + "dedupe: {ignore: [kind regards from all of]}\n")
    said = here(*BUILD, cwd=tmp_path)
    assert said.status == 3
    assert "a passage has 6 words or more" in said.all
