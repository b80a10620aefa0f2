"""The wording: read from `phrases/*.toml`, nothing is written in code."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PHRASES = Path(__file__).parents[1] / "phrases"

Group = tuple[str, ...]
"""Wordings of one sentence that mean the same; the first is the usual one."""


@dataclass(frozen=True)
class Intent:
    """What a customer comes for. `followup`: questions and answers; `tool` names the tool that helps."""

    name: str
    say: tuple[Group, ...]
    ask: tuple[Group, ...]
    answer: tuple[str, ...]
    followup: tuple[tuple[str, str], ...]
    tool: str | None


@dataclass(frozen=True)
class Tongue:
    """One language: its facts (slot → values), its general sentences, its intents."""

    code: str
    facts: dict[str, list[str]]
    catalogue: list[dict[str, list[str]]]
    general: dict[str, Any]
    intents: dict[str, Intent]


@dataclass(frozen=True)
class Bank:
    """All wording. `special`: sections for planted cases; `personal`: sentences around identifiers."""

    tongues: dict[str, Tongue]
    special: dict[str, Any]
    personal: dict[str, Any]
    tools: dict[str, dict[str, Any]]
    prompts: dict[str, str]


def load() -> Bank:
    """Reads every phrase file."""
    english = _read("en") | {"intents": _read("en_intents")}
    tongues = {"en": _tongue("en", english)}
    tongues |= {code: _tongue(code, _read(code)) for code in ("de", "es", "fr")}
    return Bank(tongues, english, _read("personal"), _read("tools"), english["prompts"])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((PHRASES / f"{name}.toml").read_text(encoding="utf-8"))


def _tongue(code: str, raw: dict[str, Any]) -> Tongue:
    intents = {name: _intent(name, value) for name, value in raw["intents"].items()}
    general = raw["general"] | {"circumstance": _groups(raw["general"]["circumstance"])}
    return Tongue(code, raw["facts"], raw.get("catalogue", []), general, intents)


def _intent(name: str, raw: dict[str, Any]) -> Intent:
    followup = tuple((question, answer) for question, answer in raw.get("followup", ()))
    say, ask = _groups(raw["say"]), _groups(raw["ask"])
    return Intent(name, say, ask, tuple(raw["answer"]), followup, raw.get("tool"))


def _groups(raw: list[str] | list[list[str]]) -> tuple[Group, ...]:
    return tuple((group,) if isinstance(group, str) else tuple(group) for group in raw)
