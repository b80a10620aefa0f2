"""The rules of `phrases.toml`: which of them match the texts of a place."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.fingerprint import fingerprint
from tuneset.kernels.literals import Literals
from tuneset.kernels.words import buffer_of

Place = Literal["opening", "answer", "after_tool", "last_user", "user"]
Need = Literal["system", "tools", "called", "no_call", "refused"]


@dataclass(frozen=True)
class Phrase:
    """One rule; the head of `phrases.toml` says what the fields mean."""

    id: str
    case: str
    place: Place
    gate: tuple[str, ...]
    pattern: str
    unless: str | None
    needs: tuple[Need, ...]
    strength: str
    language: str


@cache
def phrases() -> tuple[Phrase, ...]:
    """All rules in the order in which they decide."""
    return tuple(_phrase(entry) for entry in tomllib.loads(_text())["rule"])


def phrases_digest() -> str:
    """Changes when any rule does."""
    return fingerprint(tomllib.loads(_text()))


def _text() -> str:
    return files("tuneset.stages.cases").joinpath("phrases.toml").read_text("utf-8")


def _phrase(entry: Mapping[str, Any]) -> Phrase:
    unless = entry.get("unless")
    return Phrase(
        id=entry["id"],
        case=entry["case"],
        place=entry["place"],
        gate=tuple(entry["gate"]),
        pattern=_curly(entry["pattern"]),
        unless=unless and _curly(unless),
        needs=tuple(entry.get("needs", ())),
        strength=entry["strength"],
        language=entry["language"],
    )


def _curly(pattern: str) -> str:
    return pattern.replace("'", "['’]")


@cache
def _gates(ids: tuple[str, ...]) -> Literals:
    by_id = {phrase.id: phrase for phrase in phrases()}
    return Literals.of([_both(by_id[name].gate) for name in ids])


def _both(gate: Sequence[str]) -> list[str]:
    return [form for literal in gate for form in {literal, literal.replace("'", "’")}]


def holding(texts: pa.Array, rules: Sequence[Phrase]) -> np.ndarray:
    """`uint64[n]`: bit `i` is set where rule `i` of these (all of one place) may match, by its gate."""
    return _gates(tuple(rule.id for rule in rules)).groups_in(buffer_of(texts))


def matching(texts: pa.Array, rule: Phrase, where: np.ndarray) -> np.ndarray:
    """Places (`int64`, rising) among `where` (`int64`) of the texts that the rule matches."""
    if not len(where):
        return where
    chosen = texts.take(pa.array(where))
    found = _true(pc.match_substring_regex(chosen, rule.pattern, ignore_case=True))
    if rule.unless is not None and found.any():
        found &= ~_true(pc.match_substring_regex(chosen, rule.unless, ignore_case=True))
    return where[found]


def _true(values: pa.Array) -> np.ndarray:
    return pc.fill_null(values, False).to_numpy(zero_copy_only=False)
