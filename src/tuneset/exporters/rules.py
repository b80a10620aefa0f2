"""Rules that several targets share: what each requires, why, what to do, and who breaks it.

A target picks the rules it has and says where it documents them: `alternate(link)`. An id means the same
everywhere.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import orjson
import pyarrow as pa

from tuneset.core.exporter import Rule
from tuneset.exporters.conversation import (
    Conversation,
    Message,
    arguments_of,
    calls_of,
    conversations,
    function_names,
    is_text,
    spoken,
)
from tuneset.exporters.toolcalls import FUNCTION_NAME, faults

Breaks = Callable[[Conversation], bool]

_MISTRAL_ID = re.compile(r"[a-zA-Z0-9]{9}")
_ALTERNATIVE = "export it for a target with masks: openai, together, fireworks, mistral, axolotl"


@dataclass(frozen=True)
class Check:
    """A rule and who breaks it."""

    rule: Rule
    breaks: Breaks


def broken(checks: Sequence[Check], examples: pa.Table) -> list[tuple[int, str]]:
    """`(row, rule id)`, sorted, for each row that breaks a rule."""
    return sorted(
        (row, check.rule.id)
        for row, talk in enumerate(conversations(examples))
        for check in checks
        if check.breaks(talk)
    )


def rules_of(checks: Iterable[Check]) -> tuple[Rule, ...]:
    """The rules, in their order."""
    return tuple(check.rule for check in checks)


def last_assistant(link: str) -> Check:
    """Ends with the answer to learn."""
    rule = Rule(
        "order.last-assistant",
        "the last message is the answer to learn",
        link,
        "cut off what follows the last answer",
        "trim-end",
    )
    return Check(rule, lambda talk: not talk.messages or talk.messages[-1]["role"] != "assistant")


def prompt_present(link: str) -> Check:
    """Somebody speaks before the answer."""
    rule = Rule(
        "prompt.present",
        "there is nothing before the answer",
        link,
        "a line that says so is put before it",
        "pad-start",
    )
    return Check(rule, lambda talk: len(talk.messages) < 2)


def assistant_present(link: str) -> Check:
    """Has an assistant turn."""
    rule = Rule(
        "assistant.present",
        "an example without an assistant turn teaches nothing",
        link,
        "leave it out, or add the answer",
    )
    return Check(rule, lambda talk: talk.taught is None)


def assistant_trained(link: str) -> Check:
    """Learns from at least one turn."""
    rule = Rule(
        "assistant.trained",
        "at least one assistant turn must be learned from",
        link,
        "leave it out, or unmask the turn to learn",
    )
    return Check(rule, lambda talk: not any(m["role"] == "assistant" and m["train"] for m in talk.messages))


def content_present(link: str) -> Check:
    """Nobody says nothing."""
    rule = Rule(
        "content.present",
        "a message says something or calls a tool; users and assistants never say nothing",
        link,
        "leave it out, or fill in what is missing",
    )
    return Check(rule, lambda talk: any(map(_silent, talk.messages)))


def _silent(message: Message) -> bool:
    if message.get("parts") or message.get("tool_calls"):
        return False
    if message["role"] in ("user", "assistant"):
        return not message["content"]
    return message["content"] is None


def content_not_blank(link: str) -> Check:
    """As `content_present`, but white space says nothing either."""
    rule = Rule(
        "content.blank",
        "a text of nothing but white space is refused",
        link,
        "leave it out, or fill in what is missing",
    )
    return Check(
        rule, lambda talk: any(m["content"] is not None and m["content"].isspace() for m in talk.messages)
    )


def text_only(link: str) -> Check:
    """No images, sound or files."""
    rule = Rule(
        "content.text-only",
        "chat templates of text models take text, no images, sound or files",
        link,
        "leave it out, or train a model that sees",
    )
    return Check(rule, lambda talk: not all(map(is_text, talk.messages)))


def images_of_users(link: str, *, most: int) -> tuple[Check, Check]:
    """Only users show images, and not too many."""
    whose = Rule("images.user-only", "only users may show images", link, "leave it out: answers are text")
    many = Rule(
        "images.most", f"an example shows at most {most} images", link, "leave out some of the images"
    )

    def shown(message: Message) -> int:
        return _count_images(message.get("parts"))

    return (
        Check(whose, lambda talk: any(m["role"] != "user" and shown(m) for m in talk.messages)),
        Check(many, lambda talk: sum(map(shown, talk.messages)) > most),
    )


def images_in(parts: str) -> int:
    """How many images are among parts (JSON)."""
    return _count_images(orjson.loads(parts))


def _count_images(parts: object) -> int:
    if not isinstance(parts, list):
        return 0
    return sum(isinstance(part, dict) and "image" in str(part.get("type")) for part in parts)


def tools_meet(link: str) -> tuple[Check, ...]:
    """Calls are well shaped, answered, and results were asked for."""
    shape = Rule(
        "tools.call-shape",
        "a call has an id, a function name and arguments as a string of JSON",
        link,
        "mend the call where it was logged",
    )
    answered = Rule(
        "tools.call-answered",
        "each call is followed by its result before anybody else speaks",
        link,
        "add the missing result, or leave it out",
    )
    asked = Rule(
        "tools.result-asked",
        "a tool message answers a call made just before it",
        link,
        "give the result the id of its call",
    )
    return tuple(
        Check(rule, lambda talk, wanted=rule.id: wanted in _tool_faults(talk))
        for rule in (shape, answered, asked)
    )


def _tool_faults(talk: Conversation) -> set[str]:
    if not any(m["role"] == "tool" or "tool_calls" in m for m in talk.messages):
        return set()
    return faults(
        [m["role"] for m in talk.messages],
        [m.get("tool_calls") for m in talk.messages],
        [m.get("tool_call_id") for m in talk.messages],
    )


def arguments_are_objects(link: str) -> Check:
    """Arguments are an object, so that templates can show them."""
    rule = Rule(
        "tools.args-object",
        "arguments of a call must be a JSON object, or templates cannot show them",
        link,
        "empty arguments become `{}`; others must be mended where they were logged",
        "empty-arguments",
    )
    return Check(rule, lambda talk: any(not _has_objects(m) for m in talk.messages))


def _has_objects(message: Message) -> bool:
    if "tool_calls" not in message:
        return True
    calls = calls_of(message)
    return len(calls) == len(message["tool_calls"]) and all(arguments_of(call) is not None for call in calls)


def tools_declared(link: str) -> Check:
    """Nobody calls a tool that was not offered."""
    rule = Rule(
        "tools.declared",
        "every tool that is called is among the `tools`",
        link,
        "add its definition to `tools`",
    )

    def breaks(talk: Conversation) -> bool:
        called = {call["function"].get("name") for m in talk.messages for call in calls_of(m)}
        return bool(called) and not called <= set(function_names(talk.tools))

    return Check(rule, breaks)


def function_names_plain(link: str) -> Check:
    """Names of functions are short and plain."""
    rule = Rule(
        "tools.name",
        "a function's name has 1 to 64 letters, digits, `_` or `-`",
        link,
        "rename the function in `tools` and in its calls",
    )

    def breaks(talk: Conversation) -> bool:
        called = [call["function"].get("name") for m in talk.messages for call in calls_of(m)]
        return any(not FUNCTION_NAME.fullmatch(str(name)) for name in [*called, *function_names(talk.tools)])

    return Check(rule, breaks)


def no_tools(link: str, why: str) -> Check:
    """The target knows no tools."""
    rule = Rule("tools.none", why, link, "leave it out, or choose a target that learns tool calls")

    def breaks(talk: Conversation) -> bool:
        return bool(talk.tools) or any(m["role"] == "tool" or "tool_calls" in m for m in talk.messages)

    return Check(rule, breaks)


def system_first(link: str) -> Check:
    """At most one system prompt, before all else."""
    rule = Rule(
        "system.first",
        "the system prompt is the first message, and there is one at most",
        link,
        "system prompts at the head are joined; one in the middle must be moved by hand",
        "merge-turns",
    )
    return Check(rule, lambda talk: any(m["role"] == "system" for m in talk.messages[1:]))


def user_first(link: str) -> Check:
    """The first who speaks is the user."""
    rule = Rule(
        "order.first-user",
        "after the system prompt the user speaks first",
        link,
        "a line that says so is put before a greeting of the assistant",
        "pad-start",
    )

    def breaks(talk: Conversation) -> bool:
        first = next((m for m in talk.messages if m["role"] != "system"), None)
        return first is None or first["role"] != "user"

    return Check(rule, breaks)


def alternate(link: str, *, results_speak_as_users: bool = True) -> Check:
    """Users and assistants take turns.

    `results_speak_as_users`: does a tool's result stand in the place of a user's turn, one for each call?
    """
    rule = Rule(
        "order.alternate",
        "users and assistants take turns",
        link,
        "two turns of the same speaker become one",
        "merge-turns",
    )

    def breaks(talk: Conversation) -> bool:
        sides = [_side(m, results_speak_as_users) for m in talk.messages if m["role"] != "system"]
        return any(one == two and one is not None for one, two in itertools.pairwise(sides))

    return Check(rule, breaks)


def _side(message: Message, results_speak_as_users: bool) -> str | None:
    if message["role"] == "tool":
        return "user" if results_speak_as_users else None
    return message["role"]


def mask_not_honoured(link: str) -> Check:
    """The target learns from every assistant turn."""
    rule = Rule(
        "mask.not-honoured",
        "the trainer learns from every assistant turn; one is marked not to be learned",
        link,
        f"{_ALTERNATIVE}; or for trl-prompt-completion with `--fix`",
    )
    return Check(rule, lambda talk: any(m["role"] == "assistant" and not m["train"] for m in talk.messages))


def mask_last_only(link: str) -> Check:
    """The target learns from the last assistant turn only."""
    rule = Rule(
        "mask.last-only",
        "only the last turn is learned from; earlier ones of this example would be lost",
        link,
        "the example becomes one for each turn to learn",
        "split-turns",
    )
    return Check(rule, _loses_turns)


def _loses_turns(talk: Conversation) -> bool:
    """Is anything but the last message learned from, or not even that?"""
    trained = [i for i, m in enumerate(talk.messages) if m["role"] == "assistant" and m["train"]]
    return bool(trained) and trained != [len(talk.messages) - 1]


def no_names(link: str) -> Check:
    """The format has no place for names of speakers."""
    rule = Rule(
        "name.no-place",
        "the format has no place for the name of a speaker",
        link,
        "names are left out",
        "drop-names",
    )
    return Check(rule, lambda talk: any("name" in m and m["role"] != "tool" for m in talk.messages))


def mistral_ids(link: str) -> Check:
    """Ids of calls as Mistral's older tokenizers want them."""
    rule = Rule(
        "id.mistral-9",
        "ids of tool calls are exactly 9 letters and digits",
        link,
        "ids are exchanged, the same everywhere in the example",
        "short-ids",
    )

    def breaks(talk: Conversation) -> bool:
        ids = [call.get("id") for m in talk.messages for call in calls_of(m)]
        ids += [m["tool_call_id"] for m in talk.messages if "tool_call_id" in m]
        return any(not isinstance(i, str) or not _MISTRAL_ID.fullmatch(i) for i in ids)

    return Check(rule, breaks)


