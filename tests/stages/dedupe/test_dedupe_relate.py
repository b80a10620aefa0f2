"""What two similar examples are to each other."""
# ruff: noqa: ANN001, ANN002, ANN201 - types are what the strategies and parameters say

import sys
from random import Random

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.dedupe.pairs import SPEC, examples, kind_of, kinds, linked, settled
from tuneset.core.example import ExampleBuilder, set_column
from tuneset.core.spec import DedupeSpec
from tuneset.stages.dedupe import CONFLICT, KINDS, TWINS, hard_conflicts, kinds_of, relate, sign, texts_of

SENTENCES = [
    "Please send the invoice for my order to the new billing address",
    "When will the technician come to repair the washing machine in my flat?",
    "I ordered a blue kettle last spring and the lid does not fit, what should I do?",
    "Ich habe die Lieferung noch nicht bekommen und möchte mein Geld zurück",
    "No he recibido la factura de este mes, ¿pueden enviarla otra vez?",
    "Je n'ai pas reçu mon colis et le suivi ne change jamais",
]

restyled = st.tuples(
    st.sampled_from(SENTENCES),
    st.sampled_from([str.upper, str.lower, str.title, str]),
    st.sampled_from(["", ".", "!!", " ...", "?!", "\n"]),
    st.sampled_from([" ", "  ", "\n", " \t", ", ", "; "]),
)


@settings(deadline=None)
@given(restyled)
def test_case_spacing_and_punctuation_always_end_as_twins(change):
    text, case, ending, space = change
    other = space.join(case(text).split()) + ending
    assert kind_of(text, other) in ("exact", None if text == other else "exact")


@settings(deadline=None)
@given(st.sampled_from(SENTENCES), st.data())
def test_a_changed_meaning_is_never_dropped(text, data):
    words = text.split()
    place = data.draw(st.integers(0, len(words)))
    one, other = data.draw(
        st.sampled_from(
            [
                ("", "not"),
                ("", "never"),
                ("", "nicht"),
                ("", "nunca"),
                ("", "jamais"),
                ("15", "50"),
                ("1.5", "15"),
                ("3,000", "3000"),
                ("", "7"),
                ("Monday", "Tuesday"),
                ("2026-10-01", "2026-10-11"),
                ("two", "three"),
                ("$5", "€5"),
                ("-5", "5"),
                ("before", "after"),
                ("enabled", "disabled"),
                ("order 4711", "order 4712"),
                ("with", "without"),
                ("don't", "do"),
                ("cannot", "can"),
            ]
        )
    )
    first, second = (" ".join([*words[:place], *w.split(), *words[place:]]) for w in (one, other))
    table = examples([(first, "Sure, done."), (second, "Sure, done.")])
    assert settled(table).kept.all()
    assert kinds(table).get((0, 1)) not in TWINS


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("When will I get my card?", "When will I get my new card?", "near"),
        ("When will I recieve my card?", "When will I get my new pin and a letter?", None),
        ("I want to change my adress now", "I want to change my address now", "near"),
        ("The refund was approved by your team", "The refund was not approved by your team", "contrast"),
        (
            "Please enable the night mode on my router",
            "Please disable the night mode on my router",
            "contrast",
        ),
        (
            "Ship the parcel to my sister in Berlin please",
            "Ship the parcel to my sister in Munich please",
            "contrast",
        ),
        ("How do I cancel my order?", "How can I cancel my order?", "semantic"),
        ("My parcel is lost", "Do you sell gift cards?", None),
        ("👍", "👎", None),
    ],
)
def test_kinds_of_links(one, other, expected):
    assert kind_of(one, other) == expected
    assert kind_of(other, one) == expected


def test_similar_inputs_with_other_answers_are_a_conflict_and_both_stay():
    table = examples(
        [
            ("Can I return a used kettle?", "Yes, within thirty days of delivery."),
            ("can i return a used kettle", "No."),
        ]
    )
    links = linked(table)
    assert kinds_of(links).tolist() == [CONFLICT]
    assert hard_conflicts(links).tolist() == [True]
    assert settled(table).kept.all()


