"""The numbers of a build: what the report, the card, the CLI and the gates read.

Everything here is a count or a score; the only text is that of system prompts (redacted), file names, cells
and labels.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import one_array
from tuneset.kernels.order import grouped

SCHEMA_VERSION = 1

COUNTED = [
    "source", "file", "outcome", "stage", "reason", "multiplicity", "split", "words", "turns", "captured_at",
]  # fmt: skip
"""The columns of the verdicts that are read here."""

_TURNS_SHOWN = 10
_USERS_SHOWN = 10
_WORD_EDGES = (1, 3, 6, 11, 21, 41, 81, 161, 321, 641)


def merged(receipts: Sequence[Mapping], key: str) -> dict[str, int]:
    """The sum of a table of counts over all parts, by falling count."""
    total: Counter[str] = Counter()
    for receipt in receipts:
        total.update(receipt[key])
    return dict(sorted(total.items(), key=lambda entry: (-entry[1], entry[0])))


def by_reason(events: Mapping[str, int], *, action: str) -> dict[str, int]:
    """`stage/reason` → examples, of one action; `events` is keyed `action stage/reason`."""
    return {name.partition(" ")[2]: count for name, count in events.items() if name.startswith(f"{action} ")}


def tally(table: pa.Table, *names: str) -> dict[tuple[str | None, ...], int]:
    """How often each combination of words occurs in some columns: of strings, or of dictionaries of them."""
    code, words = np.zeros(len(table), np.int64), []
    for name in names:
        codes, known = _encoded(table.column(name))
        code = code * len(known) + codes
        words.append(known)
    counts = np.bincount(code)
    (used,) = np.nonzero(counts)
    places = np.unravel_index(used, [len(known) for known in words])
    columns = [[known[i] for i in at.tolist()] for known, at in zip(words, places, strict=True)]
    return dict(zip(zip(*columns, strict=True), counts[used].tolist(), strict=True))


def _encoded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str | None]]:
    """The number of each word, and the words; the last one is none."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = one_array(column.unify_dictionaries())
    words = [*column.dictionary.to_pylist(), None]
    return column.indices.fill_null(len(words) - 1).to_numpy(), words


def outcomes(verdicts: pa.Table) -> dict[str, object]:
    """Counts of outcomes, drops, questions, splits and lengths."""
    said = Counter[tuple[str | None, ...]](tally(verdicts, "outcome", "stage", "reason", "split"))
    dropped, flagged = (_reasons(said, outcome) for outcome in ("dropped", "flagged"))
    outcome, words = _encoded(verdicts.column("outcome"))
    stays = np.isin(outcome, [number for number, word in enumerate(words) if word != "dropped"])
    kept = verdicts.select(["multiplicity", "turns", "words", "captured_at"]).filter(pa.array(stays))
    splits = Counter[str | None]()
    for (outcome, _stage, _reason, split), count in said.items():
        splits[split] += count * (outcome != "dropped")
    return {
        "examples": len(verdicts),
        "kept": len(kept),
        "dropped": len(verdicts) - len(kept),
        "flagged": sum(count for (outcome, *_), count in said.items() if outcome == "flagged"),
        "dropped_by_reason": dropped,
        "flagged_by_reason": flagged,
        "splits": {name: splits[name] for name in ("train", "validation", "test")},
        "lengths": {"user_turns": _turns(kept.column("turns")), "user_words": _words(kept.column("words"))},
        "multiplicity": {
            "stands_for": int(pc.sum(kept.column("multiplicity")).as_py() or 0),
            "largest": int(pc.max(kept.column("multiplicity")).as_py() or 0),
        },
        "captured": {
            "first": _iso(pc.min(kept.column("captured_at"))),
            "last": _iso(pc.max(kept.column("captured_at"))),
        },
    }


def sources(verdicts: pa.Table, *, files: Sequence[Mapping]) -> list[dict[str, object]]:
    """Per file: connector, why, records read and rejected, examples kept. `files` holds the first four."""
    kept = Counter[tuple[str | None, ...]]()
    for (source, file, outcome), count in tally(verdicts, "source", "file", "outcome").items():
        kept[source, file] += count * (outcome != "dropped")
    return [{**file, "kept": kept[file["source"], file["path"]]} for file in files]


def distinct(ids: np.ndarray) -> int:
    """How many different ids there are; 0 is none."""
    known = np.sort(ids[ids != 0])  # several times faster than `np.unique`, which hashes
    return int((known[1:] != known[:-1]).sum()) + min(1, len(known))


def top_users(ids: np.ndarray, *, stays: np.ndarray) -> list[dict[str, object]]:
    """Who has most of the kept examples: the first 16 digits of the user's hash, examples, kept, share of the
    kept ones that name a user. `ids`: `uint64[n]`, 0 if unknown.
    """
    same = grouped(ids)
    users, examples = ids[same.first], same.counts
    kept = np.add.reduceat(stays[same.order], same.starts[:-1], dtype=np.int64) if len(ids) else examples
    known = users != 0
    whole = max(1, int(kept[known].sum()))
    # hashes differ between projects, so they only decide where nothing else does
    order = [i for i in np.lexsort((users, -examples, -kept)).tolist() if known[i]][:_USERS_SHOWN]
    return [
        {
            "user": f"{users[i]:016x}",
            "examples": int(examples[i]),
            "kept": int(kept[i]),
            "share": round(int(kept[i]) / whole, 6),
        }
        for i in order
    ]


def _reasons(said: Mapping[tuple[str | None, ...], int], wanted: str) -> dict[str, int]:
    """`stage/reason` of examples with one outcome, by falling count."""
    counts = Counter[str]()
    for (outcome, stage, reason, _split), count in said.items():
        if outcome == wanted:
            counts[f"{stage}/{reason}"] += count
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def counted(column: pa.Array | pa.ChunkedArray) -> dict[str, int]:
    """Value → how often, nulls as `None`."""
    return {str(entry["values"]): entry["counts"] for entry in pc.value_counts(column).to_pylist()}


def counted_codes(codes: np.ndarray, names: Sequence[str]) -> dict[str, int]:
    """Name → how often, in the order of the names, from their places; without those that do not occur."""
    counts = np.bincount(codes, minlength=len(names)).tolist()
    return {name: count for name, count in zip(names, counts, strict=True) if count}


def _turns(column: pa.ChunkedArray) -> dict[str, int]:
    turns = np.minimum(column.to_numpy(), _TURNS_SHOWN)
    found = np.bincount(turns, minlength=_TURNS_SHOWN + 1)
    return {
        (f"{n}+" if n == _TURNS_SHOWN else str(n)): int(found[n]) for n in range(_TURNS_SHOWN + 1) if found[n]
    }


def _words(column: pa.ChunkedArray) -> dict[str, int]:
    """Examples by length: bins that double, named `11-20`."""
    edges = [0, *_WORD_EDGES]
    place = np.searchsorted(edges, column.to_numpy(), side="right") - 1
    found = np.bincount(place, minlength=len(edges))
    names = [f"{low}-{high - 1}" if high - 1 > low else str(low) for low, high in pairwise(edges)]
    (used,) = np.nonzero(found)
    first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
    named = list(zip([*names, f"{edges[-1]}+"], found.tolist(), strict=True))
    return dict(named[first : last + 1])


def _iso(value: pa.Scalar) -> str | None:
    moment = value.as_py()
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment is not None else None
