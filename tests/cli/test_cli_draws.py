"""Tags to check and answers to judge: drawn by chance, blind, topped up, read back as people save them."""

import csv
import json
from collections import Counter
from pathlib import Path

import orjson
import pytest

from build.things import THINGS
from terminal import here

PLACES = ("Bern", "Riga", "Oslo", "Porto", "Cork")
REFUSED = "I'm sorry, but I can't share the {thing} of other people with anybody."
MAIL = "otto.fuchs@example.org"


def _line(question: str, answer: str) -> bytes:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return orjson.dumps({"messages": turns})


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """60 answers, 12 of them refusals; an address in each question."""
    rows = [
        _line(f"Who has the {thing} from {place}? Tell {MAIL}", said)
        for thing in THINGS[:12]
        for place in PLACES
        for said in [REFUSED.format(thing=thing) if place == "Bern" else f"The {thing} is in {place}."]
    ]
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(rows))
    _specified(tmp_path)
    assert here("build", "--workers", "1", cwd=tmp_path).status == 0
    return tmp_path


def _specified(root: Path, **more: dict) -> None:
    spec = {
        "name": "shop",
        "sources": [{"path": "log.jsonl", "name": "s"}],
        "coverage": {"factors": {"case": {"from": "case", "default": "typical"}}, **more.get("coverage", {})},
        "split": {"validation": 0, "test": 0},
        "dedupe": {"near": False, "semantic": False},
        "suspicion": more.get("suspicion", {}),
        "export": [],
    }
    (root / "tuneset.yaml").write_bytes(orjson.dumps(spec))


def rows_of(path: Path, *, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=delimiter))


def test_tags_are_drawn_blind_and_by_value(shop: Path) -> None:
    answer = here("coverage", "--draw", "checks.csv", "--each", "5", "--json", cwd=shop).json
    rows = rows_of(shop / "checks.csv")
    assert (answer["added"], answer["open"], len(rows)) == (10, 10, 10)
    refusals = [row for row in rows if "sorry" in row["answer"]]
    assert len(refusals) == 5
    assert {row["value_correct"] for row in rows} == {""}
    assert {row["values"] for row in rows} == {"refusal | typical"}
    assert MAIL not in (shop / "checks.csv").read_text()


def test_what_people_say_comes_back_and_is_topped_up(shop: Path) -> None:
    assert here("coverage", "--draw", "checks.csv", "--each", "5", cwd=shop).status == 0
    filled = rows_of(shop / "checks.csv")
    for row in filled[:-1]:
        row["value_correct"] = "refusal" if "sorry" in row["answer"] else "typical"
    with (shop / "checks.csv").open("w", newline="") as file:  # as a spreadsheet in half of Europe saves it
        file.write("\ufeff")
        writer = csv.DictWriter(file, filled[0], delimiter=";")
        writer.writeheader()
        writer.writerows(filled)
    _specified(shop, coverage={"spot_checks": "checks.csv"})
    assert here("build", "--workers", "1", cwd=shop).status == 0
    shown = here("coverage", "--json", cwd=shop).json["values"]
    checked = {value["value"]: value["check"] for value in shown}
    assert sum(check["checked"] for check in checked.values()) == 9  # one row still waits
    assert all(check["right"] == check["checked"] for check in checked.values())
    assert "5 of 5, at least 55%" in here("coverage", cwd=shop).out
    before = (shop / "checks.csv").read_text()
    assert here("coverage", "--draw", "checks.csv", "--each", "5", "--json", cwd=shop).json["added"] == 0
    again = here("coverage", "--draw", "checks.csv", "--each", "6", "--json", cwd=shop).json
    assert (again["added"], again["judged"], again["open"]) == (2, 9, 3)
    after = (shop / "checks.csv").read_text()
    assert after.startswith(before)
    drawn = [
        (r["origin_id"], r["factor"]) for r in rows_of(shop / "checks.csv", delimiter=";") if r["values"]
    ]
    assert max(Counter(drawn).values()) == 1


def test_answers_are_drawn_from_all_and_calibrate_suspicion(shop: Path) -> None:
    answer = here("suspects", "--draw", "reviews.jsonl", "--answers", "40", "--json", cwd=shop).json
    assert (answer["added"], answer["judged"], answer["open"]) == (40, 0, 40)
    assert MAIL not in (shop / "reviews.jsonl").read_text()
    _specified(shop, suspicion={"reviews": "reviews.jsonl"})
    assert (
        here("build", "--workers", "1", cwd=shop).status == 0
    )  # nothing is judged yet, and that is no fault
    rows = [json.loads(line) for line in (shop / "reviews.jsonl").read_text().split("\n") if line]
    judged = [{**row, "wrong": "sorry" in row["answer"]} for row in rows]
    (shop / "reviews.jsonl").write_text("".join(json.dumps(row) + "\n" for row in judged))
    more = here("suspects", "--draw", "reviews.jsonl", "--answers", "55", "--json", cwd=shop).json
    assert (more["added"], more["judged"], more["open"]) == (15, 40, 15)
    rows = [json.loads(line) for line in (shop / "reviews.jsonl").read_text().split("\n") if line]
    assert rows[:40] == judged
    assert len({row["origin_id"] for row in rows}) == 55
    (shop / "reviews.jsonl").write_text("".join(json.dumps({**row, "wrong": False}) + "\n" for row in rows))
    assert here("build", "--workers", "1", cwd=shop).status == 0
    found = here("suspects", "--json", cwd=shop).json
    assert "p_wrong" not in {row["signal"] for row in found["could_not_run"]}


@pytest.mark.parametrize(
    ("arguments", "content", "status", "code"),
    [
        (("coverage", "--factor", "mood"), None, 2, "TS532"),
        (("coverage", "--draw", "there.csv"), "a,b\n1,2\n", 3, "TS101"),
        (("coverage", "--draw", "no/there.csv"), None, 2, "TS501"),
        (("suspects", "--draw", "there.csv"), "a,b\n", 3, "TS221"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_sheet_is_left_as_it_is(
    shop: Path, arguments: tuple[str, ...], content: str | None, status: int, code: str
) -> None:
    if content is not None:
        (shop / "there.csv").write_text(content)
    said = here(*arguments, "--json", cwd=shop)
    assert (said.status, said.json["error"]["code"]) == (status, code)
    assert content is None or (shop / "there.csv").read_text() == content
