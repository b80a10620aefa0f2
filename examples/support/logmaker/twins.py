"""Pairs: the same again, nearly so, in other words, with one decisive difference, with another answer."""

from dataclasses import dataclass
from random import Random
from typing import Any

from logmaker import rough
from logmaker.bank import Bank
from logmaker.conversation import Conversation
from logmaker.dialogue import call_number, filled

_EDITS = ("case", "spacing", "punctuation", "typo", "filler")
MIN_JACCARD = 0.8


@dataclass
class Pair:
    """Two conversations and what is true about them; `one` was there first."""

    kind: str
    one: Conversation
    two: Conversation
    details: dict[str, Any]

    def __post_init__(self) -> None:
        """Both know."""
        self.one.paired = self.two.paired = True


def exact(original: Conversation, rng: Random) -> Pair:
    """The same messages; ids of tool calls are sometimes new, as they are in real logs."""
    two = original.twin()
    fresh = rng.random() < 0.5 and _renew_call_ids(two, rng)
    crossed = not original.tools and original.channel == "chat" and rng.random() < 0.4
    if crossed:
        two.channel = "widget"
    return Pair("exact_duplicate", original, two, {"fresh_call_ids": fresh, "other_format": crossed})


def near(original: Conversation, rng: Random, *, edit: str) -> Pair | None:
    """The same with one small edit; None if the edit changes too many word n-grams for a text so short."""
    two = original.twin()
    text = original.messages[original.first_user]["content"]
    two.say_first(_edited(text, rng, edit=edit))
    similarity = rough.jaccard(_spoken(original), _spoken(two))
    if two.messages == original.messages or similarity < MIN_JACCARD:
        return None
    return Pair("near_duplicate", original, two, {"edit": edit, "jaccard": round(similarity, 3)})


def near_short(original: Conversation, rng: Random) -> Pair | None:
    """A typo or a filler word in so short a text that word n-grams alone do not tell; only meaning does."""
    two = original.twin()
    text = original.messages[original.first_user]["content"]
    edit = rng.choice(("typo", "filler"))
    two.say_first(_edited(text, rng, edit=edit))
    similarity = rough.jaccard(_spoken(original), _spoken(two))
    if two.messages == original.messages or similarity >= MIN_JACCARD:
        return None
    return Pair("near_duplicate_short", original, two, {"edit": edit, "jaccard": round(similarity, 3)})


def paraphrase(original: Conversation, rng: Random, *, strength: str) -> Pair | None:
    """The first turn in other words, numbers and answer unchanged; None if nothing changes.

    `light`: one sentence in other words. `full`: all of them, and perhaps in another order.
    """
    count = len(original.first.sentences)
    order = list(range(count))
    if strength == "full" and count > 2 and rng.random() < 0.5:
        order[0], order[1] = order[1], order[0]
    reworded = range(count) if strength == "full" else (rng.randrange(count),)
    two = original.twin()
    two.say_first(original.first.text(reworded=reworded, order=order))
    if two.messages == original.messages:
        return None
    similarity = rough.jaccard(_spoken(original), _spoken(two))
    details = {"strength": strength, "reordered": order != sorted(order), "jaccard": round(similarity, 3)}
    return Pair("paraphrase", original, two, details)


def contrast(bank: Bank, original: Conversation, rng: Random) -> Pair:
    """Two first turns that differ in one decisive sentence; answers differ with it, or are the same."""
    variant = rng.choice(("negation", "negation", "antonym", "antonym", "amount", "date", "number"))
    entry = rng.choice(bank.special["contrast"][variant])
    same = rng.random() < 0.35
    two = original.twin()
    at = rng.randrange(len(original.first.sentences) + 1)
    answers = (entry["same"],) * 2 if same else (entry["answer_a"], entry["answer_b"])
    closing = filled(rng.choice(bank.tongues["en"].general["next_step"]), original.facts)
    for side, sentence, answer in ((original, entry["a"], answers[0]), (two, entry["b"], answers[1])):
        spoken = original.first.with_sentence((sentence.format_map(side.facts),), at=at)
        side.say_first(spoken.text())
        side.answer(f"{filled(answer, side.facts)} {closing}")
    return Pair("contrast", original, two, {"variant": variant, "same_answer": same})


def conflict(bank: Bank, original: Conversation, rng: Random) -> Pair:
    """The same question (sometimes in other letters and spacing) with contradicting answers."""
    entry = rng.choice(bank.special["conflict"])
    spoken = original.first.with_sentence(
        (entry["ask"].format_map(original.facts),), at=len(original.first.sentences)
    )
    two = original.twin()
    text = spoken.text()
    edit = rng.choice(("none", "none", "case", "spacing"))
    original.say_first(text)
    two.say_first(text if edit == "none" else _edited(text, rng, edit=edit))
    original.answer(filled(entry["yes"], original.facts))
    two.answer(filled(entry["no"], original.facts))
    return Pair("conflict", original, two, {"edit": edit})


def hidden_contrast(one: Conversation, two: Conversation, *, kind: str) -> Pair:
    """Two conversations that differ only in a personal value, so that they look alike once redacted."""
    return Pair("redacted_contrast", one, two, {"type": kind})


def _edited(text: str, rng: Random, *, edit: str) -> str:
    edits = {
        "case": rough.recased,
        "spacing": rough.respaced,
        "punctuation": rough.repunctuated,
        "typo": rough.typo,
        "filler": rough.filler,
    }
    return edits[edit](text, rng)


def _spoken(conversation: Conversation) -> str:
    """All that is said before the taught answer, without the system prompt."""
    said = [message for message in conversation.messages[:-1] if message["role"] != "system"]
    return "\n".join(message["content"] or "" for message in said)


def _renew_call_ids(conversation: Conversation, rng: Random) -> bool:
    calls = [call for message in conversation.messages for call in message.get("tool_calls", ())]
    for call in calls:
        old, call["id"] = call["id"], call_number(rng)
        for message in conversation.messages:
            if message.get("tool_call_id") == old:
                message["tool_call_id"] = call["id"]
    return bool(calls)
