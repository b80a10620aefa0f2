"""Near and semantic duplicates beside rensa and SemHash, on the same rows, in the same run.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install rensa semhash python benchmarks/dedupe.py --peers
    /tmp/peers/bin/python [--rows 10000] [--banking ../shared/data]

Prints a Markdown table of CPU seconds (all threads; wall clock says nothing on a shared machine), rows per
CPU second, recall of the planted twins and share of removals that were planted. Corpora are made here from a
seed: rows of about 600 bytes, 10 % exact copies, 15 % near copies with 1 to 3 edited words. rensa is used as
from Python: word
    3-grams, 128
permutations. SemHash is given our sentence vectors, so only the search is compared.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

PEER = "_peer"


def cpu(work: Callable[[], object], *, repeats: int = 3) -> tuple[float, object]:
    """Smallest CPU time of several runs, and the result."""
    times, result = [], None
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return min(times), result


def corpus(
    rows: int, *, words: int, seed: int, vocabulary: list[str], edits: tuple[int, int], near: float
) -> tuple[list[str], list[int]]:
    """Texts, and for each the row that it is a planted copy of, or -1."""
    chance = random.Random(seed)
    texts, origin = [], []
    for row in range(rows):
        draw = chance.random()
        base = chance.randrange(row) if row > 10 else -1
        if base >= 0 and origin[base] < 0 and draw < 0.1 + near:
            text = (
                texts[base] if draw < 0.1 else edited(texts[base], chance, chance.randint(*edits), vocabulary)
            )
            texts.append(text)
            origin.append(base)
            continue
        topic = chance.sample(vocabulary, 150)
        n = chance.randint(words // 2, words * 3 // 2)
        texts.append(
            " ".join(chance.choice(topic if chance.random() < 0.7 else vocabulary) for _ in range(n))
        )
        origin.append(-1)
    return texts, origin


def edited(text: str, chance: random.Random, edits: int, vocabulary: list[str]) -> str:
    parts = text.split()
    for _ in range(edits):
        place = chance.randrange(len(parts))
        kind = chance.random()
        if kind < 0.4:
            parts[place] = chance.choice(vocabulary)
        elif kind < 0.7:
            parts.insert(place, chance.choice(vocabulary))
        else:
            del parts[place]
    return " ".join(parts)


def score(removed: set[int], origin: list[int]) -> tuple[float, float]:
    """Recall of planted copies; share of removals that were planted."""
    planted = {row for row, base in enumerate(origin) if base >= 0}
    return len(removed & planted) / max(1, len(planted)), len(removed & planted) / max(1, len(removed))


def our_near(texts: list[str], *, min_jaccard: float) -> set[int]:
    """From Python strings to removed rows: words, bands, buckets, verification on the words."""
    import pyarrow as pa

    from tuneset.kernels.compare import bits_of, compare, may_be_alike
    from tuneset.kernels.minhash import bands_of
    from tuneset.kernels.words import buffer_of, normalised, sequence_digest, words_of
    from tuneset.stages.dedupe.protect import markers

    column = normalised(pa.array(texts, pa.large_string()))
    signed = []
    for start in range(0, len(column), 2048):  # as `sign` does
        words = words_of(buffer_of(column.slice(start, 2048)), markers=markers())
        digest, lengths = sequence_digest(words.hashes, words.offsets), np.diff(words.offsets)
        signed.append((digest, lengths, bands_of(words), bits_of(words)))
    same, lengths, bands, bits = (np.concatenate(part) for part in zip(*signed, strict=True))
    _, first, group = np.unique(same, return_index=True, return_inverse=True)
    fresh = np.sort(first)  # as in a build: exact twins are settled by their digest
    pairs = banded(bands[fresh], fresh)
    pairs = pairs[may_be_alike(bits, lengths, pairs, min_words=1.1, min_jaccard=min_jaccard)]
    named = np.zeros(len(texts), bool)
    named[pairs] = True  # only the texts of these candidates are read again
    buffer = buffer_of(column.take(pa.array(np.flatnonzero(named))))
    words = words_of(buffer, markers=markers(), spans=True)
    found = compare(words, (np.cumsum(named) - 1)[pairs], data=buffer.data)
    exact = np.flatnonzero(first[group] != np.arange(len(texts)))
    return set(pairs[(found.jaccard >= min_jaccard) | (found.edits >= 0)][:, 1].tolist()) | set(
        exact.tolist()
    )


def banded(bands: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Candidates, band by band, as in a build."""
    from tuneset.kernels.join import bucket_pairs, distinct, unpacked

    columns = np.ascontiguousarray(bands.T)
    beside = np.roll(columns, -1, axis=0)  # the next band brings twins side by side in a large bucket
    found = [bucket_pairs(keys, rows, order=order) for keys, order in zip(columns, beside, strict=True)]
    return unpacked(distinct(np.concatenate(found)))


