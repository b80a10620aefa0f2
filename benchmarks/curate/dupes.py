"""Duplicates: which pairs are merged, beside SemHash's rule and rensa, and what is merged of distinct
texts.
"""

import csv
import inspect
import json
import pkgutil
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from textwrap import wrap

import numpy as np
import pyarrow as pa

from curate.topic import HERE, Run, ask, peer, table
from tuneset.core.example import ExampleBuilder, set_column
from tuneset.core.spec import DedupeSpec
from tuneset.kernels.alike import cosines
from tuneset.kernels.embed import embed
from tuneset.stages import dedupe

TITLE = "Duplicates and contrasts"

PEERS = ("rensa", "semhash", "django", "polib")
SCRIPT = HERE / "curate" / "peers" / "duplicates.py"
CATALOGUE = HERE / "curate" / "peers" / "languages.py"
ANSWER = "Of course, I will look into it and come back to you today."
SAME, OTHER = 4.0, 3.0
PEER_COSINE, PEER_JACCARD = 0.9, 0.7


@dataclass(frozen=True)
class Pairs:
    """Pairs of texts; `same`: True if they are one, False if not, None if nobody would say. `labels`: what
    the two teach, if that may take part.
    """

    name: str
    texts: list[tuple[str, str]]
    same: list[bool | None]
    labels: list[tuple[str, str]] | None = None


def section(run: Run) -> Iterator[str]:
    if not run.data.is_dir():
        yield "The texts of others are not here, so nothing was measured."
        return
    sets = [_stsb(run), *_banking(run), *_planted(run)]
    yield from _table_of_pairs(sets)
    yield ""
    yield from _bands(sets[0])
    yield ""
    yield from _rows(run)
    yield ""
    yield from _false_alarms(run)
    yield ""
    yield from _speed(run)


def prose(text: str) -> list[str]:
    return wrap(text, 118, break_on_hyphens=False)


# Pairs


def _stsb(run: Run) -> Pairs:
    """The half that no limit was chosen on is dev; train was looked at."""
    with (run.data / "stsb_en" / "stsb-en-dev.csv").open(newline="", encoding="utf-8") as file:
        rows = run.some(list(csv.reader(file)))
    scores = [float(row[2]) for row in rows]
    return Pairs(
        "STS-B dev, score 4 and more against below 3",
        [(row[0], row[1]) for row in rows],
        [True if score >= SAME else False if score < OTHER else None for score in scores],
    )


def _banking(run: Run) -> list[Pairs]:
    """The texts alone, and as they are deduplicated: each teaches its label."""
    path = run.data / "derived" / "banking77_train_test_leaks.jsonl"
    rows = run.some([json.loads(line) for line in path.read_text().splitlines()])
    texts = [(row["train_text"], row["test_text"]) for row in rows]
    labels = [(str(row["train_label"]), str(row["test_label"])) for row in rows]
    same: list[bool | None] = [one == other for one, other in labels]
    return [
        Pairs("banking77 leak list, same label against another", texts, same),
        Pairs("the same, the labels taught as answers", texts, same, labels),
    ]


def _planted(run: Run) -> list[Pairs]:
    """The pairs of the example project, as redacted: edited copies and paraphrases against contrasts."""
    twins, apart = ("near_duplicate", "near_duplicate_short", "paraphrase"), ("contrast",)
    found = _support(2500 if not run.quick else 600)
    sets = []
    for kind in twins:
        pairs = [*found[kind], *found[apart[0]]]
        same: list[bool | None] = [True] * len(found[kind]) + [False] * len(found[apart[0]])
        sets.append(Pairs(f"planted: {kind.replace('_', ' ')} against contrasts", pairs, same))
    return sets


@cache
def _support(conversations: int) -> dict[str, list[tuple[str, str]]]:
    import tuneset

    support = HERE.parent / "examples" / "support"
    sys.path.insert(0, str(support))
    generate = import_module("generate").generate
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "support"
        root.mkdir()
        generate(out=root, seed=7, conversations=conversations)
        shutil.copy(support / "tuneset.yaml", root)
        build = tuneset.open(root).build(workers=1)
        places = {
            (r["file"], r["line"]): r for r in build.verdicts(["origin_id", "file", "line"]).to_pylist()
        }
        pairs: dict[str, list[tuple[str, str]]] = {}
        for line in (root / "truth.jsonl").read_text().splitlines():
            entry = json.loads(line)
            ends = [(entry["file"], entry["line"]), (entry.get("other_file"), entry.get("other_line"))]
            rows = [places.get(end) for end in ends]
            if all(rows) and entry["kind"] in (
                "near_duplicate",
                "near_duplicate_short",
                "paraphrase",
                "contrast",
            ):
                texts = [
                    dedupe.texts_of(build.example(row["origin_id"])).inputs[0].as_py() for row in rows if row
                ]
                pairs.setdefault(entry["kind"], []).append((texts[0], texts[1]))
    return pairs


