"""`tuneset dedupe`: the report, the pairs to judge, the calibration, and what a report says of it then."""

import csv
import json
from pathlib import Path

import pytest

from terminal import here

THINGS = ("kettle", "lantern", "bookshelf", "radio", "scarf", "clock", "tent", "trumpet", "carpet", "mirror",
          "bicycle", "wardrobe", "printer", "blender", "hammer", "ladder", "pillow", "violin",
          "teapot",
          "helmet")  # fmt: skip
FORMS = ("How do I return my {}?", "How can I return my {}", "how could I return the {}?")
MAIL = "otto.fuchs@example.org"


def _line(question: str, answer: str) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 questions in three wordings, two contradictory answers, one address; built."""
    root = tmp_path_factory.mktemp("shop")
    rows = [_line(form.format(thing), f"return_{thing}") for thing in THINGS for form in FORMS]
    rows += [_line("Is the shop in Graz open today?", label) for label in ("yes", "no", "closed")]
    rows.append(_line(f"My address is {MAIL}, why does nobody write?", "contact"))
    (root / "log.jsonl").write_text("\n".join(rows) + "\n")
    assert here("init", "log.jsonl", "--task", "classification", cwd=root).status == 0
    assert here("build", "--workers", "1", cwd=root).status == 0
    return root


def test_the_report_says_what_was_merged_and_that_nothing_is_calibrated(shop: Path) -> None:
    said = here("dedupe", cwd=shop)
    assert said.status == 0
    assert "uncalibrated" in said.out
    answer = here("dedupe", "--json", cwd=shop).json
    assert answer["dropped"]["semantic-twin"] > len(THINGS)
    assert answer["conflicts"]["groups"] == 1
    assert answer["conflicts"]["labels"][0]["hard"] == 1


def judged(path: Path, *, suffix: str) -> int:
    """Fills in what a reader would: one thing in two wordings is one example."""
    text = path.read_text()
    rows = (
        list(csv.DictReader(text.splitlines()))
        if suffix == ".csv"
        else list(map(json.loads, text.splitlines()))
    )
    for row in rows:
        things = [{thing for thing in THINGS if thing in row[side]} for side in ("input_a", "input_b")]
        row["judgement"] = "yes" if things[0] == things[1] else "no"
    if suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("\n".join(map(json.dumps, rows)))
    return len(rows)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_judged_pairs_become_a_threshold_and_the_report_shows_it(shop: Path, suffix: str) -> None:
    pairs, made = shop / f"pairs{suffix}", shop / f"made{suffix}.json"
    written = here("dedupe", "--calibrate", "--to", pairs.name, "--json", cwd=shop)
    assert written.status == 0, written.all
    text = pairs.read_text()
    assert MAIL not in text
    assert "score" not in text
    assert judged(pairs, suffix=suffix) == written.json["pairs"] >= 30
    said = here("dedupe", "--judged", pairs.name, "--to", made.name, cwd=shop)
    assert said.status == 0, said.all
    assert f"calibration: {made.name}" in said.out
    held = json.loads(made.read_text())
    assert held["wordings"][held["wording"]]["proposed"]["precision"] >= 0.95
    assert held["duplicates"] >= len(THINGS)
    spec = shop / "tuneset.yaml"
    before = spec.read_text()
    (proposed,) = [line for line in said.out.splitlines() if line.startswith("  dedupe: {")]
    try:
        for line in (f"dedupe: {{calibration: {made.name}}}", proposed.strip()):
            spec.write_text(f"{before}{line}\n")
            assert here("build", "--workers", "1", cwd=shop).status == 0
            report = here("dedupe", cwd=shop).out
            assert f"by {held['judged']} judged pairs" in report
    finally:
        spec.write_text(before)
        here("build", "--workers", "1", cwd=shop)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.csv", "a,b,judgement\n00,11,perhaps\n", "TS211"),
        ("b.csv", "judgement\nyes\n", "TS211"),
        ("c.jsonl", "{broken\n", "TS211"),
        ("d.csv", "a,b,judgement\n" + "00" * 16 + "," + "11" * 16 + ",yes\n", "TS518"),
        ("missing.csv", None, "TS211"),
    ],
)
def test_what_cannot_be_read_is_told_without_a_word_of_it(
    shop: Path, name: str, text: str | None, code: str
) -> None:
    if text is not None:
        (shop / name).write_text(text)
    said = here("dedupe", "--judged", name, "--to", "never.json", cwd=shop)
    assert said.status != 0
    assert code in said.err
    assert "perhaps" not in said.all


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ("{}", "is no calibration"),
        ('{"schema_version": 1, "embedder": "x", "wording": "strict", "curve": []}', "by another version"),
    ],
)
def test_a_calibration_that_is_none_is_refused_before_anything_is_built(
    shop: Path, held: str, why: str
) -> None:
    spec = shop / "tuneset.yaml"
    before = spec.read_text()
    (shop / "old.json").write_text(held)
    spec.write_text(f"{before}dedupe: {{calibration: old.json}}\n")
    try:
        said = here("plan", cwd=shop).err
    finally:
        spec.write_text(before)
    assert "TS110" in said
    assert why in said


def test_a_contradiction_is_explained_with_its_logs_side_by_side(shop: Path) -> None:
    line = len(THINGS) * len(FORMS) + 1
    said = here("explain", f"log.jsonl:{line}", "--show-text", cwd=shop).out
    assert "the same question is answered in" in said
    assert f"log.jsonl:{line}" in said
    assert f"log.jsonl:{line + 1}" in said
    hidden = here("explain", f"log.jsonl:{line}", "--json", cwd=shop).json
    assert all("answer" not in answer for answer in hidden["lives"][0]["question"]["answers"])