def test_a_conflict_between_similar_inputs_is_not_hard():
    links = linked(
        examples(
            [
                ("Can I return a used kettle?", "Yes, within thirty days."),
                ("Can I return my used kettle?", "No."),
            ]
        )
    )
    assert kinds_of(links).tolist() == [CONFLICT]
    assert hard_conflicts(links).tolist() == [False]


def test_an_answer_with_another_number_is_another_answer():
    long = (
        "Your refund of {} euros will reach your account in a few working days, thank you for your patience."
    )
    question = "Where is the refund for my broken kettle?"
    assert kind_of(question, question, answers=(long.format(15), long.format(50))) == "conflict"
    assert (
        kind_of(question, question, answers=(long.format(15), long.format(15).replace("thank", "and thank")))
        == "near"
    )


def test_labels_are_equal_or_different_whatever_their_meaning():
    question = "Where is my card?"
    assert (
        kind_of(question, question, answers=("card_arrival", "card_delivery"), task="classification")
        == "conflict"
    )
    assert (
        kind_of(question, question, answers=("Card arrival", "card_arrival"), task="classification")
        == "exact"
    )


def test_json_answers_are_compared_by_field():
    question = "Open a ticket for the broken kettle"
    one, same, other = '{"a": 1, "b": [2]}', '{"b":[2],"a":1}', '{"a": 2, "b": [1]}'
    assert kind_of(question, question, answers=(one, same)) == "exact"
    assert kind_of(question, question, answers=(one, other)) == "conflict"


def test_another_system_prompt_keeps_both():
    rows = [("Where is my parcel?", "On its way.")]
    one, other = examples(rows), examples(rows, system="You answer rudely.")
    assert kinds(pa.concat_tables([one, other])) == {(0, 1): "contrast"}
    spaced = examples(rows, system="You  help\ncustomers.")
    assert kinds(pa.concat_tables([one, spaced])) == {(0, 1): "exact"}


def test_ids_times_and_metadata_neither_make_nor_prevent_twins():
    rows = [("Where is my parcel?", "On its way.")]
    other = examples(
        rows, conversation="b" * 32, user="c" * 32, extra='{"id":"x1"}', model="m", captured_at=5
    )
    assert kinds(pa.concat_tables([examples(rows), other])) == {(0, 1): "exact"}
    assert kind_of("My parcel is lost", "Do you sell gift cards?") is None


def test_redaction_placeholders_never_make_twins():
    rows = [("Write to [EMAIL_1] about it", "Done."), ("Write to [EMAIL_1] about it", "Done.")]
    table = examples(rows)
    different = set_column(table, "redacted", pa.array([11, 22], pa.uint64()))
    assert kinds(different) == {(0, 1): "contrast"}
    same = set_column(table, "redacted", pa.array([11, 11], pa.uint64()))
    assert kinds(same) == {(0, 1): "exact"}


def conversation(*turns, output="Fine.", call_id="c1", picture=None):
    builder = ExampleBuilder()
    for role, text in turns:
        parts = (
            None
            if picture is None
            else orjson.dumps(
                [{"type": "text", "text": text}, {"type": "image_url", "url": picture}]
            ).decode()
        )
        builder.message(role, text, parts=parts)
    call = [
        {
            "id": call_id,
            "type": "function",
            "function": {"name": "find", "arguments": '{"order": "kettle", "deep": true}'},
        }
    ]
    builder.message("assistant", None, tool_calls=orjson.dumps(call).decode())
    builder.message("tool", '{"state": "sent"}', tool_call_id=call_id)
    builder.message("assistant", output)
    builder.finish(bytes(16), line=1, source="s", file="f")
    return builder.table()


