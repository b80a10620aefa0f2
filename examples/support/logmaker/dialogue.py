"""An ordinary conversation: a customer wants something, the assistant helps, perhaps with a tool."""

import json
import re
from random import Random
from typing import Any

from logmaker import rough
from logmaker.bank import Bank, Group, Intent, Tongue
from logmaker.conversation import Channel, Conversation, Message, Utterance, capitalised
from logmaker.facts import Facts, draw

_TURNS = {"chat": (1, 1, 1, 2, 2, 2, 3, 3, 4, 5), "widget": (1, 1, 1, 2, 2, 3), "email": (1,)}
_CIRCUMSTANCES = {"chat": (1, 2, 2), "widget": (1, 1, 2), "email": (2, 3, 3)}
_GAPS = {"chat": (" ",), "widget": (" ",), "email": (" ", "\n", "\n\n")}
_STYLES = {
    "chat": ("plain",) * 6 + ("small", "typo", "typo", "emoji"),
    "widget": ("plain",) * 3 + ("small", "small", "typo", "typo", "emoji"),
    "email": ("plain",) * 8 + ("typo",),
}
_PROMPTS = {
    "chat": ("v1", "v2", "v2", "v2", "v2_drifted", None),
    "widget": ("v1", None, None, None, None),
    "email": (None,),
}
_NUMBER = re.compile(r"\d+\.\d\d")


def compose(bank: Bank, rng: Random, *, channel: Channel, language: str = "en") -> Conversation:
    """A new ordinary conversation of the channel in the language."""
    tongue = bank.tongues[language]
    intent = tongue.intents[rng.choice(sorted(tongue.intents))]
    facts = draw(tongue, rng)
    turns = rng.choice(_TURNS[channel])
    group = (*rng.choice(intent.say),)
    number_asked = turns > 1 and language == "en" and "{order}" in group[0] and rng.random() < 0.3
    if number_asked:
        group = (rng.choice(bank.special["missing_value"]["ask"]),)
        turns -= 1
    asked = [group] if number_asked else [group, rng.choice(intent.ask)]
    first = utterance(tongue, facts, rng, channel=channel, asked=asked)
    conversation = Conversation(channel, language, intent.name, facts, first, [])
    begin(bank, conversation, rng)
    if number_asked:
        _hand_over_number(tongue, conversation, rng)
    _help(bank, intent, conversation, rng, thanks_for_number=number_asked)
    _follow_up(tongue, intent, conversation, rng, turns=turns - 1)
    _roughen(conversation, rng)
    return conversation


def utterance(
    tongue: Tongue, facts: Facts, rng: Random, *, channel: Channel, asked: list[Group]
) -> Utterance:
    """What the user says first: the matter between circumstances, with or without greetings."""
    around = rng.sample(tongue.general["circumstance"], rng.choice(_CIRCUMSTANCES[channel]))
    groups = [asked[0], *around, *asked[1:]]
    if rng.random() < 0.3:
        groups = [around[0], asked[0], *around[1:], *asked[1:]]
    sentences = tuple(tuple(wording.format_map(facts) for wording in group) for group in groups)
    polite = channel == "email" or rng.random() < 0.6
    opening = rng.choice(tongue.general["opening"]) if polite else ""
    signed = polite and rng.random() < 0.7
    sign_off = rng.choice(tongue.general["sign_off"]).format_map(facts) if signed else ""
    return Utterance(opening, sentences, sign_off, rng.choice(_GAPS[channel]))


def begin(bank: Bank, conversation: Conversation, rng: Random) -> None:
    """Starts the messages: perhaps a system prompt, then the first user turn."""
    version = rng.choice(_PROMPTS[conversation.channel])
    conversation.prompt_version = version
    if version:
        conversation.messages.append({"role": "system", "content": bank.prompts[version]})
    conversation.messages.append(user(conversation.first.text()))


def reply(tongue: Tongue, facts: Facts, rng: Random, *, core: str) -> str:
    """An answer around its core sentence."""
    if tongue.code != "en":
        return filled(core, facts)
    parts = [core]
    if rng.random() < 0.6:
        parts.insert(0, rng.choice(tongue.general["acknowledge"]))
    if rng.random() < 0.6:
        parts.append(rng.choice(tongue.general["next_step"]))
    return " ".join(filled(part, facts) for part in parts)