def _examples(
    texts: Iterable[str], answers: Sequence[str] | None = None, system: str | None = None
) -> pa.Table:
    builder = ExampleBuilder()
    for number, text in enumerate(texts):
        if system is not None:
            builder.message("system", system)
        builder.message("user", text)
        builder.message("assistant", ANSWER if answers is None else answers[number])
        builder.finish(number.to_bytes(16, "big"), line=number + 1, source="s", file="f")
    return builder.table()


def _merged(
    pairs: Sequence[tuple[str, str]],
    *,
    wording: str = "strict",
    labels: Sequence[tuple[str, str]] | None = None,
) -> np.ndarray:
    """`bool[n]`: would the two be one, with equal answers or these labels?"""
    answers = None if labels is None else [label for pair in labels for label in pair]
    examples = _examples([text for pair in pairs for text in pair], answers)
    spec = DedupeSpec(wording=wording)  # pyright: ignore[reportArgumentType]
    signatures, texts = dedupe.sign(examples, spec=spec), dedupe.texts_of(examples)
    wanted = np.arange(2 * len(pairs)).reshape(-1, 2)
    task = "instruction" if labels is None else "classification"
    links = dedupe.relate(wanted, signatures, texts.take, spec=spec, task=task)
    kinds = dict(
        zip(links["i"].to_pylist(), map(dedupe.KINDS.__getitem__, links["kind"].to_pylist()), strict=True)
    )
    return np.array([kinds.get(2 * k) in dedupe.TWINS for k in range(len(pairs))])


