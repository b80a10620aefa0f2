"""A conversation as it is made, before it is written in one of the log formats."""

import copy
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from logmaker.bank import Group
from logmaker.facts import Facts

Message = dict[str, Any]
Channel = Literal["chat", "widget", "email"]


@dataclass(frozen=True)
class Utterance:
    """What a user says first, kept as wordings so that it can be said again in other words."""

    opening: str
    sentences: tuple[Group, ...]
    sign_off: str
    gap: str = " "

    def text(self, *, reworded: Collection[int] = (), order: Sequence[int] | None = None) -> str:
        """The utterance in the given order, with some sentences in their second wording if they have one."""
        spoken = [self.sentences[i][-1 if i in reworded else 0] for i in order or range(len(self.sentences))]
        parts = (self.opening, *map(capitalised, spoken), self.sign_off)
        return self.gap.join(part for part in parts if part)

    def with_sentence(self, group: Group, *, at: int) -> "Utterance":
        """The same utterance with one more sentence."""
        return Utterance(
            self.opening, (*self.sentences[:at], group, *self.sentences[at:]), self.sign_off, self.gap
        )


@dataclass
class Conversation:
    """Messages in OpenAI shape plus everything the writers and the planted truth need.

    `plants`: truth about this conversation alone; its file and line are known once it is written (`place`).
    `paired`: is it one of two of which something is true?
    `finish_reason`: the provider's word. `style`: how the first turn was roughened (`plain` if not at all).
    """

    channel: Channel
    language: str
    intent: str
    facts: Facts
    first: Utterance
    messages: list[Message]
    tools: list[dict[str, Any]] | None = None
    style: str = "plain"
    prompt_version: str | None = None
    finish_reason: str = "stop"
    case: str = "typical"
    plants: list[dict[str, Any]] = field(default_factory=list)
    place: tuple[str, int] | None = None
    paired: bool = False

    @property
    def first_user(self) -> int:
        """Position of the first user message."""
        return next(i for i, message in enumerate(self.messages) if message["role"] == "user")

    @property
    def user_messages(self) -> list[int]:
        """Positions of all user messages."""
        return [i for i, message in enumerate(self.messages) if message["role"] == "user"]

    def say_first(self, text: str) -> None:
        """Replaces the first user message."""
        self.messages[self.first_user]["content"] = text

    def answer(self, text: str) -> None:
        """Replaces the last message, which is the assistant's."""
        self.messages[-1]["content"] = text

    def twin(self) -> "Conversation":
        """The same messages once more; nothing is planted in it yet."""
        return Conversation(
            self.channel,
            self.language,
            self.intent,
            self.facts,
            self.first,
            copy.deepcopy(self.messages),
            copy.deepcopy(self.tools),
            self.style,
            self.prompt_version,
            self.finish_reason,
            self.case,
        )


def capitalised(text: str) -> str:
    """The text with a capital first letter; the rest stays as it is."""
    return text[:1].upper() + text[1:]
