"""Guesses the format of a file by the keys of its first records, and says why."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import cast

from tuneset.connectors.files import NO_RECORD, SourceFile
from tuneset.connectors.formats.classification import guessed_fields
from tuneset.connectors.parts import split
from tuneset.connectors.read import records
from tuneset.connectors.rejects import Reject
from tuneset.connectors.requests import is_asked
from tuneset.core.connector import Connector
from tuneset.core.errors import InputError
from tuneset.core.registry import CONNECTORS, load, names
from tuneset.core.spec import Fields

SAMPLE = 50
_MAX_BATCHES = 40
_MAX_KEYS = 12
_GENERAL = (
    *("openai-responses", "anthropic-messages", "recorded-pairs"),
    *("openai-chat", "sharegpt", "prompt-completion", "alpaca", "classification"),
)
"""Ours, from the most to the least particular; where two recognise as much, a plugin goes before all of
them."""


_FAMILIES = {
    "tools and gateways": (
        *("langfuse", "langsmith", "phoenix", "otlp", "helicone", "litellm", "vercel-ai"),
        *("openwebui", "chatgpt-export", "inspect-ai"),
    ),
    "calls of providers": (
        *("openai-stored", "openai-responses", "openai-batch", "anthropic-messages", "anthropic-batch"),
        *("gemini-contents", "bedrock-invocation", "bedrock-converse", "vllm-requests", "recorded-pairs"),
    ),
    "data sets": ("openai-chat", "sharegpt", "alpaca", "prompt-completion", "classification"),
}
"""What people look through when nothing was recognised; plugins make a family of their own."""


@dataclass(frozen=True)
class Sniffed:
    """The format of a file: `connector` by name, `why` in words, out of `sample` records.

    `share` of the sample is recognised, 0..1. `alternatives` recognise some of it too. `fields` is a guess
    for tables, empty if the format says itself what is where.
    """

    connector: str
    why: str
    sample: int
    share: float
    alternatives: tuple[str, ...]
    fields: Fields


def sniff(file: SourceFile, *, fields: Fields | None = None) -> Sniffed:
    """The format of a file; `fields` of the spec, if given, decide where they can.

    Raises:
        InputError: no record can be read, or no connector recognises them; with the keys found.
    """
    sample, rejects = _sample(file)
    if not sample:
        raise _nothing_to_read(file, rejects)
    fields = fields or Fields()
    named = _by_fields(fields)
    if named:
        return Sniffed(named, "by the fields in the spec", len(sample), 1.0, (), fields)
    found = _recognised(sample)
    if not found:
        raise _unknown(file, sample)
    (best, hits), *others = sorted(
        found.items(), key=lambda entry: (-sum(entry[1].values()), _rank(entry[0]))
    )
    return Sniffed(
        connector=best,
        why=f"{hits.most_common(1)[0][0]} in {sum(hits.values())} of {len(sample)} records",
        sample=len(sample),
        share=sum(hits.values()) / len(sample),
        alternatives=tuple(name for name, _ in others),
        fields=(guessed_fields(sample[0]) or fields) if best == "classification" else fields,
    )


def _sample(file: SourceFile) -> tuple[list[dict[str, object]], list[Reject]]:
    """The first records, and the rejects among them."""
    sample: list[dict[str, object]] = []
    rejects: list[Reject] = []
    for part in split(file):
        for batch in islice(records(part, batch_rows=SAMPLE), _MAX_BATCHES):
            sample += batch.values
            rejects += batch.rejects
            if len(sample) >= SAMPLE:
                return sample[:SAMPLE], rejects
        if len(rejects) >= SAMPLE * _MAX_BATCHES:
            break
    return sample, rejects


def _by_fields(fields: Fields) -> str | None:
    if fields.text and fields.label:
        return "classification"
    if fields.prompt and fields.completion:
        return "prompt-completion"
    return None


def _recognised(sample: list[dict[str, object]]) -> dict[str, Counter[str]]:
    """For each connector that knows some of the records, how often for which reason."""
    found: dict[str, Counter[str]] = {}
    for name in names(CONNECTORS):
        connector = cast("Connector", load(CONNECTORS, name)())
        whys = Counter(why for record in sample if (why := connector.recognises(record)))
        if whys:
            found[name] = whys
    return found


def _rank(name: str) -> tuple[int, str]:
    return (_GENERAL.index(name) if name in _GENERAL else -1, name)


def _nothing_to_read(file: SourceFile, rejects: list[Reject]) -> InputError:
    if not rejects:
        return InputError(
            "the file holds no record, only blank space",
            where=file.relative,
            code=NO_RECORD,
            fix="point `path` at files that hold records",
        )
    if file.name.lower().endswith((".yaml", ".yml")):
        return InputError(
            "the file is YAML, which is not read",
            where=file.relative,
            code="TS208",
            fix="make it JSON: python -c 'import json, sys; from ruamel.yaml import YAML; "
            f'json.dump(YAML(typ="safe").load(sys.stdin), sys.stdout)\' < {file.name} > OUT.json',
        )
    reason, count = Counter(entry.reason for entry in rejects).most_common(1)[0]
    return InputError(
        f"no record can be read: `{reason}` in {count} of the first {len(rejects)}",
        where=f"{file.relative}:{rejects[0].line}",
        code="TS208",
        fix="one JSON object a line, as UTF-8; or CSV, Parquet",
    )


def _unknown(file: SourceFile, sample: list[dict[str, object]]) -> InputError:
    if is_asked(sample):
        return InputError(
            "the file holds the requests of a batch, and no answers",
            where=file.relative,
            code="TS208",
            fix="name the file with the results of the batch, too",
        )
    shown = ", ".join(f"`{key}`" for key in _structural_keys(sample)[:_MAX_KEYS])
    return InputError(
        f"no format recognised; keys found: {shown or 'none that look like names of fields'}",
        where=file.relative,
        code="TS208",
        fix="say in the spec which key holds what, as `fields: {prompt: KEY, completion: KEY}`, or "
        f"set `format` to one of\n{_formats()}",
    )


def _formats() -> str:
    """A family of formats a line."""
    others = sorted(set(names(CONNECTORS)).difference(*_FAMILIES.values()))
    families = {**_FAMILIES, **({"plugins": tuple(others)} if others else {})}
    return "\n".join(f"    {family}: {', '.join(known)}" for family, known in families.items())


def _structural_keys(sample: list[dict[str, object]]) -> list[str]:
    """Keys that name fields, the frequent first; keys that may be data (ids of records) are left out."""
    if len(sample) == 1 and all(type(value) is dict for value in sample[0].values()):
        return []
    keys = Counter(key for record in sample for key in record)
    return [
        key
        for key, count in keys.most_common()
        if 2 * count >= len(sample)
        and len(key) <= 40
        and key.isidentifier()
        and sum(map(str.isdigit, key)) < 3
    ]