def _cosines(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    one, other = (embed(pa.array([pair[side] for pair in pairs], pa.large_string()))[0] for side in (0, 1))
    return cosines(one, other)


def _jaccards(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    return np.array(ask(peer("dupes", *PEERS), SCRIPT, {"pairs": pairs})["scores"])  # pyright: ignore[reportIndexIssue]


def _quality(merged: np.ndarray, same: list[bool | None]) -> tuple[float, float, int]:
    """Precision, recall, distinct pairs that were merged; pairs nobody would judge are left out."""
    truth = np.array([entry is True for entry in same])
    counted = np.array([entry is not None for entry in same])
    right = int((merged & truth).sum())
    wrong = int((merged & counted & ~truth).sum())
    return right / max(1, right + wrong), right / max(1, int(truth.sum())), wrong


def _at_precision(scores: np.ndarray, same: list[bool | None], least: float) -> tuple[float, float, int]:
    """The best recall at which a threshold on the score has at least this precision."""
    best = (1.0, 0.0, 0)
    for threshold in np.unique(scores):
        found = _quality(scores >= threshold, same)
        if found[0] >= least and found[1] > best[1]:
            best = found
    return best


def _table_of_pairs(sets: Sequence[Pairs]) -> Iterator[str]:
    yield from prose(
        "**Pairs.** Both texts get the same answer, so only the inputs decide, unless a row says "
        "otherwise. SemHash's rule is a cosine "
        "on our vectors (its own model needs a download), at its default of .9; rensa's is its MinHash "
        "similarity of word 3-grams from .7. *At our precision*: the best recall any threshold of theirs "
        "reaches without merging a larger share of distinct pairs than we do. The limits of tuneset's second "
        "key were chosen on STS-B (both halves) and bank questions, so its figures on these are in-sample; "
        "the planted pairs are those of the example project."
    )
    yield ""
    heads = ("pairs", "same / distinct", "tool", "precision", "recall", "distinct merged")
    rows = []
    for group in sets:
        mine = _quality(_merged(group.texts, labels=group.labels), group.same)
        loose = _quality(_merged(group.texts, wording="loose", labels=group.labels), group.same)
        cosine, jaccard = _cosines(group.texts), _jaccards(group.texts)
        told = {
            "tuneset": mine,
            "tuneset, wording: loose": loose,
            "SemHash's rule, .9": _quality(cosine >= PEER_COSINE, group.same),
            "SemHash's rule, at our precision": _at_precision(cosine, group.same, mine[0]),
            "rensa, .7": _quality(jaccard >= PEER_JACCARD, group.same),
            "rensa, at our precision": _at_precision(jaccard, group.same, mine[0]),
        }
        size = f"{group.same.count(True)} / {group.same.count(False)}"
        for place, (name, (precision, recall, wrong)) in enumerate(told.items()):
            first = (group.name, size) if place == 0 else ("", "")
            rows.append((*first, name, f"{precision:.3f}", f"{recall:.3f}", wrong))
    yield from table(heads, rows)


def _bands(group: Pairs) -> Iterator[str]:
    """Share of the pairs of each band of scores that are merged."""
    yield "**STS-B by band**: share of the pairs that are merged, with equal answers."
    yield ""
    with_scores = HERE.parent.parent / "shared" / "data" / "stsb_en" / "stsb-en-dev.csv"
    if not with_scores.exists():
        return
    with with_scores.open(newline="", encoding="utf-8") as file:
        scores = np.array([float(row[2]) for row in csv.reader(file)])[: len(group.texts)]
    ways = {
        "tuneset": _merged(group.texts),
        "tuneset, loose": _merged(group.texts, wording="loose"),
        "cosine .9": _cosines(group.texts) >= PEER_COSINE,
        "rensa .7": _jaccards(group.texts) >= PEER_JACCARD,
    }
    edges = [0, 1, 2, 3, 4, 4.5, 5.01]
    rows = []
    for low, high in pairwise(edges):
        here = (scores >= low) & (scores < high)
        rows.append(
            (
                f"{low:g} to {min(high, 5):g}",
                int(here.sum()),
                *(f"{found[here].mean():.3f}" for found in ways.values()),
            )
        )
    yield from table(("score", "pairs", *ways), rows)


# Whole sets


def _dropped(
    examples: pa.Table, *, task: str = "instruction", wording: str = "strict"
) -> tuple[int, dict[str, int]]:
    """How many are dropped as twins, and links by kind; every pair is compared."""
    spec = DedupeSpec(wording=wording)  # pyright: ignore[reportArgumentType]
    signatures, texts = dedupe.sign(examples, spec=spec), dedupe.texts_of(examples)
    found = [
        dedupe.exact_pairs(signatures),
        dedupe.all_pairs(texts),
        dedupe.semantic_pairs(signatures.vector, min_cosine=spec.semantic_cosine).pairs,
    ]
    links = dedupe.relate(
        np.concatenate(found), signatures, texts.take, spec=spec, task=task, leak_cosine=0.95
    )  # pyright: ignore[reportArgumentType]
    n = examples.num_rows
    settled = dedupe.settle(
        links, rank=np.arange(n), cell=np.full(n, -1, np.int32), target=np.zeros(0, np.int32)
    )
    kinds, counts = np.unique(
        np.array([dedupe.KINDS[kind] for kind in links["kind"].to_pylist()] or [""]), return_counts=True
    )
    return int((~settled.kept).sum()), dict(zip(kinds.tolist(), counts.tolist(), strict=True))


def _rows(run: Run) -> Iterator[str]:
    """Banking77 as a classification."""
    rows = []
    for name in ("train", "test"):
        with (run.data / "banking77" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows += [(row["text"], row["category"]) for row in csv.DictReader(file)]
    rows = list(run.some(rows, quick=1500))
    examples = _examples([text for text, _ in rows], [label for _, label in rows])
    yield f"**banking77, {len(rows):,} rows as a classification**: dropped as twins with the same label."
    yield ""
    found = [
        (wording, *_dropped(examples, task="classification", wording=wording))
        for wording in ("strict", "loose")
    ]
    kinds = ("exact", "near", "semantic", "contrast", "conflict")
    yield from table(
        ("wording", "dropped", "share", *(f"{kind} links" for kind in kinds)),
        [(w, d, f"{d / len(rows):.3f}", *(k.get(kind, 0) for kind in kinds)) for w, d, k in found],
    )


def _false_alarms(run: Run) -> Iterator[str]:
    yield from prose(
        "**False alarms**: distinct texts, nearly all of others, all with the same answer; what is dropped "
        "would be lost. Nobody has judged the pairs: some are rightly one (a sentence in another case)."
    )
    yield ""
    rows = []
    for name, make in _clean(run).items():
        examples = make()
        dropped, kinds = _dropped(examples)
        n = examples.num_rows
        shown = (kinds.get(kind, 0) for kind in ("exact", "near", "semantic"))
        rows.append((name, n, dropped, f"{dropped / max(1, n):.4f}", *shown))
    yield from table(("texts", "examples", "dropped", "share", "exact links", "near", "semantic"), rows)


def _clean(run: Run) -> dict[str, Callable[[], pa.Table]]:
    return {
        "questions with one system prompt of 120 words (selfaware)": lambda: _prompted(run),
        "tool chats with `content: null`, whole (SGD dev)": lambda: _chats(run),
        "questions on functions, some alike on purpose (BFCL)": lambda: _functions(run),
        "one mail with another redacted address": _redacted,
        "functions of the Python library, as code": lambda: _code(run),
        "numbers only": _numbers,
        "Django's messages in 26 languages": lambda: _catalogue(run),
    }


def _prompted(run: Run) -> pa.Table:
    rows = json.loads((run.data / "selfaware" / "SelfAware.json").read_text())["example"]
    questions = sorted({row["question"].strip() for row in rows})
    return _examples(run.some(questions), system="You are a careful assistant of the company. " * 15)


def _chats(run: Run) -> pa.Table:
    builder = ExampleBuilder()
    lines = (run.data / "derived" / "sgd_dev_openai.jsonl").read_text().splitlines()
    for number, line in enumerate(run.some(lines)):
        for turn in json.loads(line)["messages"]:
            calls = turn.get("tool_calls")
            builder.message(
                turn["role"], turn.get("content"), tool_calls=json.dumps(calls) if calls else None
            )
        builder.finish(number.to_bytes(16, "big"), line=number + 1, source="s", file="f")
    return builder.table()


def _functions(run: Run) -> pa.Table:
    found = []
    for path in sorted((run.data / "bfcl").glob("BFCL_v4_[is]*.json")):
        for line in path.read_text().splitlines():
            found += [turn["content"] for turn in json.loads(line)["question"][0] if turn["role"] == "user"]
    return _examples(run.some(sorted(set(found))))


def _redacted() -> pa.Table:
    table_ = _examples(["Please send the invoice to [EMAIL_1] and call [PHONE_1] if it is late"] * 200)
    return set_column(table_, "redacted", pa.array(range(1, 201), pa.uint64()))


def _code(run: Run) -> pa.Table:
    found: set[str] = set()
    for module in ("json", "email", "http", "logging", "unittest", "wsgiref", "xml", "urllib"):
        package = import_module(module)
        for info in pkgutil.iter_modules(package.__path__):
            if info.name.startswith("__"):
                continue
            held = import_module(f"{module}.{info.name}")
            for _, part in inspect.getmembers(held, inspect.isclass):
                methods = [f for _, f in inspect.getmembers(part, inspect.isfunction)]
                found |= {_source(method) for method in methods}
    return _examples(run.some(sorted(text for text in found if len(text) > 120), quick=300))


def _source(method: Callable) -> str:
    try:
        return inspect.getsource(method)
    except OSError:  # made at run time
        return ""


def _numbers() -> pa.Table:
    draw = np.random.default_rng(4)
    return _examples(
        sorted({" ".join(map(str, draw.integers(0, 10**k, k))) for k in (2, 3, 5) for _ in range(200)})
    )


def _catalogue(run: Run) -> pa.Table:
    languages = [
        "de",
        "es",
        "fr",
        "it",
        "pt",
        "nl",
        "pl",
        "sv",
        "da",
        "fi",
        "cs",
        "ru",
        "uk",
        "tr",
        "ar",
        "zh",
        "ja",
        "ko",
        "el",
        "hu",
        "ro",
        "hi",
        "id",
        "vi",
        "en",
        "no",
    ]
    found = ask(peer("dupes", *PEERS), CATALOGUE, {"catalogue": languages})["texts"]  # pyright: ignore[reportIndexIssue]
    return _examples(run.some(sorted({text for _, text in found})))


# Speed


def _speed(run: Run) -> Iterator[str]:
    sys.path.insert(0, str(HERE))
    lines = import_module("dedupe")  # benchmarks/dedupe.py
    rows, python = (10_000 if not run.quick else 1_000), str(peer("dupes", *PEERS))
    yield "**Speed** (`benchmarks/dedupe.py`), from Python strings, or from vectors for the semantic search."
    yield ""
    yield "| what | rows | CPU s | rows per CPU s | recall of planted | planted among removed |"
    yield "|---" * 6 + "|"
    yield from lines.near_table(rows, python)
    yield from lines.semantic_table(rows, python)
