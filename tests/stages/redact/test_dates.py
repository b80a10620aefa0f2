"""Dates that move: the same days apart, in the form in which they were written."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.conversations import table
from tuneset.core.example import Messages
from tuneset.core.spec import RedactSpec
from tuneset.stages.redact import Redact, dates

KEY = b"k" * 32


def moved(text: str, days: int, order: dates.Order = "unknown") -> str:
    pieces, at = [], 0
    for found in dates.find(text, order=order):
        pieces += [text[at : found.start], dates.moved(found, days)]
        at = found.stop
    return "".join([*pieces, text[at:]])


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("2024-05-12", "2024-05-05"),
        ("at 2024-05-12T10:30:00Z or 2024-05-12 10:30", "at 2024-05-05T10:30:00Z or 2024-05-05 10:30"),
        ("2024/5/12", "2024/5/5"),
        ("12.05.2024", "05.05.2024"),
        ("3.5.2024", "26.4.2024"),
        ("12.05.24", "05.05.24"),
        ("13/05/2024", "06/05/2024"),
        ("05/13/2024", "05/06/2024"),
        ("12 March 2024", "5 March 2024"),
        ("03 March 2024", "25 February 2024"),
        ("the 12th of MARCH 2024", "the 5th of MARCH 2024"),
        ("March 3rd, 2024", "February 25th, 2024"),
        ("Mar. 9, 2024", "Mar. 2, 2024"),
        ("12. Mai 2024", "5. Mai 2024"),
        ("3. März 2024", "25. Februar 2024"),
        ("3 mars 2024", "25 février 2024"),
        ("12 de mayo de 2024", "5 de mayo de 2024"),
        ("2 gennaio 2024", "26 dicembre 2023"),
    ],
)
def test_a_week_earlier_in_the_same_form(text: str, new: str) -> None:
    assert moved(text, -7) == new


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2024", "2024-13-01", "30.02.2024", "INV-2024-05-12", "/2024/05/12/", "1.2.3.2024", "12 March",
        "in 2024",
        "version 10.4.2", "20240512", "192.168.10.24", "2024-05-12-00017", "10/11/12/2024", "3.14.15",
    ],
)  # fmt: skip
def test_what_is_no_date_or_an_unclear_one_stays(text: str) -> None:
    assert moved(text, -7) == text


def test_the_spec_or_another_date_says_what_comes_first() -> None:
    assert moved("03/04/2024", 7, "day_first") == "10/04/2024"
    assert moved("03/04/2024", 7, "month_first") == "03/11/2024"
    assert dates.order_in(["see 13/04/2024", "03/04/2024"]) == "day_first"
    assert dates.order_in(["04/13/2024"]) == "month_first"
    assert dates.order_in(["04/13/2024", "13/04/2024"]) == "unknown"


FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%d-%m-%Y")


@settings(deadline=None)
@given(
    st.lists(st.dates(date(1975, 1, 1), date(2065, 1, 1)), min_size=1, max_size=4),
    st.sampled_from(FORMS),
    st.integers(-2000, 2000),
)
def test_days_between_dates_stay(days: list[date], form: str, by: int) -> None:
    said = " and ".join(day.strftime(form) for day in days)
    found = list(dates.find(said, order="day_first"))
    assert [entry.day for entry in found] == days
    again = list(dates.find(moved(said, by, "day_first"), order="day_first"))
    assert [entry.day for entry in again] == [day + timedelta(by) for day in days]


def shifted(*texts: str, **spec: Any) -> list[str]:
    stage = Redact(RedactSpec(dates="shift", **spec), key=KEY)
    return Messages.of(stage(table([("user", text) for text in texts])).examples).content.to_pylist()


def test_a_conversation_moves_by_whole_weeks_and_what_is_born_stays_redacted() -> None:
    first, second, born = shifted("from 2024-05-12", "to May 26, 2024, 13/05/2024", "born on 12 May 1984")
    start, end = dates.find(first), list(dates.find(second))
    day = next(start).day
    assert (day - date(2024, 5, 12)).days % 7 == 0
    assert day < date(2024, 5, 12)
    assert [(found.day - day).days for found in end] == [14, 1]
    assert born == "born on [DATE_OF_BIRTH_1]"


def test_conversations_move_each_by_its_own() -> None:
    examples = table(*([("user", f"on 2024-05-12, {n}")] for n in range(9)))
    new = Redact(RedactSpec(dates="shift"), key=KEY)(examples).examples
    assert len({text[:13] for text in Messages.of(new).content.to_pylist()}) > 5
    assert new.column("redacted").to_pylist() != [0] * 9


def test_dates_stay_unless_asked() -> None:
    examples = table([("user", "on 2024-05-12")])
    assert Redact(RedactSpec(surrogates="realistic"), key=KEY)(examples).examples.equals(examples)
