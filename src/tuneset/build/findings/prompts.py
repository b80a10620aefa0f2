"""System prompts: which there are, which are versions of one another, which differ by accident, and whether
training has the one that production sends.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from hashlib import blake2b
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import SYSTEM, ExampleBuilder, Messages
from tuneset.core.stage import Stage
from tuneset.stages.quality.signal import Missing, Signal, at_least, percent
from tuneset.stats.proportion import clopper_pearson

_COMPARED = 60
_LISTED = 200
_CHARS = 4_000
_NEARLY = 0.9
LEAST_SERVED = 0.95
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Relation = Literal["alone", "version", "variant"]


@dataclass
class _Seen:
    """How often a prompt occurs, and when; microseconds since 1970."""

    count: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, prompt: Mapping) -> None:
        self.count += prompt["count"]
        first = [at for at in (self.first, prompt["first_seen"]) if at is not None]
        last = [at for at in (self.last, prompt["last_seen"]) if at is not None]
        self.first, self.last = min(first, default=None), max(last, default=None)


def inventory(receipts: Sequence[Mapping]) -> list[dict[str, object]]:
    """The distinct system prompts by falling count: digest, how often, first and last seen, and relatives.

    `near`: prompts that differ in less than a tenth of the characters. `family`: the digest of the first seen
    of all that hang together so. `version`: prompts of a family that were in use at the same time have the
    same number, those that came when these had gone the next. `relation`: `version` for the most frequent of
    them, `variant` for those beside it (often an accident), `alone` without a family.
    """
    found: dict[str, _Seen] = {}
    for prompt in (p for receipt in receipts for p in receipt["system_prompts"]):
        found.setdefault(prompt["text"] or "", _Seen()).add(prompt)
    ranked = sorted(found.items(), key=lambda entry: (-entry[1].count, entry[0]))[:_LISTED]
    digest = {text: blake2b(text.encode(), digest_size=6).hexdigest() for text, _ in ranked}
    near = _near_variants([text for text, _ in ranked[:_COMPARED]])
    relatives = _relatives(near, found, digest=digest)
    return [
        {
            "digest": digest[text],
            "count": seen.count,
            "first_seen": _iso(seen.first),
            "last_seen": _iso(seen.last),
            "chars": len(text),
            "near": sorted(digest[other] for other in near.get(text, ())),
            **relatives.get(text, {"family": digest[text], "version": 1, "relation": "alone"}),
            "text": text[:_CHARS],
        }
        for text, seen in ranked
    ]


def _relatives(
    near: Mapping[str, Sequence[str]], found: Mapping[str, _Seen], *, digest: Mapping[str, str]
) -> dict[str, dict[str, object]]:
    """Family, version and relation of each prompt that has near variants."""
    told: dict[str, dict[str, object]] = {}
    for family in _families(near):
        generations = list(_generations(family, found))
        for version, together in enumerate(generations, 1):
            usual = max(together, key=lambda text: (found[text].count, text))
            for text in together:
                relation: Relation = "version" if text == usual else "variant"
                told[text] = {"family": digest[generations[0][0]], "version": version, "relation": relation}
    return told


def _generations(family: Sequence[str], found: Mapping[str, _Seen]) -> Iterator[list[str]]:
    """The prompts of a family that were in use at the same time, one time after the other."""
    together: list[str] = []
    gone = None  # when the last of them was seen; None: unknown, so nothing can be said to come after
    for text in sorted(family, key=lambda text: (_when(found[text]), text)):
        seen = found[text]
        if together and gone is not None and seen.first is not None and seen.first > gone:
            yield together
            together, gone = [], None
        together.append(text)
        gone = seen.last if gone is None else max(gone, seen.last or gone)
    yield together


def _families(near: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    left = dict.fromkeys(near)
    while left:
        family, todo = [], [next(iter(left))]
        while todo:
            text = todo.pop()
            if text in left:
                del left[text]
                family.append(text)
                todo.extend(near[text])
        yield family


def _when(seen: _Seen) -> int:
    return seen.first if seen.first is not None else -1


def _near_variants(texts: Sequence[str]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {}
    for i, one in enumerate(texts):
        for other in texts[:i]:
            matcher = SequenceMatcher(None, one[:_CHARS], other[:_CHARS], autojunk=False)
            if (
                matcher.real_quick_ratio() >= _NEARLY
                and matcher.quick_ratio() >= _NEARLY
                and matcher.ratio() >= _NEARLY
            ):
                near.setdefault(one, []).append(other)
                near.setdefault(other, []).append(one)
    return near


def _iso(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    return (_EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_taught(text: str, chain: Sequence[Stage]) -> str:
    """A prompt as the stages before labels leave it: repaired, and with placeholders for what is redacted."""
    builder = ExampleBuilder()
    builder.message("system", text)
    builder.message("user", "?")
    builder.message("assistant", "!")
    builder.finish(bytes(16), line=1, source="", file="")
    examples = builder.table()
    for stage in chain:
        if stage.name in ("clean", "redact"):
            examples = stage(examples).examples
    messages = Messages.of(examples)
    return str(messages.content[0].as_py()) if len(messages) else text


def signals(
    inventory: Sequence[Mapping], examples: pa.Table, *, serving: str | None
) -> Iterator[Signal | Missing]:
    """What the inventory and a sample of the kept training examples say about system prompts.

    Args:
        inventory: as `inventory` gives it; it counts all examples that were read.
        examples: `[n]` training examples (`messages`).
        serving: the prompt that production sends (`as_taught`), or None if nobody said.
    """
    prompts = Messages.of(examples).first_said(SYSTEM)
    without = pc.is_null(prompts).to_numpy(zero_copy_only=False)
    if inventory:
        yield _missing(without)
        yield from _variants(inventory)
    if serving is None:
        yield Missing(
            "Whether training has the system prompt of production.", "system_prompt.serving: its file"
        )
        return
    same = pc.fill_null(pc.equal(_collapsed(prompts), " ".join(serving.split())), False)
    yield _served(same.to_numpy(zero_copy_only=False), without)


def _missing(without: np.ndarray) -> Signal:
    hits, n = int(without.sum()), len(without)
    low, high = clopper_pearson(hits, n)
    mixed = 0 < hits < n
    return Signal(
        "prompt_missing",
        "system prompt",
        hits / n,
        "share",
        n,
        low,
        high,
        "poor" if mixed else "good",
        f"{percent(hits / n)} of the training examples have no system prompt"
        + ("; the others have one" if mixed else ""),
        "all or none",
        "leave the ones without it out by source, or set `system_prompt.policy: canonical`" if mixed else "",
    )


def _variants(inventory: Sequence[Mapping]) -> Iterator[Signal]:
    whole = sum(prompt["count"] for prompt in inventory)
    accidents = [prompt for prompt in inventory if prompt["relation"] == "variant"]
    share = sum(prompt["count"] for prompt in accidents) / max(1, whole)
    yield Signal(
        "prompt_variants",
        "system prompt",
        float(len(accidents)),
        "count",
        whole,
        None,
        None,
        "poor" if accidents else "good",
        f"prompts that differ little from one in use at the same time: {len(accidents):,} "
        f"({percent(share)} of the examples with a prompt)",
        "none",
        "settle on one wording; `system_prompt.policy: canonical` puts it everywhere" if accidents else "",
    )
    newest: dict[str, int] = {}
    for prompt in inventory:
        newest[prompt["family"]] = max(newest.get(prompt["family"], 1), prompt["version"])
    old = sum(prompt["count"] for prompt in inventory if prompt["version"] < newest[prompt["family"]])
    replaced = sum(version > 1 for version in newest.values())
    if replaced:
        yield Signal(
            "prompt_versions",
            "system prompt",
            old / whole,
            "share",
            whole,
            None,
            None,
            "undecided",
            f"{percent(old / whole)} of the examples with a prompt were answered under a version "
            "that was replaced since",
            "their answers may follow rules that no longer hold",
            "read the difference in the report; `sources[].sample.where: after` leaves the old ones out",
        )


def _served(same: np.ndarray, without: np.ndarray) -> Signal:
    hits, n = int(same.sum()), len(same)
    low, high = clopper_pearson(hits, n)
    verdict = at_least(LEAST_SERVED, low=low, high=high)
    return Signal(
        "prompt_served",
        "system prompt",
        hits / n,
        "share",
        n,
        low,
        high,
        verdict,
        f"{percent(hits / n)} of the training examples have the system prompt of production, "
        f"{percent(float(without.mean()))} have none",
        f"at least {percent(LEAST_SERVED)} (a convention)",
        ""
        if verdict == "good"
        else "train on what is served: `system_prompt.policy: canonical` with that file",
    )


def _collapsed(texts: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"\s+", " "))