def our_semantic(vectors: np.ndarray, *, min_cosine: float) -> set[int]:
    from tuneset.stages.dedupe import semantic_pairs

    return set(semantic_pairs(vectors, min_cosine=min_cosine).pairs[:, 1].tolist())


def peer_near(texts: list[str]) -> set[int]:
    import rensa

    def shingles(text: str) -> list[str]:
        parts = text.lower().split()
        return [" ".join(parts[k : k + 3]) for k in range(len(parts) - 2)]

    index = rensa.RMinHashDeduplicator(threshold=0.6, num_perm=128, use_lsh=True, num_bands=32, seed=1)
    fresh = index.add_pairs([(str(row), shingles(text)) for row, text in enumerate(texts)])
    kept = {row for row, new in enumerate(fresh) if new} if isinstance(fresh, list) else None
    if kept is None:
        kept = {row for row in range(len(texts)) if str(row) not in index_removed(index)}
    return set(range(len(texts))) - kept


def index_removed(index: object) -> set[str]:
    return {name for names in index.get_duplicate_sets() for name in sorted(names, key=int)[1:]}


def peer_semantic(vectors: np.ndarray, texts: list[str], *, min_cosine: float) -> set[int]:
    from semhash import SemHash

    class Given:
        """Hands out the vectors it was given."""

        def encode(self, wanted: list[str], **_: object) -> np.ndarray:
            return np.stack([by_text[text] for text in wanted])

    by_text = dict(zip(texts, vectors.astype(np.float32), strict=True))
    found = SemHash.from_records(records=texts, model=Given()).self_deduplicate(threshold=min_cosine)
    kept = set(found.selected)
    return {row for row, text in enumerate(texts) if text not in kept}


def run_peer(directory: Path, which: str) -> None:
    """Runs in the peers' interpreter; prints JSON."""
    texts = json.loads((directory / "texts.json").read_text())
    if which == "rensa":
        seconds, removed = cpu(lambda: peer_near(texts))
    else:
        vectors = np.load(directory / "vectors.npy")
        seconds, removed = cpu(lambda: peer_semantic(vectors, texts, min_cosine=0.9), repeats=2)
    print(json.dumps({"seconds": seconds, "removed": sorted(removed)}))


def ask_peer(
    python: str | None, which: str, texts: list[str], vectors: np.ndarray | None = None
) -> tuple[float, set[int]] | None:
    if python is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "texts.json").write_text(json.dumps(texts))
        if vectors is not None:
            np.save(Path(folder) / "vectors.npy", vectors)
        done = subprocess.run(
            [python, __file__, PEER, folder, which], capture_output=True, text=True, check=False
        )
    if done.returncode:
        print(f"{which} failed: {done.stderr[-600:]}", file=sys.stderr)
        return None
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["seconds"], set(answer["removed"])


def line(name: str, rows: int, result: tuple[float, set[int]] | None, origin: list[int]) -> str:
    if result is None:
        return f"| {name} | {rows:,} | not run | | | |"
    seconds, removed = result
    recall, planted = score(removed, origin)
    return f"| {name} | {rows:,} | {seconds:.2f} | {rows / seconds:,.0f} | {recall:.3f} | {planted:.3f} |"


def near_table(rows: int, peers: str | None) -> list[str]:
    chance = random.Random(1)
    vocabulary = [
        "".join(chance.choice("abcdefghijklmnoprstuvw") for _ in range(chance.randint(2, 9)))
        for _ in range(20_000)
    ]
    texts, origin = corpus(rows, words=92, seed=7, vocabulary=vocabulary, edits=(1, 3), near=0.15)
    our_near(texts[:2000], min_jaccard=0.5)  # compile
    ours = cpu(lambda: our_near(texts, min_jaccard=0.5))
    theirs = ask_peer(peers, "rensa", texts)
    table = [
        line("near: tuneset", rows, ours, origin),
        line("near: rensa, word 3-grams", rows, theirs, origin),
    ]
    return [*table, ratio("near", ours, theirs)]


