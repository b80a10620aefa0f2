"""Personal data and secrets planted in ordinary conversations, and things that only look like them."""

import json
from random import Random
from typing import Any

from logmaker import identifiers
from logmaker.bank import Bank
from logmaker.conversation import Conversation

TYPES = (
    "email",
    "phone",
    "card",
    "iban",
    "us_ssn",
    "ip",
    "url_credentials",
    "api_key",
    "government_id",
    "booking",
)

_KEYS = {
    "card": "card_number",
    "us_ssn": "ssn",
    "es_dni": "dni",
    "es_nie": "nie",
    "fr_nir": "nir",
    "uk_nino": "national_insurance_number",
    "nl_bsn": "bsn",
    "de_idnr": "tax_id",
}


def plant(bank: Bank, conversation: Conversation, rng: Random, *, kind: str) -> None:
    """Puts a value into the user's first turn, sometimes into the answer and a tool's data too."""
    label, value, wordings = _drawn(bank, rng, kind=kind)
    _tell(conversation, rng, rng.choice(wordings["user"]).format_map(value))
    if wordings.get("assistant") and rng.random() < 0.35:
        _append(conversation, rng.choice(wordings["assistant"]).format_map(value))
    if kind != "url_credentials" and rng.random() < 0.5:
        _put_into_tool(conversation, rng, key=_key(label, rng), value=value["value"])
    _record(conversation, "pii", label, value["value"])


def plant_apart(bank: Bank, one: Conversation, two: Conversation, rng: Random, *, kind: str) -> None:
    """Puts the same sentence with different values of the type at the end of two first turns."""
    sentence = rng.choice(bank.personal[kind]["user"])
    for conversation in (one, two):
        value = identifiers.PERSONAL[kind](rng)
        conversation.say_first(f"{conversation.first.text()} {sentence.format_map({'value': value})}")
        _record(conversation, "pii", {"type": kind}, value)


def trap(bank: Bank, conversation: Conversation, rng: Random, *, kind: str) -> None:
    """Puts something into the first turn that looks like personal data and is none."""
    value = identifiers.TRAPS[kind](rng)
    _tell(conversation, rng, rng.choice(bank.personal["trap"][kind]).format_map({"value": value}))
    _record(conversation, "pii_trap", {"type": kind}, value)


def _key(label: dict[str, str], rng: Random) -> str:
    """What a tool calls the value; sometimes a name that says little."""
    name = label.get("country", label["type"])
    return rng.choice((_KEYS.get(name, name), "number" if name in _KEYS else name))


def _drawn(
    bank: Bank, rng: Random, *, kind: str
) -> tuple[dict[str, str], dict[str, str], dict[str, list[str]]]:
    if kind == "url_credentials":
        url, secret = identifiers.url_credentials(rng)
        return {"type": kind}, {"url": url, "value": secret}, bank.personal[kind]
    if kind == "government_id":
        country = rng.choice(sorted(identifiers.GOVERNMENT))
        value = identifiers.GOVERNMENT[country](rng)
        return {"type": kind, "country": country}, {"value": value}, bank.personal[kind][country]
    return {"type": kind}, {"value": identifiers.PERSONAL[kind](rng)}, bank.personal[kind]


def _tell(conversation: Conversation, rng: Random, sentence: str) -> None:
    """Adds a sentence to the user's first turn, before, between or behind the others."""
    message = conversation.messages[conversation.first_user]
    sentences = message["content"].split(conversation.first.gap)
    if conversation.first.gap != " ":
        at = rng.randrange(1, len(sentences) + 1)
        message["content"] = conversation.first.gap.join([*sentences[:at], sentence, *sentences[at:]])
        return
    message["content"] = (
        f"{message['content']} {sentence}" if rng.random() < 0.6 else f"{sentence} {message['content']}"
    )


def _append(conversation: Conversation, sentence: str) -> None:
    conversation.answer(f"{conversation.messages[-1]['content']} {sentence}")


def _put_into_tool(conversation: Conversation, rng: Random, *, key: str, value: str) -> None:
    """Adds the value to the arguments or the result of the conversation's tool call, if there is one."""
    for message in conversation.messages:
        if message.get("tool_calls") and rng.random() < 0.6:
            function = message["tool_calls"][0]["function"]
            function["arguments"] = _with(function["arguments"], {key: value})
        elif message["role"] == "tool" and rng.random() < 0.6:
            message["content"] = _with(message["content"], {"customer": {key: value}})


def _with(text: str, more: dict[str, Any]) -> str:
    return json.dumps(json.loads(text) | more, ensure_ascii=False)


def _record(conversation: Conversation, kind: str, label: dict[str, str], value: str) -> None:
    """Every occurrence is a line of truth; where it stands is looked up when all edits are done."""
    conversation.plants.append({"kind": kind, **label, "value": value})


def occurrences(conversation: Conversation, value: str) -> list[dict[str, Any]]:
    """Where the value stands: character offsets in a message's content, or the tool call that holds it."""
    found: list[dict[str, Any]] = []
    for number, message in enumerate(conversation.messages):
        start = (message.get("content") or "").find(value)
        while start >= 0:
            found.append({"message": number, "start": start, "end": start + len(value), "value": value})
            start = message["content"].find(value, start + len(value))
        for k, call in enumerate(message.get("tool_calls", ())):
            if value in call["function"]["arguments"]:
                found.append({"message": number, "tool_call": k, "value": value})
    return found
