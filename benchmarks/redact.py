"""Redaction beside the fastest open scanner we know, on the same texts, in the same run.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install datafog-core
    python benchmarks/redact.py --peers /tmp/peers/bin/python [--rows 20000] [--labelled
    ../shared/data/presidio_research]

Prints Markdown tables. Speed: rows per CPU second (smallest of several runs; wall clock says nothing on a
shared machine) on seeded chat rows of about 600 bytes, of which 5 % hold an identifier and 15 % something
that only looks like one; ours is the whole stage (scan, confirm, number, rewrite, events), the peer's is
`scan` alone, message by message. Quality: share of labelled spans overlapped by a finding (recall), and
share of findings that overlap a labelled span of a type the tool claims (precision), on sentences that
neither we nor the peer wrote.
"""

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from tuneset.core.example import ExampleBuilder, Messages
from tuneset.core.spec import RedactSpec
from tuneset.stages.redact import Redact
from tuneset.stages.redact.detect import Detectors

WORDS = """the of to and in is for on that with your order please help account refund we you can it not have
    this item delivery status update thank sorry need would like check when where day week time store
    customer service number price change address product shipping return policy payment box blue large
    size two month today morning""".split()  # noqa: SIM905
PLANTED = [
    "jo.doe{}@mail.example.org", "call +49 151 2345 {}", "my ssn is 536-90-{}", "card 4539 1488 0343 6467",
    "from 203.0.113.42",
    "IBAN DE75 5121 0800 1245 1261 99", "(415) 555-{}", "key sk-proj-abcdEFGH1234ijklMNOP{}",
]  # fmt: skip
TRAPS = ["order 1234{}", "on 2024-05-12 at 10:30", "total $1,234.56", "version 10.4.2", "ticket 77{}"]
LABELS = {
    "EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "US_SSN": "government_id",
    "IBAN_CODE": "iban", "IP_ADDRESS": "ip",
    "US_DRIVER_LICENSE": "government_id",
}  # fmt: skip
PEER_TYPES = {
    "EMAIL": "email",
    "PHONE": "phone",
    "CREDIT_CARD": "card",
    "SSN": "government_id",
    "IBAN": "iban",
    "IP_ADDRESS": "ip",
}

PEER_SCRIPT = """
import json, sys, time
import datafog_core
texts = json.load(open(sys.argv[1]))
best, found = 1e9, []
for _ in range(3):
    start = time.process_time()
    results = [datafog_core.scan(text) for text in texts]
    best = min(best, time.process_time() - start)
if sys.argv[2] == "spans":
    spans = lambda result: [(f.entity_type, f.codepoint_range.start, f.codepoint_range.end) for f in result]
    found = [spans(result) for result in results]
print(json.dumps([best, sum(map(len, results)), found]))
"""

Span = tuple[str, int, int]


def sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def chats(rows: int) -> pa.Table:
    """Seeded conversations of three turns."""
    chance, builder = random.Random(7), ExampleBuilder()
    for row in range(rows):
        user = [sentence(chance, 35)]
        if chance.random() < 0.05:
            user += [chance.choice(PLANTED).format(chance.randint(1000, 9999)), sentence(chance, 5)]
        if chance.random() < 0.15:
            user += [chance.choice(TRAPS).format(chance.randint(1000, 9999)), sentence(chance, 5)]
        builder.message("system", f"You are a helpful assistant for an online store. {sentence(chance, 15)}")
        builder.message("user", " ".join(user))
        builder.message("assistant", f"Sure: {sentence(chance, 40)}.")
        builder.finish(
            row.to_bytes(16, "big"),
            line=row + 1,
            source="bench",
            file="bench.jsonl",
            extra=f'{{"id": "chatcmpl-{row}"}}',
        )
    return builder.table()


def cpu(work: Callable[[], object], *, repeats: int = 5) -> float:
    """Smallest CPU seconds of several runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def peer(python: str, texts: Sequence[str], *, spans: bool = False) -> tuple[float, int, list[list[Span]]]:
    """CPU seconds, findings and, if asked, spans of the peer."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(list(texts), file)
        file.flush()
        run = subprocess.run(
            [python, "-c", PEER_SCRIPT, file.name, "spans" if spans else "time"],
            capture_output=True,
            check=True,
        )
    return tuple(json.loads(run.stdout))


