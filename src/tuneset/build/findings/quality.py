"""What the kept examples are like as a whole: gathers the columns that `stages.quality` measures.

Counts by label and factor are of all kept examples. What needs text or vectors is measured on the first
examples by origin id: ids are hashes, so these are a uniform sample, and the same one in every rerun.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.findings import prompts
from tuneset.build.index import Index
from tuneset.build.prepare import open_ipc
from tuneset.core.example import USER, Messages, concat
from tuneset.core.spec import Spec
from tuneset.kernels.embed import embed
from tuneset.kernels.words import buffer_of, count_words
from tuneset.stages import quality
from tuneset.stages.coverage.matrix import declared
from tuneset.stages.dedupe.relate import MEANING_WORDS
from tuneset.stages.dedupe.texts import READ, TextBlock, texts_of
from tuneset.stages.quality import Missing, Signal
from tuneset.stages.redact.masked import without_surrogates
from tuneset.stages.split import TEST, TRAIN, VALIDATION

SCHEMA_VERSION = 1

TEXTS_READ, VECTORS_COMPARED = 2_000, 2_000
"""Kept examples of training, and as many held-out ones at most, whose text, and whose vectors, are read."""
KINDS_TOLD_APART = 2_000
_MOST = 0.5
_FEWEST = 50
_CLASS_WANTED = 20
"""Source: research/science 3.9, n_min of a cell."""
_REFUSAL = "refusal"
_READ = ["messages", "tools", "output"]


@dataclass(frozen=True)
class Kept:
    """All that the signals are measured on, of the `n` kept examples in the order of their ids.

    Attributes:
        index: all examples. number: `int64[n]`, which of them are kept.
        split: `int8[n]`. component: `int64[n]`. multiplicity: `int32[n]`.
        where: factor → (`int64[n]` codes, what they stand for).
        spec: the spec.
        prompts: the inventory of system prompts. serving: the one that production sends, if it is known.
    """

    index: Index
    number: np.ndarray
    split: np.ndarray
    component: np.ndarray
    multiplicity: np.ndarray
    where: Mapping[str, tuple[np.ndarray, list[str]]]
    spec: Spec
    prompts: Sequence[Mapping]
    serving: str | None

    @cached_property
    def train(self) -> np.ndarray:
        """`bool[n]`."""
        return self.split == TRAIN

    @cached_property
    def draws(self) -> float:
        """Independent draws of the traffic that the kept examples amount to: those of one user, or else of
        one conversation, are one; merged twins of nobody in particular are one each.
        """
        user, conversation = (self.index.column(name)[self.number] for name in ("user", "conversation"))
        group = np.where(user != 0, user, conversation)
        known = group != 0
        _, member = np.unique(group[known], return_inverse=True)
        together = np.bincount(member, weights=self.traffic[known])
        times = np.maximum(self.multiplicity[~known], 1)
        squares = float((together**2).sum() + (self.traffic[~known] ** 2 / times).sum())
        return float(self.traffic.sum()) ** 2 / squares if squares else 0.0

    @cached_property
    def traffic(self) -> np.ndarray:
        """`float64[n]`: for how many production examples each stands (Horvitz & Thompson 1952)."""
        inclusion = np.concatenate(
            [
                np.zeros(0),
                *(part.column("inclusion") for part in self._parts),
            ]
        )
        return self.multiplicity / np.maximum(inclusion[self.index.place[self.number]], 1e-9)

    @cached_property
    def kinds(self) -> dict[str, tuple[np.ndarray, list[str]]]:
        """As `where`, with the label of a classification before the factors."""
        if self.spec.task != "classification":
            return dict(self.where)
        digest = self.index.signatures.output[self.number]
        _, first, codes = np.unique(digest, return_index=True, return_inverse=True)
        if len(first) > len(digest) // 2:  # these are no labels
            return dict(self.where)
        labels = [str(text) for text in self.examples(first).column("output").to_pylist()]
        return {"label": (codes.astype(np.int64), labels), **self.where}

    def sample(self, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions (of the kept) of at most so many training and held-out examples, by id."""
        held = (self.split == TEST) | (self.split == VALIDATION)
        return np.flatnonzero(self.train)[:most], np.flatnonzero(held)[:most]

    @cached_property
    def _parts(self) -> list[pa.Table]:
        return [open_ipc(path / "examples.arrow") for path in self.index.paths]

    def examples(self, positions: np.ndarray) -> pa.Table:
        """Messages, tools and output of some kept examples, in the order given, as they are compared: with
        placeholders only.
        """
        numbers = self.number[positions]
        part, row = self.index.part[numbers], self.index.row[numbers]
        order = np.argsort(part, kind="stable")
        columns = ["tools", *READ]
        tables = [
            self._parts[i].select(columns).take(pa.array(row[order][part[order] == i]))
            for i in np.unique(part).tolist()
        ]
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        if not tables:
            return concat([])
        return without_surrogates(concat(tables).take(pa.array(back)).combine_chunks())


def measured(kept: Kept) -> dict[str, object]:
    """The content of `quality.json`: signals, and what could not be measured."""
    found = list(_all(kept))
    return {
        "schema_version": SCHEMA_VERSION,
        "texts_read": TEXTS_READ,
        "vectors_compared": VECTORS_COMPARED,
        "signals": [_rounded(entry) for entry in found if isinstance(entry, Signal)],
        "missing": [asdict(entry) for entry in found if isinstance(entry, Missing)],
    }


