"""Prototypes named by the id of an example: the same tags as their texts, whatever was built before."""

import json
from pathlib import Path

import pytest

import tuneset
from terminal import here

THINGS = ("kettle", "lantern", "bookshelf", "radio", "scarf", "clock", "tent", "trumpet", "carpet", "mirror")
MAIL = "otto.fuchs@example.org"
REFUND = "I want my money back for the {}, please refund it"
LATE = "My parcel with the {} is late, where is the courier"
TAUGHT = "thing: {values: [refund, late], prototypes: "


def chat(asked: str, answer: str) -> str:
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns}) + "\n"


LOG = [
    chat(f"{REFUND.format(THINGS[0])} and write to {MAIL}.", "We have sent the money back to you today."),
    *(chat(REFUND.format(thing) + "!", f"The money for the {thing} is on its way.") for thing in THINGS[1:]),
    *(chat(LATE.format(thing) + "?", f"The courier has the {thing} and comes soon.") for thing in THINGS),
    chat("How tall is the tower in the middle of the old town?", ""),
]


def spec(prototypes: str, *, more: str = "") -> str:
    return (
        f"name: shop\nsources: [{{path: '*.jsonl', name: chat}}]\ndedupe: {{semantic: false}}\n{more}"
        f"coverage:\n  factors:\n    {TAUGHT}{prototypes}}}\n"
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "log.jsonl").write_text("".join(LOG))
    return tmp_path


def tags(root: Path, prototypes: str, **options: int) -> dict[str, str]:
    (root / "tuneset.yaml").write_text(spec(prototypes))
    build = tuneset.open(root).build(workers=1, **options)
    rows = [row for table in build.kept(columns=["origin_id", "tags"]) for row in table.to_pylist()]
    return {row["origin_id"].hex(): dict(row["tags"])["thing"] for row in rows}


def ids(root: Path) -> dict[int, str]:
    build = tuneset.open(root).latest_build()
    return {row["line"]: row["origin_id"].hex() for row in build.verdicts(["origin_id", "line"]).to_pylist()}


def in_yaml(refund: list[str], late: list[str]) -> str:
    return json.dumps({"refund": refund, "late": late})


def test_an_id_says_what_the_text_of_its_example_says(shop: Path) -> None:
    asked = f"{REFUND.format(THINGS[0])} and write to [EMAIL_1]."
    texts = [[asked, REFUND.format("radio") + "!"], [LATE.format("clock") + "?"]]
    told = tags(shop, in_yaml(*texts))
    assert set(told.values()) >= {"refund", "late"}
    known = ids(shop)
    named = in_yaml([f"id:{known[1]}", f"id:{known[4][:12]}"], [f"id:{known[16]}"])
    assert tags(shop, named) == told
    assert MAIL not in json.dumps((shop / "tuneset.yaml").read_text())


def test_neither_an_earlier_build_nor_the_size_of_parts_matters(shop: Path, tmp_path_factory) -> None:  # noqa: ANN001
    tags(shop, in_yaml(["a refund"], ["a late parcel"]))
    known = ids(shop)
    named = in_yaml([f"id:{known[2]}", f"id:{known[3]}"], [f"id:{known[12][:14]}", "where is my parcel"])
    once = tags(shop, named)
    fresh = tmp_path_factory.mktemp("fresh")
    (fresh / ".tuneset").mkdir()
    (fresh / ".tuneset" / "key").write_bytes((shop / ".tuneset" / "key").read_bytes())
    (fresh / "b.jsonl").write_text("".join(reversed(LOG)))
    assert tags(fresh, named, part_bytes=700) == once


def test_an_answer_can_be_named_too(shop: Path) -> None:
    tags(shop, in_yaml(["a refund"], ["a late parcel"]))
    known = ids(shop)
    named = {
        "refund": {"output": [f"id:{known[2]}", f"id:{known[5]}"]},
        "late": {"output": [f"id:{known[12]}", f"id:{known[15]}"]},
    }
    told = tags(shop, json.dumps(named))
    assert told[known[7]] == "refund"
    assert told[known[17]] == "late"


def test_more_logs_read_only_themselves_again(shop: Path) -> None:
    tags(shop, in_yaml(["a refund"], ["a late parcel"]))
    known = ids(shop)
    named = in_yaml([f"id:{known[2]}", f"id:{known[3]}"], [f"id:{known[12]}"])
    tags(shop, named)
    cache = shop / ".tuneset" / "cache"
    before = {path: path.stat().st_mtime_ns for path in cache.glob("*/named.arrow")}
    (shop / "more.jsonl").write_text(chat("Please refund my sofa, I want my money back.", "Done."))
    tags(shop, named)
    after = {path: path.stat().st_mtime_ns for path in cache.glob("*/named.arrow")}
    assert len(after.items() - before.items()) == 1
    assert before.items() <= after.items()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("id:0123456789ab", "no log holds the example 0123456789ab"),
        ("id:{dropped}", "was dropped (empty-turn)"),
        ("id:12345", "an id has 12 to 32 hex digits"),
        ("id:log.jsonl", "an id has 12 to 32 hex digits"),
    ],
)
def test_an_id_that_names_nothing_is_an_error_with_a_fix(shop: Path, given: str, said: str) -> None:
    tags(shop, in_yaml(["a refund"], ["a late parcel"]))
    dropped = ids(shop)[len(LOG)]
    (shop / "tuneset.yaml").write_text(spec(in_yaml([given.format(dropped=dropped)], ["late"])))
    answer = here("build", "--workers", "1", cwd=shop)
    assert answer.status == 3
    assert said in answer.err
    assert "explain FILE:LINE" in answer.err
    assert "tower" not in answer.all


def test_a_text_may_begin_with_the_letters_id(shop: Path) -> None:
    assert tags(shop, in_yaml(["id: what is mine, and my money?"], ["a late parcel"]))