def filled(text: str, facts: Facts) -> str:
    """The sentence with its slots filled and a capital at its head."""
    return capitalised(text.format_map(facts))


def user(text: str) -> Message:
    """A user message."""
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    """An assistant message."""
    return {"role": "assistant", "content": text}


def _hand_over_number(tongue: Tongue, conversation: Conversation, rng: Random) -> None:
    facts, general = conversation.facts, tongue.general
    wordings = general["number_only"] if rng.random() < 0.7 else general["number_lost"]
    conversation.messages += [
        assistant(filled(rng.choice(general["need_number"]), facts)),
        user(rng.choice(wordings).format_map(facts)),
    ]


def _help(
    bank: Bank, intent: Intent, conversation: Conversation, rng: Random, *, thanks_for_number: bool
) -> None:
    tongue, facts = bank.tongues[conversation.language], conversation.facts
    if conversation.channel == "chat" and intent.tool and rng.random() < 0.6:
        conversation.tools = offered(bank, intent.tool, rng)
        if rng.random() < 0.75:
            conversation.messages += tool_round(bank, intent.tool, facts, rng)
    text = reply(tongue, facts, rng, core=rng.choice(intent.answer))
    if thanks_for_number:
        text = f"{filled(rng.choice(tongue.general['found_it']), facts)} {text}"
    conversation.messages.append(assistant(text))


def _follow_up(
    tongue: Tongue, intent: Intent, conversation: Conversation, rng: Random, *, turns: int
) -> None:
    facts, general = conversation.facts, tongue.general
    pairs = [*intent.followup, *(tuple(pair) for pair in general["followup"])]
    for question, answer in rng.sample(pairs, min(turns, len(pairs))):
        conversation.messages += [
            user(question.format_map(facts) if rng.random() < 0.5 else filled(question, facts)),
            assistant(reply(tongue, facts, rng, core=answer)),
        ]
    if turns > 1 and "thanks" in general and rng.random() < 0.3:
        conversation.messages[-2:] = [
            user(filled(rng.choice(general["thanks"]), facts)),
            assistant(filled(rng.choice(general["welcome"]), facts)),
        ]


def _roughen(conversation: Conversation, rng: Random) -> None:
    conversation.style = rng.choice(_STYLES[conversation.channel])
    text = conversation.first.text()
    if conversation.style == "small":
        text = text.lower()
    elif conversation.style == "typo":
        text = rough.typo(text, rng)
    elif conversation.style == "emoji":
        text = f"{text} {rng.choice('🙂😕🙏😤📦🎁😅🤔😭')}"
    conversation.say_first(text)


def offered(bank: Bank, name: str, rng: Random) -> list[dict[str, Any]]:
    """Tool definitions as offered to the model: the one that helps and some others."""
    others = rng.sample([other for other in bank.tools if other != name], rng.randrange(1, 4))
    return [_definition(bank, tool) for tool in sorted([name, *others])]


def tool_round(bank: Bank, name: str, facts: Facts, rng: Random) -> list[Message]:
    """The assistant's call, without any text, and the tool's result."""
    tool = bank.tools[name]
    call_id = call_number(rng)
    function = {"name": name, "arguments": _json(tool["arguments"], facts)}
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": call_id, "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": call_id, "content": _json(tool["result"], facts)},
    ]


def call_number(rng: Random) -> str:
    """The id of a tool call."""
    return f"call_{rng.getrandbits(64):016x}"


def _json(template: dict[str, str], facts: Facts) -> str:
    values = {key: value.format_map(facts) for key, value in template.items()}
    typed = {key: float(value) if _NUMBER.fullmatch(value) else value for key, value in values.items()}
    return json.dumps(typed, ensure_ascii=False)


def _definition(bank: Bank, name: str) -> dict[str, Any]:
    tool = bank.tools[name]
    types = {key: "number" if value == "{value}" else "string" for key, value in tool["arguments"].items()}
    properties = {key: {"type": kind} for key, kind in types.items()}
    parameters = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    return {
        "type": "function",
        "function": {"name": name, "description": tool["description"], "parameters": parameters},
    }