def test_all_turns_but_the_taught_one_are_the_input_and_call_ids_are_not():
    turns = [
        ("user", "Where is my kettle?"),
        ("assistant", "Let me look."),
        ("user", "Thank you, I am waiting for it"),
    ]
    one, same = conversation(*turns), conversation(*turns, call_id="c2")
    assert kinds(pa.concat_tables([one, same])) == {(0, 1): "exact"}
    swapped = conversation(*[("user" if r == "assistant" else "assistant", t) for r, t in turns])
    assert (0, 1) not in [k for k, v in kinds(pa.concat_tables([one, swapped])).items() if v == "exact"]


def test_two_pictures_are_two_inputs():
    turns = [("user", "What is on this picture, please?")]
    pictures = [conversation(*turns, picture=f"https://example.com/{name}.png") for name in "ab"]
    assert kinds(pa.concat_tables(pictures)) == {(0, 1): "contrast"}


def test_links_do_not_depend_on_how_pairs_are_cut_into_calls():
    table = examples(
        [(s, "Done.") for s in SENTENCES] + [(s.lower() + " please", "Done.") for s in SENTENCES]
    )
    signatures, texts = sign(table, spec=SPEC), texts_of(table)
    n = table.num_rows
    pairs = np.array([(j, i) for i in range(n) for j in range(n)])
    whole = relate(pairs, signatures, texts.take, spec=SPEC, task="instruction")
    parts = [relate(pairs[k::5], signatures, texts.take, spec=SPEC, task="instruction") for k in range(5)]
    merged = pa.concat_tables(parts).group_by(whole.column_names).aggregate([]).select(whole.column_names)
    assert merged.sort_by([("i", "ascending"), ("j", "ascending")]).to_pylist() == whole.to_pylist()
    assert whole.num_rows >= len(SENTENCES)


@pytest.mark.parametrize("task", ["instruction", "classification"])
def test_what_is_not_read_would_have_been_nothing(task, monkeypatch):
    chance, rows = Random(4), []
    usual = [
        f"the {thing} {how}"
        for thing in ("lamp", "router", "red bag", "flight to Oslo", "invoice")
        for how in ("is late", "broke at night", "never works", "costs more than agreed")
    ]
    for _ in range(30):
        said = chance.sample(usual, chance.choice([4, 5, 17]))
        for again in (said, [*said, "thanks"], said[:-1], [f"for {chance.randint(2, 4)} days", *said]):
            answer = chance.choice(["We look for it at once.", "We look for it soon."])
            rows.append((", and ".join(chance.sample(again, len(again))), answer))
    table = examples(rows)
    signatures, texts = sign(table, spec=SPEC), texts_of(table)
    pairs = np.column_stack(np.triu_indices(len(rows), 1))
    screened = relate(pairs, signatures, texts.take, spec=SPEC, task=task, leak_cosine=0.97)
    module = sys.modules["tuneset.stages.dedupe.relate"]
    worth, asked = module._worth_a_look, []

    def everything(pairs, *others) -> np.ndarray:
        asked.append(worth(pairs, *others).mean())
        return np.ones(len(pairs), bool)

    monkeypatch.setattr(module, "_worth_a_look", everything)
    every = relate(pairs, signatures, texts.take, spec=SPEC, task=task, leak_cosine=0.97)
    assert asked[0] < 0.9
    assert screened.equals(every)
    assert {"semantic", "contrast", "leak"} <= {KINDS[kind] for kind in every.column("kind").to_pylist()}


def test_switched_off_kinds_are_only_held_together():
    one, other = "When will I get my card?", "When will I get my new card?"
    off = DedupeSpec(exact=False, near=False, semantic=False)
    assert kind_of(one, other, spec=off) == "leak"
    assert kind_of(one, one, spec=off) == "leak"


def test_a_long_text_may_differ_in_more_words_than_a_byte_counts():
    words = [f"{Random(n).randbytes(4).hex()}{n}" for n in range(1500)]
    longer = [part for n, word in enumerate(words) for part in ([word, "really"] if n % 11 == 0 else [word])]
    added = len(longer) - len(words)
    assert added > 127
    links = linked(examples([(" ".join(words), "Done."), (" ".join(longer), "Done.")]))
    assert links["edits"].to_pylist() == [added]