def by_verdict(content: Mapping) -> dict[str, list[str]]:
    """Verdict → the signals that got it, as `class_balance intent`; notes have none."""
    named = {verdict: [] for verdict in ("good", "poor", "undecided")}
    for signal in content["signals"]:
        if signal["verdict"] in named:
            named[signal["verdict"]].append(f"{signal['name']} {signal['about']}".strip())
    return named


def _all(kept: Kept) -> Iterator[Signal | Missing]:
    yield quality.size(kept.spec.task, int(kept.train.sum()))
    if int(kept.train.sum()) < _FEWEST:
        yield Missing(
            f"The mix, variety and form of the data: fewer than {_FEWEST} training examples.", "more logs"
        )
        return
    yield from _mixes(kept)
    yield from _of_vectors(kept)
    yield from _of_texts(kept)


def _mixes(kept: Kept) -> Iterator[Signal | Missing]:
    kinds = kept.kinds
    for about, (codes, names) in kinds.items():
        if len(names) < 2:
            continue
        yield quality.mix(about, codes, names=names, train=kept.train, traffic=kept.traffic, draws=kept.draws)
        if about == "label" or not declared(kept.spec.coverage.factors[about]):
            yield quality.unseen_values(about, codes, times=kept.multiplicity)
        if about == "label":
            yield quality.smallest(about, codes, names=names, train=kept.train, wanted=_CLASS_WANTED)
    refusing = next(((c, n.index(_REFUSAL)) for c, n in kinds.values() if _REFUSAL in n), None)
    if refusing is None:
        yield Missing(
            "Whether refusals are as frequent as in the traffic.", "a factor with the value `refusal`"
        )
        return
    codes, refusal = refusing
    yield quality.refusals(codes == refusal, train=kept.train, traffic=kept.traffic, draws=kept.draws)


def _of_vectors(kept: Kept) -> Iterator[Signal | Missing]:
    """Of the first thing each conversation asks: a later turn (`yes, please`) says little by itself."""
    train, held = kept.sample(VECTORS_COMPARED)
    rows = np.sort(np.concatenate([train, held]))
    asked = pc.fill_null(Messages.of(kept.examples(rows)).first_said(USER), "")
    words = _word_counts(asked)
    vectors = embed(asked)[0].astype(np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))  # whole numbers: exact in any order
    usable = (length > 0) & (words <= MEANING_WORDS)
    if usable.mean() < _MOST:
        yield Missing(
            f"Variety of the inputs: most have over {MEANING_WORDS} words, which a sentence vector blurs.",
            "an embedder for long texts, or an extract of the request as a field",
        )
        return
    rows, units = rows[usable], vectors[usable] / length[usable, None]
    in_train = kept.train[rows]
    yield quality.phrasing(units[in_train])
    for about, (codes, names) in kept.kinds.items():
        found = quality.thin(about, units[in_train], codes=codes[rows[in_train]], names=names)
        if found is not None and len(names) > 1:
            yield found
            break  # the label, or the first factor: further ones repeat it
    few = slice(0, KINDS_TOLD_APART)
    yield quality.unseen_kinds(units[few], times=kept.multiplicity[rows[few]])
    if (~in_train).any() and in_train.any():
        yield quality.reached(
            units, train=np.flatnonzero(in_train), held=np.flatnonzero(~in_train), group=kept.component[rows]
        )


def _of_texts(kept: Kept) -> Iterator[Signal | Missing]:
    train, held = kept.sample(TEXTS_READ)
    examples = kept.examples(train)
    yield from prompts.signals(kept.prompts, examples, serving=kept.serving)
    texts = texts_of(examples)
    messages = Messages.of(examples)
    empty = pc.fill_null(pc.equal(pc.binary_length(messages.content), 0), True).to_numpy(zero_copy_only=False)
    taught = messages.taught
    called = (taught >= 0) & empty[taught]
    shape = quality.shapes_of(texts.outputs, called=called)
    yield quality.answer_shapes(shape, task=kept.spec.task)
    objects = texts.outputs.filter(pa.array(shape == quality.SHAPES.index("JSON object")))
    yield from _present(quality.json_keys(objects))
    spoken = texts.outputs.filter(pa.array(~called))
    if kept.spec.task != "classification" and len(spoken):
        yield quality.answer_lengths(_word_counts(spoken))
        yield from _present(quality.openings(spoken, task=kept.spec.task))
    if len(held):
        yield quality.unheard(
            _whole(texts),
            _whole(texts_of(kept.examples(held))),
            group=kept.component[held],
            decides=kept.spec.task == "domain",
        )


def _present(signal: Signal | None) -> Iterator[Signal]:
    if signal is not None:
        yield signal


def _whole(texts: TextBlock) -> pa.Array:
    return pc.binary_join_element_wise(texts.inputs, texts.outputs, pa.scalar("\n", pa.large_string()))


def _word_counts(texts: pa.Array) -> np.ndarray:
    return count_words(buffer_of(texts))


def _rounded(signal: Signal) -> dict[str, object]:
    """Four digits: enough to read, and the same on every machine."""
    return {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(signal).items()}