def semantic_table(rows: int, peers: str | None) -> list[str]:
    import pyarrow as pa

    from tuneset.kernels.embed import embed

    texts, origin = corpus(rows, words=40, seed=9, vocabulary=plain_words(), edits=(2, 4), near=0.15)
    texts = [
        f"{text} {row}" if origin[row] >= 0 and texts[origin[row]] == text else text
        for row, text in enumerate(texts)
    ]
    vectors, _ = embed(pa.array(texts))
    our_semantic(vectors[:1000], min_cosine=0.9)  # compile
    ours = cpu(lambda: our_semantic(vectors, min_cosine=0.9))
    theirs = ask_peer(peers, "semhash", texts, vectors)
    table = [
        line("semantic: tuneset, vectors given", rows, ours, origin),
        line("semantic: SemHash, vectors given", rows, theirs, origin),
    ]
    seconds, _ = cpu(lambda: embed(pa.array(texts)))
    return [
        *table,
        ratio("semantic", ours, theirs),
        f"| embed: tuneset | {rows:,} | {seconds:.2f} | {rows / seconds:,.0f} | | |",
    ]


def plain_words() -> list[str]:
    """Whole English word pieces of the packaged vocabulary."""
    from importlib.resources import files

    text = files("tuneset.assets").joinpath("embedder-minilm-256-int8", "tokenizer.json").read_text("utf-8")
    return [w for w in json.loads(text)["model"]["vocab"] if w.isascii() and w.isalpha() and len(w) > 3][
        :12_000
    ]


def ratio(name: str, ours: tuple[float, object], theirs: tuple[float, object] | None) -> str:
    return (
        f"| **{name}: ratio** | | {theirs[0] / ours[0]:.1f}x | | | |"
        if theirs
        else f"| {name}: ratio | | | | | |"
    )


def banking(data: Path) -> list[str]:
    """Real queries: recall of the known leaks, and merges of different labels (there must be none)."""
    from tuneset.core.example import ExampleBuilder
    from tuneset.core.spec import DedupeSpec
    from tuneset.stages import dedupe

    rows, train = [], 0
    for name in ("train", "test"):
        with (data / "banking77" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows += [(row["text"], row["category"]) for row in csv.DictReader(file)]
        train = train or len(rows)
    builder = ExampleBuilder()
    for i, (text, label) in enumerate(rows):
        builder.message("user", text)
        builder.message("assistant", label)
        builder.finish(i.to_bytes(16, "big"), line=i + 1, source="s", file="f")
    table, spec = builder.table(), DedupeSpec()
    signatures, texts = dedupe.sign(table, spec=spec), dedupe.texts_of(table)
    leaks = [
        json.loads(x) for x in (data / "derived/banking77_train_test_leaks.jsonl").read_text().splitlines()
    ]
    known = {(leak["train_row"], train + leak["test_row"]) for leak in leaks}
    searches = {
        "every pair (words)": dedupe.all_pairs(texts),
        "bands": banded(signatures.bands, np.arange(len(rows))),
        "vectors": dedupe.semantic_pairs(signatures.vector, min_cosine=spec.semantic_cosine).pairs,
    }
    out = ["", "| banking77: candidate search | pairs | recall of 490 known leaks |", "|---|---|---|"]
    union: set[tuple[int, ...]] = set()
    for name, pairs in searches.items():
        found = set(map(tuple, pairs.tolist()))
        union |= found
        out.append(f"| {name} | {len(found):,} | {len(known & found) / len(known):.3f} |")
    out.append(f"| all three | {len(union):,} | {len(known & union) / len(known):.3f} |")
    pairs = np.concatenate([dedupe.exact_pairs(signatures), *searches.values()])
    links = dedupe.relate(pairs, signatures, texts.take, spec=spec, task="classification")
    n = len(rows)
    settled = dedupe.settle(
        links, rank=np.arange(n), cell=np.full(n, -1, np.int32), target=np.zeros(0, np.int32)
    )
    labels = np.array([label for _, label in rows])
    merged = int((labels[~settled.kept] != labels[settled.kept_by[~settled.kept]]).sum())
    linked = set(zip(links["i"].to_pylist(), links["j"].to_pylist(), strict=True))
    said = [
        f"known leaks linked: {len(known & linked)} of {len(known)}",
        f"dropped: {int((~settled.kept).sum()):,} of {n:,}",
        f"merged across labels: {merged}",
        f"hard conflicts: {int(dedupe.hard_conflicts(links).sum())}",
    ]
    return [*out, "", *said]


def main() -> None:
    if sys.argv[1:2] == [PEER]:
        run_peer(Path(sys.argv[2]), sys.argv[3])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peers", default=os.environ.get("PEERS_PYTHON"), help="Python with rensa and semhash"
    )
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--banking", type=Path, help="directory with banking77/ and derived/")
    options = parser.parse_args()
    print(
        "| what | rows | CPU s | rows per CPU s | recall of planted | planted among removed |\n"
        + "|---" * 6
        + "|"
    )
    for row in [*near_table(options.rows, options.peers), *semantic_table(options.rows, options.peers)]:
        print(row, flush=True)
    if options.banking:
        print("\n".join(banking(options.banking)))


if __name__ == "__main__":
    main()
