"""Words that must be there before a pattern is tried never hide what the pattern would match."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies and parameters say

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneset.stages.redact import folded, person

USUAL = st.sampled_from("abcdefghijklmnopqrstuvwxyzäöüßéèęśáíóñç ABCDEFGHIJKLMNOPQRSTUVWXYZ,.:;'\"\n-_*=>")
QUICK = settings(deadline=None, max_examples=10, suppress_health_check=list(HealthCheck))


def _matching(pattern: re.Pattern[str], *, alphabet) -> st.SearchStrategy[str]:
    return st.from_regex(re.compile(pattern.pattern, pattern.flags), alphabet=alphabet)


@pytest.mark.parametrize("place", range(len(person._PATTERNS)))
@QUICK
@given(st.data())
def test_no_gate_hides_an_announced_name(place, data):
    pattern, _, _, groups = person._PATTERNS[place]
    announced = data.draw(_matching(pattern, alphabet=st.characters(codec="latin-1") | USUAL))
    said = announced if place != person._PATTERNS.index(_this_is()) else announced + "Jo speaking"
    assert person._may_match(groups, said, said.lower())


def _this_is() -> tuple:
    """The pattern whose second group belongs to what must follow the name."""
    return next(entry for entry in person._PATTERNS if entry[0] is person._THIS_IS)


@QUICK
@given(_matching(person._SPEAKS, alphabet=st.characters(codec="latin-1") | USUAL))
def test_no_gate_hides_what_follows_a_name(followed):
    assert folded.holds(followed.lower(), person._SPEAKING)


@pytest.mark.parametrize("place", range(len(folded._PATTERNS)))
@QUICK
@given(st.data())
def test_no_gate_hides_a_name_whatever_its_case(place, data):
    pattern, end, _, words = folded._PATTERNS[place]
    followed = data.draw(_matching(end, alphabet=USUAL)) if end else ""
    assert folded.holds(data.draw(_matching(pattern, alphabet=USUAL)) + followed, words)
