"""What a report may call confirmed."""

from tuneset.stages.redact import describe_types
from tuneset.stages.redact.finding import SHIFTED
from tuneset.stages.redact.screens import SCREENS, by_type


def test_every_type_says_what_confirms_it() -> None:
    assert set(SCREENS) == {entry["type"] for entry in describe_types()} | {SHIFTED}


def test_only_a_checksum_or_a_word_confirms_and_hard_types_come_first() -> None:
    rows = by_type({"phone": 9, "person": 4, "card": 1, "my_own": 4}, model=True)
    assert [(row["type"], row["class"], row["confirmed"]) for row in rows] == [
        ("card", "hard", 1),
        ("phone", "soft", 0),
        ("my_own", "soft", 0),
        ("person", "soft", 0),
    ]
    assert by_type({"person": 4})[0]["confirmed"] == 4
