"""The example project, built: what the build finds of what was planted, kind by kind, against floors."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tuneset

SUPPORT = Path(__file__).parents[2] / "examples" / "support"
sys.path.insert(0, str(SUPPORT))

from compare import CASES, LABELS, Row, compare, table  # noqa: E402
from generate import generate  # noqa: E402

CONVERSATIONS = 5000  # the data of the demo, so that its table is the one that is tested


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("support-project")
    generate(out=root, seed=7, conversations=CONVERSATIONS)
    for name in ("tuneset.yaml", "guidelines.md"):
        shutil.copy(SUPPORT / name, root)
    tuneset.open(root).build(workers=1)
    return root


@pytest.fixture(scope="session")
def rows(project: Path) -> Iterator[dict[str, Row]]:
    found = compare(project, project / "truth.jsonl")
    yield {row.kind: row for row in found}
    print(f"\n{table(found)}")


FLOORS = {
    "malformed": 1.0,
    "truncated": 1.0,
    "error_answer": 1.0,
    "empty_turn": 1.0,
    "mojibake": 1.0,
    "control_characters": 1.0,
    "exact_duplicate": 1.0,
    "near_duplicate": 0.97,
    "near_duplicate_short": 0.87,  # a typo in a word such as "should" keeps both
    "paraphrase": 0.15,  # a word in the place of another keeps both (decision 10)
    "contrast, linked": 1.0,
    "conflict": 1.0,
    "prompt_drift": 1.0,
    **{f"pii {kind}": 1.0 for kind in LABELS},
    **dict.fromkeys(CASES, 1.0),
}
PRECISE = (*(f"pii {kind}" for kind in LABELS), *CASES, "conflict")


@pytest.mark.parametrize("kind", list(FLOORS))
def test_enough_of_what_was_planted_is_found(rows: dict[str, Row], kind: str) -> None:
    assert rows[kind].planted > 0
    assert rows[kind].recall >= FLOORS[kind], rows[kind]


@pytest.mark.parametrize(
    "kind", ["malformed", "truncated", "error_answer", "empty_turn", "all twins", "pii_trap"]
)
def test_nothing_else_is_dropped_rejected_or_replaced(rows: dict[str, Row], kind: str) -> None:
    assert rows[kind].false == 0, rows[kind]


@pytest.mark.parametrize("kind", PRECISE)
def test_there_are_no_false_alarms(rows: dict[str, Row], kind: str) -> None:
    precision = rows[kind].precision
    assert precision == 1, rows[kind]


@pytest.mark.parametrize("kind", ["contrast", "redacted_contrast"])
def test_what_differs_in_one_decisive_thing_is_never_dropped(rows: dict[str, Row], kind: str) -> None:
    assert rows[kind].recall == 1, rows[kind]


def test_of_twins_one_always_stays(rows: dict[str, Row]) -> None:
    assert rows["twins lost"].recall == 1, rows["twins lost"]


def test_related_examples_are_never_parted(rows: dict[str, Row]) -> None:
    assert rows["pairs kept"].planted > 0
    assert rows["pairs kept"].recall == 1, rows["pairs kept"]


def test_every_record_has_an_outcome(project: Path) -> None:
    summary = tuneset.open(project).latest_build().summary
    assert summary["read"] == summary["kept"] + summary["dropped"] + summary["rejected"]
