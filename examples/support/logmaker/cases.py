"""Edge cases a model must learn: refusals, vague or contradicting wishes, missing numbers, other topics."""

from random import Random

from logmaker.bank import Bank
from logmaker.conversation import Conversation
from logmaker.dialogue import filled, utterance

CASES = ("refusal", "out_of_scope", "ambiguous", "missing_value", "conflicting")


def turn_into(bank: Bank, conversation: Conversation, rng: Random, *, case: str) -> None:
    """Rewrites an English conversation to one turn of the case, answered as it should be."""
    section = bank.special[case]
    number = rng.randrange(len(section["ask"]))
    # a refusal names what is refused, so question and answer belong together
    answer = section["answer"][number] if case == "refusal" else rng.choice(section["answer"])
    system = [message for message in conversation.messages[:1] if message["role"] == "system"]
    asked = [(section["ask"][number],)]
    conversation.first = utterance(
        bank.tongues["en"], conversation.facts, rng, channel=conversation.channel, asked=asked
    )
    conversation.messages = [
        *system,
        {"role": "user", "content": conversation.first.text()},
        {"role": "assistant", "content": filled(answer, conversation.facts)},
    ]
    conversation.tools = None
    conversation.case = case
    conversation.plants.append({"kind": case, "case": case})
