"""Duplicates and suspicion on texts that nothing was tuned on, and calibration on one half of a set."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import xxhash

from curate.dupes import PEER_COSINE, Pairs, _at_precision, _banking, _cosines, _examples, _planted, _quality
from curate.dupes import prose as wrapped
from curate.suspicion import SEEDS, WRONG, compared, misled
from curate.topic import Run, table
from tuneset.core.spec import DedupeSpec
from tuneset.kernels.words import buffer_of, no_markers, normalised, words_of
from tuneset.stages import dedupe
from tuneset.stages.dedupe.calibrate import Judged, Population, best, drawn, fit, fits, strata_of

TITLE = "Data that nothing was tuned on"

ALIKE = 0.8
LOWEST = 0.75
JUDGED = 60


def section(run: Run) -> Iterator[str]:
    if not run.data.is_dir():
        yield "The texts of others are not here, so nothing was measured."
        return
    fresh = [_clinc_pairs(run), _multidogo_pairs(run)]
    yield from _pairs(fresh)
    yield ""
    yield from _calibrated([_banking(run)[0], *fresh], _planted(run))
    yield ""
    yield from _labels(run)


# Duplicates


def _clinc_pairs(run: Run) -> Pairs:
    held = json.loads((run.data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    return _alike("clinc150", run.some(held["test"]), held["train"] + held["val"])


def _multidogo_pairs(run: Run) -> Pairs:
    """Sentences with one intent, of people who ask an airline or an insurance."""
    found: dict[str, list[tuple[str, str]]] = {}
    for domain in ("airline", "insurance"):
        for name in ("train", "test"):
            folder = run.data / "multidogo" / "splits_annotated_at_sentence_level" / domain
            with (folder / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
                rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
            texts = {row["utterance"]: row["intent"] for row in rows if row["intent"]}
            found.setdefault(name, []).extend(texts.items())
    return _alike("multidogo sentences", run.some(found["test"]), found["train"])


def _alike(name: str, asked: Sequence[Sequence[str]], known: Sequence[Sequence[str]]) -> Pairs:
    """The recipe of the bank list: each text of one side with the nearest of the other by shared words, from
    .8 on; texts of four words or more. `same`: people gave both the same label.
    """
    seen: set[str] = set()
    sides = []
    for rows in (known, asked):
        long = [(text, label) for text, label, *_ in rows if len(text.split()) >= 4 and text not in seen]
        seen |= {text for text, _ in long}
        sides.append(long)
    bags = [_bags([text for text, _ in side]) for side in sides]
    holders: dict[int, list[int]] = {}
    for row, bag in enumerate(bags[0]):
        for word in bag:
            holders.setdefault(word, []).append(row)
    texts, labels = [], []
    for (text, label), bag in zip(sides[1], bags[1], strict=True):
        rows = np.array([row for word in bag for row in holders.get(word, ())], np.int64)
        if not len(rows):
            continue
        others, shared = np.unique(rows, return_counts=True)
        sizes = np.array([len(bags[0][other]) for other in others.tolist()])
        jaccard = shared / (sizes + len(bag) - shared)
        if jaccard.max() >= ALIKE:
            other, taught = sides[0][int(others[jaccard.argmax()])]
            texts.append((other, text))
            labels.append((taught, label))
    return Pairs(name, texts, [one == other for one, other in labels], labels)


def _bags(texts: list[str]) -> list[set[int]]:
    words = words_of(buffer_of(normalised(pa.array(texts, pa.large_string()))), markers=no_markers())
    return [set(bag.tolist()) for bag in np.split(words.hashes, words.offsets[1:-1])]


def _kinds(group: Pairs, *, wording: str, cosine: float, labels: bool = False) -> list[str]:
    """Which link `relate` finds between the two of each pair, if any."""
    told = group.labels if labels else None
    answers = None if told is None else [label for pair in told for label in pair]
    examples = _examples([text for pair in group.texts for text in pair], answers)
    spec = DedupeSpec.model_validate({"wording": wording, "semantic_cosine": cosine})
    signatures, texts = dedupe.sign(examples, spec=spec), dedupe.texts_of(examples)
    wanted = np.arange(2 * len(group.texts)).reshape(-1, 2)
    task = "instruction" if told is None else "classification"
    links = dedupe.relate(wanted, signatures, texts.take, spec=spec, task=task)
    found = dict(
        zip(links["i"].to_pylist(), map(dedupe.KINDS.__getitem__, links["kind"].to_pylist()), strict=True)
    )
    return [found.get(2 * number, "none") for number in range(len(group.texts))]


def _merged(
    group: Pairs, *, wording: str = "strict", cosine: float = 0.9, labels: bool = False
) -> np.ndarray:
    return np.isin(_kinds(group, wording=wording, cosine=cosine, labels=labels), dedupe.TWINS)


def _pairs(groups: Sequence[Pairs]) -> Iterator[str]:
    yield from wrapped(
        "**Pairs not used for tuning.** Each test text of four words or more with the training text that "
        "shares most words, from a Jaccard similarity of .8, as the bank list was made; one if people gave "
        "both the same label. Many of them differ in a number, a name or a place and are kept on purpose, so "
        "recall says little by itself: compare it at equal precision."
    )
    yield ""
    rows = []
    for group in groups:
        cosine = _cosines(group.texts)
        for named, labels in ((group.name, False), (f"{group.name}, labels taught", True)):
            mine = _quality(_merged(group, labels=labels), group.same)
            told = {
                "tuneset": mine,
                "tuneset, wording: loose": _quality(
                    _merged(group, wording="loose", labels=labels), group.same
                ),
                "bare cosine, .9": _quality(cosine >= PEER_COSINE, group.same),
                "bare cosine, at our precision": _at_precision(cosine, group.same, mine[0]),
            }
            size = f"{group.same.count(True):,} / {group.same.count(False):,}"
            for place, (name, (precision, recall, wrong)) in enumerate(told.items()):
                first = (named, size) if place == 0 else ("", "")
                rows.append((*first, name, f"{precision:.3f}", f"{recall:.3f}", wrong))
    heads = ("pairs not tuned on", "same / distinct", "tool", "precision", "recall", "distinct merged")
    yield from table(heads, rows)


# Calibration


def _calibrated(groups: Sequence[Pairs], planted: Sequence[Pairs]) -> Iterator[str]:
    yield from wrapped(
        f"**Calibrated on one half, measured on the other.** {JUDGED} pairs of one half (by a hash of the "
        "texts) are drawn as `tuneset dedupe --calibrate` draws them and judged by the labels; `--judged` "
        "chooses wording and threshold for a precision of .95 among them. Recall and precision count all "
        "pairs of the other half, those that are one by their words included. The bare cosine is calibrated "
        "on the same number of pairs from .75, with the same fit. *Contrasts*: planted contrast pairs of "
        "the example project that would be merged with these settings."
    )
    yield ""
    rows = []
    for group in groups:
        halves = [_half(group, side) for side in (0, 1)]
        ours = _settings(halves[0])
        theirs = _bare(halves[0])
        told = {
            "tuneset as it comes: strict, .90": ("strict", 0.9),
            f"tuneset, calibrated: {ours[0]}, {ours[1]:.2f}": ours,
        }
        measured = {
            name: _quality(_merged(halves[1], wording=w, cosine=c), halves[1].same)
            for name, (w, c) in told.items()
        }
        contrasts = {name: _contrasts(planted, wording=w, cosine=c) for name, (w, c) in told.items()}
        cosine = _cosines(halves[1].texts)
        name = f"bare cosine, calibrated: {theirs:.2f}"
        measured[name] = _quality(cosine >= theirs, halves[1].same)
        contrasts[name] = _contrasts(planted, wording=None, cosine=theirs)
        size = f"{halves[1].same.count(True):,} / {halves[1].same.count(False):,}"
        for place, (name, (precision, recall, wrong)) in enumerate(measured.items()):
            first = (group.name.partition(",")[0], size) if place == 0 else ("", "")
            rows.append((*first, name, f"{precision:.3f}", f"{recall:.3f}", wrong, contrasts[name]))
    heads = (
        "calibrated on one half",
        "same / distinct",
        "settings",
        "precision",
        "recall",
        "distinct merged",
        "contrasts",
    )
    yield from table(heads, rows)


def _half(group: Pairs, side: int) -> Pairs:
    chosen = [n for n, pair in enumerate(group.texts) if _hash(pair) % 2 == side]
    return Pairs(group.name, [group.texts[n] for n in chosen], [group.same[n] for n in chosen])


def _hash(pair: tuple[str, str]) -> int:
    return xxhash.xxh3_64_intdigest("\n".join(pair).encode())


def _settings(half: Pairs) -> tuple[str, float]:
    """What `tuneset dedupe --judged` would propose; the defaults where it proposes nothing."""
    cosine = _cosines(half.texts).astype(np.float64).round(4)
    loose = np.array(_kinds(half, wording="loose", cosine=LOWEST)) == "semantic"
    strict = np.array(_kinds(half, wording="strict", cosine=LOWEST)) == "semantic"
    (rows,) = np.nonzero(loose)
    judged, population = _judged(half, rows, cosine, strict)
    made = fits(judged, population)
    chosen = best(made) if made else "strict"
    proposed = made[chosen].proposed if chosen in made else None
    return (chosen, proposed.threshold) if proposed else ("strict", 0.9)


def _bare(half: Pairs) -> float:
    cosine = _cosines(half.texts).astype(np.float64).round(4)
    (rows,) = np.nonzero(cosine >= LOWEST)
    proposed = fit(*_judged(half, rows, cosine, np.ones(len(cosine), bool))).proposed
    return proposed.threshold if proposed else 1.01


def _judged(
    half: Pairs, rows: np.ndarray, cosine: np.ndarray, merged: np.ndarray
) -> tuple[Judged, Population]:
    score, open_ = cosine[rows], merged[rows]
    stratum = strata_of(score, open_)
    order = np.array([_hash(half.texts[row]) for row in rows], np.uint64)
    picked = drawn(stratum, order, pairs=JUDGED)
    twin = np.array([half.same[row] is True for row in rows[picked].tolist()])
    return Judged(score[picked], twin, stratum[picked], open_[picked]), Population(score, open_, stratum)


def _contrasts(planted: Sequence[Pairs], *, wording: str | None, cosine: float) -> str:
    (first, *_) = planted
    rows = [number for number, same in enumerate(first.same) if same is False]
    apart = Pairs("contrast", [first.texts[row] for row in rows], [False] * len(rows))
    if wording is None:
        merged = _cosines(apart.texts) >= cosine
    else:
        merged = _merged(apart, wording=wording, cosine=cosine)
    return f"{int(merged.sum())} of {len(rows)}"


# Labels


def _labels(run: Run) -> Iterator[str]:
    yield from wrapped(
        f"**Wrong labels, not used for tuning.** {WRONG:.0%} of the labels replaced as for banking77 (half "
        "by the class that another model finds likeliest, half by that of the nearest text with another "
        "label); three draws. SGD: what the user of a dialogue wants in each turn, from one file of the "
        "training set."
    )
    yield ""
    sets = [
        given
        for texts, labels, name in (_clinc(run), _sgd(run))
        for given in misled(texts, labels, name, seeds=SEEDS[: 1 if run.quick else None])
    ]
    yield from compared(sets, heading="labels not tuned on")


def _clinc(run: Run) -> tuple[list[str], np.ndarray, str]:
    held = json.loads((run.data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    rows = held["train"][:: 10 if run.quick else 1]
    return [text for text, _ in rows], np.array([label for _, label in rows]), "clinc150"


def _sgd(run: Run) -> tuple[list[str], np.ndarray, str]:
    found = [
        (turn["utterance"], turn["frames"][0]["state"]["active_intent"])
        for dialogue in json.loads(_read(run.data / "sgd" / "train" / "dialogues_001.json"))
        for turn in dialogue["turns"]
        if turn["speaker"] == "USER"
    ]
    found = [(text, intent) for text, intent in found if intent != "NONE"]
    return [text for text, _ in found], np.array([intent for _, intent in found]), "SGD turns"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
