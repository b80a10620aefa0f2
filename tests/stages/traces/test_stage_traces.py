"""Calls that a longer call of the same conversation repeats."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies and parameters say

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.core.example import ExampleBuilder, Messages
from tuneset.stages.traces import only_final, prefixes, thread_digests

ROLES = ("user", "assistant")


def table(talks):
    builder = ExampleBuilder()
    for number, talk in enumerate(talks):
        for place, text in enumerate(talk):
            builder.message(ROLES[place % 2], text)
        builder.finish(number.to_bytes(16), line=number + 1, source="s", file="f")
    return builder.table()


def found(talks, conversation):
    messages = Messages.of(table(talks))
    return prefixes(np.array(conversation, np.uint64), thread_digests(messages), messages.offsets).tolist()


def slow(talks, conversation):
    """Every pair, message by message; the longest, then the first."""
    result = []
    for i, talk in enumerate(talks):
        longer = [
            (-len(other), j)
            for j, other in enumerate(talks)
            if conversation[i]
            and conversation[i] == conversation[j]
            and len(other) > len(talk)
            and [text.strip() for text in other[: len(talk)]] == [text.strip() for text in talk]
        ]
        result.append(min(longer)[1] if longer else -1)
    return result


text = st.sampled_from(["a", "b", " a", "a\n", ""])
talk = st.lists(text, min_size=1, max_size=6)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(talk, st.integers(0, 2)), min_size=1, max_size=12))
def test_every_repeated_call_is_found_and_no_other(calls):
    talks, conversation = [c[0] for c in calls], [c[1] for c in calls]
    assert found(talks, conversation) == slow(talks, conversation)


def test_the_first_calls_of_a_chat_belong_to_its_last():
    chat = ["hi", "hello", "my card is lost", "blocked", "thanks", "bye"]
    assert found([chat[:2], chat[:4], chat], [7, 7, 7]) == [2, 2, -1]


def test_the_same_greeting_of_another_customer_is_no_prefix():
    assert found([["hi", "hello"], ["hi", "hello", "help", "sure"]], [1, 2]) == [-1, -1]


def test_what_was_answered_otherwise_is_no_prefix():
    assert found([["hi", "hello"], ["hi", "hey", "help", "sure"]], [1, 1]) == [-1, -1]


def test_ids_of_tool_calls_do_not_matter_and_arguments_do():
    def call(number: int, arguments: int) -> str:
        return (
            f'[{{"id":"call_{number}","type":"function",'
            f'"function":{{"name":"book","arguments":"{{\\"table\\":{arguments}}}"}}}}]'
        )

    builder = ExampleBuilder()
    for place, (tools, more) in enumerate([(call(1, 4), False), (call(9, 4), True), (call(1, 5), True)]):
        builder.message("user", "a table for four")
        builder.message("assistant", None, tool_calls=tools)
        if more:
            builder.message("tool", "done")
            builder.message("assistant", "Booked.")
        builder.finish(place.to_bytes(16), line=1, source="s", file="f")
    messages = Messages.of(builder.table())
    same = np.full(3, 5, np.uint64)
    assert prefixes(same, thread_digests(messages), messages.offsets).tolist() == [1, -1, -1]


def test_only_the_last_answer_is_learned_from():
    messages = Messages.of(only_final(table([["q", "a", "q", "b"], ["q", "a"], ["q"]])))
    assert messages.train.to_pylist() == [True, False, True, True, True, True, True]
