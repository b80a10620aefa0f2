"""How many tokens an example has: by a tokenizer if there is one, else estimated by bytes, and said so."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import orjson

from tuneset.core.errors import MissingExtra, UsageError
from tuneset.exporters.conversation import Conversation

BYTES_PER_TOKEN = 4
"""Of English text with a vocabulary of about 100,000; other languages have fewer bytes a token."""

PER_MESSAGE = 4
"""Tokens that a chat template puts around a message: role, begin and end."""


class Counter(Protocol):
    """Counts the tokens of texts."""

    name: str
    """What counted, for the report."""
    exact: bool
    """Is it the target's own tokenizer, or one that was given? Else an estimate."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """`[n]` tokens of each text."""
        ...


class ByBytes:
    """The estimate."""

    name = f"estimate: bytes / {BYTES_PER_TOKEN}"
    exact = False

    def count(self, texts: Sequence[str]) -> list[int]:
        """`[n]` a quarter of the bytes, rounded up."""
        return [-(-len(text.encode()) // BYTES_PER_TOKEN) for text in texts]


class ByTokenizer:
    """A `tokenizer.json` of Hugging Face tokenizers."""

    exact = True

    def __init__(self, path: Path) -> None:
        """`path`: the file, or the directory of a model that holds it.

        Raises:
            UsageError: there is none, or it is none.
            MissingExtra: `tokenizers` is not installed.
        """
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise MissingExtra(
                "counting by a tokenizer needs the package tokenizers", fix='pip install "tuneset[tokens]"'
            ) from None
        file = path / "tokenizer.json" if path.is_dir() else path
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception:  # tokenizers raises bare Exception
            raise UsageError(
                "no tokenizer can be read here",
                where=str(file),
                fix="give a `tokenizer.json`, or the directory of a model",
                code="TS515",
            ) from None
        self._tokenizer.no_truncation()
        self.name = f"tokenizer {file.parent.name}/{file.name}" if path.is_dir() else f"tokenizer {file.name}"

    def count(self, texts: Sequence[str]) -> list[int]:
        """`[n]` tokens, without those that a template adds."""
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(entry.ids) for entry in encoded]


class ByMistral:
    """The tokenizer that mistral-common brings along (Tekken, of Mistral NeMo and later)."""

    name = "mistral-common Tekken"
    exact = True

    def __init__(self) -> None:
        """Raises ImportError if mistral-common is not there."""
        from mistral_common.tokens.tokenizers.mistral import (  # pyright: ignore[reportMissingImports]
            MistralTokenizer,
        )

        self._tokenizer = MistralTokenizer.v3(is_tekken=True).instruct_tokenizer.tokenizer

    def count(self, texts: Sequence[str]) -> list[int]:
        """`[n]` tokens of each text."""
        return [len(self._tokenizer.encode(text, bos=False, eos=False)) for text in texts]


def counter_for(target: str, *, tokenizer: Path | None) -> Counter:
    """The tokenizer that was given, else the target's own if it is installed, else the estimate.

    Raises:
        UsageError: the file given is no tokenizer.
        MissingExtra: a package is missing to read it.
    """
    if tokenizer is not None:
        return ByTokenizer(tokenizer)
    if target == "mistral" and (own := _mistral()) is not None:
        return own
    return ByBytes()


@cache
def _mistral() -> Counter | None:
    try:
        return ByMistral()
    except (ImportError, OSError):
        return None


def text_of(talk: Conversation) -> str:
    """Everything in an example that becomes tokens: texts, calls as they were seen, and tools."""
    said = [message["content"] or "" for message in talk.messages]
    calls = [m["tool_calls"] for m in talk.messages if "tool_calls" in m]
    rest = [orjson.dumps(value).decode() for value in (*calls, talk.tools) if value is not None]
    return "\n".join([*said, *rest])


@dataclass
class Tokens:
    """The counts of a file, filled batch by batch."""

    counter: Counter
    context: int | None = None
    counts: list[int] = field(default_factory=list[int])

    def add(self, talks: Sequence[Conversation]) -> list[int]:
        """Counts the next examples; returns `[n]` tokens of each."""
        counted = self.counter.count([text_of(talk) for talk in talks])
        counted = [
            count + PER_MESSAGE * len(talk.messages) for count, talk in zip(counted, talks, strict=True)
        ]
        self.counts += counted
        return counted

    def summary(self) -> dict[str, Any]:
        """Total, spread and what is longer than the context."""
        told: dict[str, Any] = {"counted_by": self.counter.name, "exact": self.counter.exact}
        told |= {"examples": len(self.counts), "total": sum(self.counts)}
        if self.counts:
            median, most = np.percentile(self.counts, [50, 95]).tolist()
            told |= {"median": round(median), "p95": round(most), "longest": max(self.counts)}
        if self.context is not None:
            over = sum(count > self.context for count in self.counts)
            share = over / len(self.counts) if self.counts else 0.0
            told |= {"context": self.context, "over_context": over, "share_over_context": round(share, 6)}
        return told


def costs(target: str, *, tokens: int, epochs: int, prices: Path | None = None) -> dict[str, Any]:
    """What training on so many tokens costs at the prices of a file (ours if None).

    Raises:
        UsageError: the file is no list of prices.
    """
    shipped = Path(str(files("tuneset.exporters"))) / "prices.toml"
    try:
        listed = tomllib.loads((prices or shipped).read_text(encoding="utf-8"))
        entries = [entry for entry in listed.get("price", []) if entry["target"] == target]
        options = [_option(entry, tokens=tokens * epochs) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(
            "no list of prices",
            where=str(prices),
            fix="copy `tuneset/exporters/prices.toml` and edit it",
            code="TS516",
        ) from None
    return {"prices_of": str(listed.get("date", "")), "epochs": epochs, "options": options}


def _option(entry: dict[str, Any], *, tokens: int) -> dict[str, Any]:
    price = float(entry["usd_per_million_tokens"])
    return {
        "model": str(entry.get("model", "")),
        "usd_per_million_tokens": price,
        "usd": round(price * tokens / 1e6, 2),
        "source": str(entry.get("source", "")),
        "verified": bool(entry.get("verified", False)),
    }
