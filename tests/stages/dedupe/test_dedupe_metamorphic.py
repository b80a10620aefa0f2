"""What changes a meaning keeps both, what changes none drops one: sentences as people write them, changed at
random.
"""
# ruff: noqa: ANN001, ANN201 - types are what the strategies say

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.dedupe.pairs import SPEC, examples, kind_of, settled
from tuneset.stages.dedupe import DIFFERENCES, KINDS, TWINS, relate, sign, texts_of

OPENINGS = ["Hi there,", "Hello, I hope you can help me.", "Good day!", "Following up on my last mail:", ""]
CLOSINGS = [
    "Thanks a lot!",
    "Please let me know what to do.",
    "Best regards",
    "I look forward to hearing from you.",
    "",
]
STORIES = [
    "I bought a {thing} for {price} on {date} and the courier to {city} has {aux} shown up",
    "{name} from your team told me that the refund of {price} for the {thing} was {aux} approved on {date}",
    "can you {verb} the delivery of {number} boxes of {thing} to {city}, they {aux} fit through our door",
    "my order {id} with the {thing} was sent to {city} on {date} at {time}, {name} will {aux} be at home",
    "the manual says to {verb} the alarm {order} you plug in the {thing}, it weighs {number} {unit}",
]
SLOTS = {
    "thing": ["kettle", "toaster", "blue lamp", "red lamp", "washing machine", "printer"],
    "price": ["$15", "$51", "15 euros", "15 dollars", "1,500 USD", "1.5 USD"],
    "date": ["Monday", "Tuesday", "2026-10-01", "2026-10-11", "3 May", "the third of June", "3 June"],
    "city": ["berlin", "munich", "Lyon", "Nairobi", "new york", "boston"],
    "aux": ["not", "already", "hardly", "never"],
    "name": ["Anna", "Peter", "Ms Okafor", "Mr Silva"],
    "verb": ["enable", "disable", "increase", "decrease", "cancel", "confirm", "stop", "resume"],
    "number": ["two", "three", "2", "12", "all", "some"],
    "id": ["AB-4711", "AB-4712", "KL-20914452"],
    "time": ["10:30", "10:40", "5 pm", "5 am", "noon"],
    "order": ["before", "after"],
    "unit": ["kg", "lbs"],
}  # fmt: skip


@st.composite
def stories(draw):
    """A sentence, and the same with one slot filled in another way."""
    story = draw(st.sampled_from(STORIES))
    opening, closing = draw(st.sampled_from(OPENINGS)), draw(st.sampled_from(CLOSINGS))
    slots = re.findall(r"{(\w+)}", story)
    chosen = {slot: draw(st.sampled_from(SLOTS[slot])) for slot in slots}
    changed = draw(st.sampled_from(slots))
    other = draw(st.sampled_from([value for value in SLOTS[changed] if value != chosen[changed]]))
    return [
        " ".join([opening, story.format(**values), closing]).strip()
        for values in (chosen, {**chosen, changed: other})
    ]


@settings(deadline=None, max_examples=300)
@given(stories())
def test_one_changed_fact_never_drops_an_example(said):
    table = examples([(text, "Sure, we will look into it and come back to you today.") for text in said])
    assert settled(table).kept.all()


@settings(deadline=None, max_examples=60)
@given(
    stories(),
    st.sampled_from([str.upper, str.lower, str.swapcase, str]),
    st.sampled_from(["  ", "\n", "\t", " \n "]),
    st.sampled_from(["", "!", " ...", "?!", "."]),
)
def test_another_way_of_writing_always_drops_one(said, case, space, ending):
    one = said[0]
    other = space.join(case(one).split()) + ending
    assert kind_of(one, other) in TWINS


FOREIGN = [
    ("Bitte senden Sie die Rechnung für {} an meine neue Adresse", "Berlin", "München"),
    ("Ich möchte die Lieferung {} stornieren", "heute", "morgen"),
    ("Das Gerät wurde {} geliefert", "schon", "nicht"),
    ("Die Zahlung ist {} erlaubt", "immer", "selten"),
    ("Sie {} den Vertrag bis Freitag kündigen", "müssen", "können"),
    ("Le colis est {} arrivé à la maison", "déjà", "jamais"),
    ("Je veux {} l'alarme de mon appartement", "activer", "désactiver"),
    ("Il faut signer {} de payer", "avant", "après"),
    ("El pedido {} ha llegado a casa", "ya", "nunca"),
    ("Quiero {} las notificaciones de mi cuenta", "activar", "desactivar"),
    ("Nos quedan {} habitaciones para el fin de semana", "dos", "tres"),
    ("我的快递{}到了北京的家里请查一下", "已", "没"),
    ("请把{}本书寄到我的新地址谢谢", "三", "五"),
]


def test_facts_of_other_languages_are_protected_too():
    for sentence, one, other in FOREIGN:
        table = examples([(sentence.format(word), "D'accord.") for word in (one, other)])
        assert settled(table).kept.all(), sentence


SWAPS = [
    ("Please move 500 from savings to checking", "Please move 500 from checking to savings"),
    ("I flew from Oslo to Madrid with my dog", "I flew from Madrid to Oslo with my dog"),
    ("is the kettle cheaper than the toaster this week", "is the toaster cheaper than the kettle this week"),
    ("We paid Anna for Peter and want a receipt", "We paid Peter for Anna and want a receipt"),
]


def test_what_changes_places_is_another_question():
    for one, other in SWAPS:
        assert kind_of(one, other) not in TWINS, one


REWORDED = [
    ("Can I top up using my cheque?", "Can I top up using a cheque?"),
    ("How do I cancel my order?", "How can I cancel my order?"),
    ("Do you know why my transfer was declined", "Why has my transfer been declined"),
    ("I need you to delete my account now", "I need you to delete my account right now"),
    (
        "What are the steps to activate my new debit card",
        "what are the steps for activating my new debit cards",
    ),
    ("I want to change my adress now", "I want to change my address now"),
]


def test_other_small_words_are_the_same_question():
    found = [kind_of(one, other) in TWINS for one, other in REWORDED]
    assert sum(found) >= len(REWORDED) - 1, found


def test_a_loose_wording_lets_the_whole_decide():
    one, other = (
        "Please ship the parcel with my kettle to the office today",
        "Please ship the parcel with my teapot to the office today",
    )
    loose = SPEC.model_copy(update={"wording": "loose"})
    assert kind_of(one, other) not in TWINS
    assert kind_of(one, other, spec=loose) == "semantic"


def test_words_that_differ_are_named_in_the_evidence():
    table = examples([(f"I have a {colour} car to sell", "Sure, done.") for colour in ("red", "blue")])
    signatures, texts = sign(table, spec=SPEC), texts_of(table)
    links = relate(np.array([[0, 1]]), signatures, texts.take, spec=SPEC, task="instruction")
    assert [(KINDS[link["kind"]], link["differs"]) for link in links.to_pylist()] == [
        ("contrast", 1 << DIFFERENCES.index("words"))
    ]


def test_numbers_in_json_and_calls_are_compared_by_value():
    question = "Open a ticket for the broken kettle"
    assert kind_of(question, question, answers=('{"a": 1, "b": [2.0]}', '{"b":[2],"a":1.0}')) == "exact"
    assert kind_of(question, question, answers=('{"a": 1}', '{"a": true}')) == "conflict"
    assert kind_of(question, question, answers=('{"a": "1"}', '{"a": 1}')) == "conflict"