def speed(rows: int, python: str | None) -> None:
    examples = chats(rows)
    texts = Messages.of(examples).content.to_pylist()
    size = sum(map(len, texts))
    stage = Redact(RedactSpec(), key=b"k" * 32)
    edits = stage(examples).events.num_rows
    print(f"\n{rows} rows, {size / rows:.0f} B of text each, {edits} edits by the stage\n")
    print("| tool | rows per CPU s | MB/s |\n|---|---|---|")
    measured = [("tuneset redact, whole stage", cpu(lambda: stage(examples)))]
    suspects = Detectors().suspects
    column = Messages.of(examples).content
    measured.append(("tuneset, kernel only", cpu(lambda: suspects(column))))
    if python:
        measured.append(("datafog-core, scan only", peer(python, texts)[0]))
    for name, seconds in measured:
        print(f"| {name} | {rows / seconds:,.0f} | {size / seconds / 1e6:.1f} |")


def ours(texts: Sequence[str]) -> list[list[Span]]:
    """Findings as characters."""
    encoded = [text.encode() for text in texts]
    found = Detectors().find(encoded)
    return [
        [(hit.type, len(text[: hit.start].decode()), len(text[: hit.stop].decode())) for hit in hits]
        for text, hits in zip(encoded, found, strict=True)
    ]


def quality(folder: Path, python: str | None, *, show_misses: bool) -> None:
    samples = [
        sample
        for name in ("small", "large")
        for sample in json.loads((folder / f"tests/data/generated_{name}.json").read_text())
    ]
    texts = [sample["full_text"] for sample in samples]
    truth = [labelled(sample) for sample in samples]
    tools = {"tuneset": ours(texts)}
    if python:
        theirs = peer(python, texts, spans=True)[2]
        tools["datafog-core"] = [
            [(PEER_TYPES[kind], start, stop) for kind, start, stop in spans if kind in PEER_TYPES]
            for spans in theirs
        ]
    total = Counter(kind for spans in truth for kind, _, _ in spans)
    heads = " | ".join(f"{name} recall | precision" for name in tools)
    print(f"\n{len(texts)} labelled sentences\n\n| type | spans | {heads} |")
    print("|---|---|" + "---|---|" * len(tools))
    for kind in total:
        cells = [
            f"{recall(truth, spans, kind):.3f} | {precision(truth, spans, kind)}" for spans in tools.values()
        ]
        print(f"| {kind} | {total[kind]} | {' | '.join(cells)} |")
    if show_misses:
        misses(texts, truth, tools["tuneset"])


def labelled(sample: dict) -> list[Span]:
    """The spans of types that we claim."""
    return [
        (LABELS[span["entity_type"]], span["start_position"], span["end_position"])
        for span in sample["spans"]
        if span["entity_type"] in LABELS
    ]


def overlap(a: Span, b: Span) -> bool:
    return a[1] < b[2] and b[1] < a[2]


def recall(truth: list[list[Span]], found: list[list[Span]], kind: str) -> float:
    hits = [
        any(overlap(span, hit) for hit in hits)
        for spans, hits in zip(truth, found, strict=True)
        for span in spans
        if span[0] == kind
    ]
    return sum(hits) / len(hits)


def precision(truth: list[list[Span]], found: list[list[Span]], kind: str) -> str:
    hits = [
        any(overlap(span, hit) for span in spans)
        for spans, hits in zip(truth, found, strict=True)
        for hit in hits
        if hit[0] == kind
    ]
    return f"{sum(hits) / len(hits):.3f}" if hits else "none found"


def misses(texts: list[str], truth: list[list[Span]], found: list[list[Span]]) -> None:
    for text, spans, hits in zip(texts, truth, found, strict=True):
        for span in spans:
            if not any(overlap(span, hit) for hit in hits):
                print("missed", span[0], "|", text[max(0, span[1] - 40) : span[2] + 15])
        for hit in hits:
            if not any(overlap(span, hit) for span in spans):
                print("false", hit[0], "|", text[max(0, hit[1] - 40) : hit[2] + 15])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--peers", help="python of the environment with datafog-core")
    parser.add_argument("--labelled", type=Path, default=Path("../shared/data/presidio_research"))
    parser.add_argument(
        "--misses", action="store_true", help="show what was missed and what was wrongly found"
    )
    options = parser.parse_args()
    speed(options.rows, options.peers)
    if options.labelled.is_dir():
        quality(options.labelled, options.peers, show_misses=options.misses)
    else:
        print("\nno labelled sentences: skipped")
