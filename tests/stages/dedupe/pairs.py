"""Small corpora for the tests of duplicates: rows of (input, output), all of it invented."""
# ruff: noqa: ANN001, ANN003, ANN201 - types are what the strategies and parameters say

import numpy as np

from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import DedupeSpec
from tuneset.stages.dedupe import (
    KINDS,
    all_pairs,
    exact_pairs,
    relate,
    semantic_pairs,
    settle,
    sign,
    texts_of,
)

SPEC = DedupeSpec()


def examples(rows, *, system="You help customers.", **columns):
    """A table of one-turn conversations."""
    builder = ExampleBuilder()
    for i, (said, answered) in enumerate(rows):
        if system is not None:
            builder.message("system", system)
        builder.message("user", said)
        builder.message("assistant", answered)
        builder.finish(i.to_bytes(16, "big"), line=i + 1, source="s", file="f", **columns)
    return builder.table()


def linked(table, *, task="instruction", spec=SPEC):
    """All links of a table, by (i, j)."""
    signatures, texts = sign(table, spec=spec), texts_of(table)
    pairs = np.concatenate(
        [
            exact_pairs(signatures),
            all_pairs(texts),
            semantic_pairs(signatures.vector, min_cosine=spec.semantic_cosine).pairs,
        ]
    )
    return relate(pairs, signatures, texts.take, spec=spec, task=task)


def kinds(table, **options):
    links = linked(table, **options)
    return {(row["i"], row["j"]): KINDS[row["kind"]] for row in links.to_pylist()}


def kind_of(one, other, *, answers=("Sure, done.", "Sure, done."), **options):
    """The kind of link between two inputs, None if they are not linked."""
    return kinds(examples([(one, answers[0]), (other, answers[1])]), **options).get((0, 1))


def settled(table, *, rank=None, **options):
    n = table.num_rows
    rank = np.arange(n) if rank is None else rank
    return settle(
        linked(table, **options), rank=rank, cell=np.full(n, -1, np.int32), target=np.zeros(0, np.int32)
    )
