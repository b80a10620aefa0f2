"""Thumbs on calls that a longer call of their conversation repeats: neither the thumb nor its mask is lost.

A call with a thumb stays, for who learns from thumbs; its answers are masked, because the longer call teaches
them. An answer with a thumb down is masked in every call that repeats it. Masks are laid over the examples of
the parts, which stay as they are: `masks.parquet` of a build.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tuneset.build.index import Index
from tuneset.build.prepare import open_ipc
from tuneset.build.signed import signed
from tuneset.core.event import events, no_events
from tuneset.core.example import ASSISTANT, ID, Messages, one_array, set_column
from tuneset.core.feedback import thumb_in
from tuneset.core.spec import Spec
from tuneset.stages.dedupe import REPEAT, links_of
from tuneset.stages.traces import repeats

FILE = "masks.parquet"
MASKS = pa.schema([("origin_id", ID), ("content_id", ID), ("masked", pa.list_(pa.int32()))])
"""`masked`: places of messages in their example; `content_id`: what it says with them masked."""

DISLIKED, REPEATED = "disliked-before", "taught-in-longer"
"""Reasons of the events: of the longer call, of the call with the thumb."""


@dataclass(frozen=True)
class Thumbs:
    """What thumbs do to a build.

    Attributes:
        stays: `bool[n]` calls with a thumb that stay although a longer call repeats them.
        holder: `int64[n]` the longer call of each of these, else -1.
        masks: `MASKS`, by origin id. events: `EVENTS`.
    """

    stays: np.ndarray
    holder: np.ndarray
    masks: pa.Table
    events: pa.Table


def carried(index: Index, *, prefix_of: np.ndarray, spec: Spec) -> tuple[Index, Thumbs]:
    """The index with the content ids that masks give, and the thumbs that stay.

    Args:
        prefix_of: `int64[n]` the longer call that repeats an example, -1 for none.
    """
    thumb = _thumbs(index)
    stays = (thumb != 0) & (prefix_of >= 0)
    masked: dict[int, set[int]] = {row: set() for row in np.flatnonzero(stays).tolist()}
    if spec.clean.disliked == "mask" and (thumb < 0).any():
        conversation = index.column("conversation")
        digests, offsets = index.threads(conversation)
        asked, owner = repeats(np.flatnonzero(thumb < 0), conversation, digests, offsets)
        last = np.diff(offsets) - 1
        for short, long in zip(asked.tolist(), owner.tolist(), strict=True):
            masked.setdefault(long, set()).add(int(last[short]))
    index, masks = _laid(index, masked, whole=stays)
    edited = pc.is_in(index.origin_ids, value_set=one_array(masks.column("origin_id"))).to_numpy(
        zero_copy_only=False
    )
    happened = [
        events(index.origin_ids.filter(pa.array(mask)), stage="traces", action="edit", reason=reason)
        for mask, reason in ((edited & ~stays, DISLIKED), (edited & stays, REPEATED))
    ]
    holder = np.where(stays, prefix_of, -1)
    return index, Thumbs(stays, holder, masks, pa.concat_tables([no_events(), *happened]))


def held_together(links: pa.Table, thumbs: Thumbs) -> pa.Table:
    """The links, and one between each call that stays for its thumb and the longer call: never in two
    splits.
    """
    (short,) = np.nonzero(thumbs.holder >= 0)
    if not len(short):
        return links
    pairs = np.sort(np.column_stack([short, thumbs.holder[short]]), axis=1)
    every = pa.concat_tables([links, links_of(pairs, REPEAT)])
    return every.sort_by([("i", "ascending"), ("j", "ascending")]).combine_chunks()


def _thumbs(index: Index) -> np.ndarray:
    """`int8[n]`: 1 for a thumb up on what is taught, -1 for one down, else 0. That of a corrected example is
    on the answer before its correction.
    """
    found = np.zeros(len(index), np.int8)
    for number, path in enumerate(index.paths):
        feedback = one_array(open_ipc(path / "examples.arrow").column("feedback"))
        if feedback.null_count == len(feedback):
            continue
        said = feedback.dictionary_encode()
        value = [{True: 1, False: -1, None: 0}[thumb_in(text)] for text in said.dictionary.to_pylist()]
        each = np.array([*value, 0], np.int8)[pc.fill_null(said.indices, -1).to_numpy(zero_copy_only=False)]
        (here,) = np.nonzero(index.part == number)
        found[here] = each[index.row[here]]
    return np.where(index.column("corrected"), 0, found)


def _laid(index: Index, masked: dict[int, set[int]], *, whole: np.ndarray) -> tuple[Index, pa.Table]:
    """The index with new content ids, and `MASKS` of those who have an answer that was learned from. `whole`:
    examples of which all answers are masked.
    """
    tables = [MASKS.empty_table()]
    touched = np.array(sorted(masked), np.int64)
    for number, path in enumerate(index.paths):
        rows = touched[index.part[touched] == number].tolist()
        if not rows:
            continue
        taken = open_ipc(path / "examples.arrow").take(pa.array(index.row[rows])).combine_chunks()
        taken = set_column(taken, "origin_id", index.origin_ids.take(pa.array(rows)))
        messages = Messages.of(taken)
        learned = (messages.role == ASSISTANT) & messages.train.to_numpy(zero_copy_only=False)
        places = []
        for at, row in enumerate(rows):
            start, stop = int(messages.offsets[at]), int(messages.offsets[at + 1])
            wanted = range(stop - start) if whole[row] else sorted(masked[row])
            places.append([place for place in wanted if learned[start + place]])
        table = pa.table(
            [
                taken.column("origin_id"),
                taken.column("content_id"),
                pa.array(places, MASKS.field("masked").type),
            ],
            schema=MASKS,
        )
        table = table.filter(pa.array([bool(some) for some in places]))
        named = signed(under(taken, table))
        at = pc.index_in(table.column("origin_id"), value_set=one_array(named.column("origin_id")))
        tables.append(table.set_column(1, MASKS.field("content_id"), named.column("content_id").take(at)))
    masks = pa.concat_tables(tables).sort_by("origin_id")
    return _renamed(index, masks), masks


def _renamed(index: Index, masks: pa.Table) -> Index:
    if not len(masks):
        return index
    at = pc.index_in(index.origin_ids, value_set=one_array(masks.column("origin_id")))
    new = one_array(masks.column("content_id")).take(at)
    old = one_array(index.keys.column("content_id"))
    place = index.keys.schema.get_field_index("content_id")
    ids = pc.if_else(at.is_valid(), new, old)
    return replace(index, keys=index.keys.set_column(place, index.keys.schema.field(place), ids))


def write_masks(directory: Path, masks: pa.Table) -> None:
    """Writes `masks.parquet`, if anything is masked."""
    if len(masks):
        pq.write_table(masks, directory / FILE, compression="zstd", write_statistics=False)


def read_masks(directory: Path) -> pa.Table:
    """`MASKS` of a finished build."""
    file = directory / FILE
    return pq.read_table(file, schema=MASKS) if file.exists() else MASKS.empty_table()


def under(examples: pa.Table, masks: pa.Table, *, ids: pa.ChunkedArray | None = None) -> pa.Table:
    """Examples with their masks laid over their messages, and the content ids that go with them; columns that
    the table lacks are not looked for.

    Args:
        ids: the origin ids, if the table does not hold them.
    """
    ids = examples.column("origin_id") if ids is None else ids
    at = pc.index_in(one_array(ids), value_set=one_array(masks.column("origin_id")))
    (rows,) = np.nonzero(at.is_valid().to_numpy(zero_copy_only=False))
    if not len(rows):
        return examples
    if "messages" in examples.column_names:
        messages = Messages.of(examples)
        train = messages.train.to_numpy(zero_copy_only=False).copy()
        masked = masks.column("masked").take(at.take(pa.array(rows))).to_pylist()
        for row, places in zip(rows.tolist(), masked, strict=True):
            train[int(messages.offsets[row]) + np.array(places, np.int64)] = False
        examples = messages.replace(train=pa.array(train)).into(examples)
    if "content_id" in examples.column_names:
        new = one_array(masks.column("content_id")).take(at)
        told = pc.if_else(at.is_valid(), new, one_array(examples.column("content_id")))
        examples = set_column(examples, "content_id", told)
    return examples