def text_or_calls(link: str) -> Check:
    """An assistant message says something or calls, not both."""
    rule = Rule(
        "content.or-calls",
        "an assistant message has either content or tool calls, not both",
        link,
        "leave it out, or choose a target that keeps both: axolotl, trl",
    )
    return Check(rule, lambda talk: any(spoken(m) and "tool_calls" in m for m in talk.messages))


SPECIAL = r"<\|[a-z0-9_]{2,40}\|>|\[/?INST\]|<(?:start|end)_of_turn>"
"""What tokenizers of open models take for control tokens wherever it stands in a text (RE2)."""


def special_tokens(link: str) -> Check:
    """Text that a tokenizer would take for the end of a turn."""
    rule = Rule(
        "text.special-token",
        "the tokenizer takes a piece of this text for a control token of the chat template",
        link,
        "a space is put into it: `<| im_end|>`",
        "space-tokens",
    )
    pattern = re.compile(SPECIAL)
    return Check(rule, lambda talk: any(pattern.search(spoken(m)) for m in talk.messages))


def reserved_words(link: str, words: Sequence[str], *, roles: tuple[str, ...], fixer: str | None) -> Check:
    """Words that the target takes for its own control words."""
    shown = " ".join(f"`{word}`" for word in words)
    rule = Rule(
        "text.reserved",
        f"these words have a meaning of their own there: {shown}",
        link,
        "a space is put inside the word" if fixer else "reword it, or leave it out",
        fixer,
    )

    def breaks(talk: Conversation) -> bool:
        texts = [spoken(m) for m in talk.messages if m["role"] in roles]
        return any(word in text for text in texts for word in words)

    return Check(rule, breaks)
