"""What the logs do not hold yet: estimates of unseen traffic against the truth."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from curate.topic import Run, cpu_s, table
from tuneset.kernels.embed import embed
from tuneset.stages.quality import phrasing, thin, unseen_kinds, unseen_values

TITLE = "Quality of the whole"
SEEDS = 20


def section(run: Run) -> Iterable[str]:
    """Two sets of labelled requests, drawn with long-tailed intents; the truth is the share of the source
    whose intent is not among the sample.
    """
    sets = {"clinc150": _clinc(run.data), "banking77": _banking(run.data)}
    sets = {name: rows for name, rows in sets.items() if rows}
    if not sets:
        return ["Skipped: no data."]
    lines = [
        "Share of the traffic whose intent is not in the logs, estimated from the logs alone. Intents are",
        f"drawn with shares 1/rank, {SEEDS} draws. *Holds*: how often the 95 % interval holds the truth.",
        "",
    ]
    rows = [
        _unseen(name, texts, labels, n)
        for name, (texts, labels) in sets.items()
        for n in ((150,) if run.quick else (150, 300, 1000))
    ]
    heads = ["set", "logs", "truth", "by name", "holds", "by vectors", "interval", "holds"]
    lines += table(heads, rows)
    lines += [
        "",
        "Variety of phrasing: Vendi scores of the intents as people wrote them (100 examples of each).",
        "",
    ]
    lines += table(
        ["set", "least", "median", "most", "called poor"], [_varied(n, *s) for n, s in sets.items()]
    )
    return [*lines, "", _cost(next(iter(sets.values()))[0])]


def _cost(texts: list[str]) -> str:
    units = _units(texts[:4000])
    codes, names = np.arange(len(units)) % 50, [str(i) for i in range(50)]
    variety = cpu_s(lambda: (phrasing(units), thin("label", units, codes=codes, names=names)))
    kinds = cpu_s(lambda: unseen_kinds(units[:2000], times=np.ones(2000, np.int64)))
    return (
        f"Variety of 4,000 inputs takes {variety:.2f} CPU s, telling kinds apart among 2,000 {kinds:.2f}, "
        "whatever the size of the corpus."
    )


def _unseen(name: str, texts: list[str], labels: np.ndarray, n: int) -> list[object]:
    units, found = _units(texts), []
    for seed in range(SEEDS):
        draw = np.random.default_rng(seed)
        kinds = int(labels.max()) + 1
        share = draw.permutation(1 / np.arange(1, kinds + 1))[labels] / np.bincount(labels)[labels]
        share /= share.sum()
        logs = draw.choice(len(labels), n, replace=False, p=share)
        truth = float(share[~np.isin(labels, labels[logs])].sum())
        named = unseen_values("label", labels[logs], times=np.ones(n, np.int64))
        kind = unseen_kinds(units[logs], times=np.ones(n, np.int64))
        found.append(
            (truth, named.value, _holds(named, truth), kind.value, kind.low, kind.high, _holds(kind, truth))
        )
    truth, by_name, held, by_kind, low, high, kept = np.mean(found, axis=0)
    interval = f"{low:.3f} – {high:.3f}"
    return [
        name,
        n,
        f"{truth:.3f}",
        f"{by_name:.3f}",
        f"{held:.0%}",
        f"{by_kind:.3f}",
        interval,
        f"{kept:.0%}",
    ]


def _holds(signal: object, truth: float) -> bool:
    return signal.low <= truth <= signal.high


def _varied(name: str, texts: list[str], labels: np.ndarray) -> list[object]:
    units = _units(texts)
    scores = [phrasing(units[labels == label][:100]).value for label in range(int(labels.max()) + 1)]
    poor = sum(score < 3 for score in scores)
    return [name, *(f"{np.quantile(scores, q):.1f}" for q in (0, 0.5, 1)), f"{poor} of {len(scores)}"]


def _units(texts: list[str]) -> np.ndarray:
    vectors = embed(pa.array(texts))[0].astype(np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1)


def _clinc(data: Path) -> tuple[list[str], np.ndarray] | None:
    path = data / "clinc150" / "data_full.json"
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    rows = [*found["train"], *found["val"], *found["test"]]
    return [text for text, _ in rows], np.unique([label for _, label in rows], return_inverse=True)[1]


def _banking(data: Path) -> tuple[list[str], np.ndarray] | None:
    paths = [data / "banking77" / f"{name}.csv" for name in ("train", "test")]
    if not all(path.exists() for path in paths):
        return None
    rows = [row for path in paths for row in csv.DictReader(path.open(encoding="utf-8"))]
    labels = np.unique([row["category"] for row in rows], return_inverse=True)[1]
    return [row["text"] for row in rows], labels
