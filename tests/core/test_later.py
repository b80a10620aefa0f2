import pickle
import re

import pytest

from tuneset.core.later import later


def test_a_later_pattern_answers_as_the_compiled_one() -> None:
    made, compiled = later(r"(a+)b", re.IGNORECASE), re.compile(r"(a+)b", re.IGNORECASE)
    text = "xAAb ab"
    assert made.search(text)[1] == compiled.search(text)[1] == "AA"
    assert [match.span() for match in made.finditer(text)] == [(1, 4), (5, 7)]
    assert made.sub("-", text) == compiled.sub("-", text)
    assert (made.pattern, made.flags, made.groups) == (compiled.pattern, compiled.flags, compiled.groups)


@pytest.mark.parametrize("used", [False, True])
def test_it_goes_to_another_process_used_or_not(used: bool) -> None:
    made = later(rb"\d+")
    if used:
        made.search(b"1")
    assert pickle.loads(pickle.dumps(made)).fullmatch(b"12")


def test_what_is_wrong_with_it_is_found_out_at_its_first_use() -> None:
    made = later("(")
    with pytest.raises(re.error):
        made.search("")
