"""Signs examples: the narrow numbers by which twins are found, so that no text has to be moved for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from tuneset.core.example import SYSTEM, Messages, one_array
from tuneset.core.spec import DedupeSpec
from tuneset.kernels.compare import BITS, bits_of
from tuneset.kernels.embed import DIMENSIONS, embed
from tuneset.kernels.minhash import BANDS, bands_of
from tuneset.kernels.order import Groups, grouped
from tuneset.kernels.text import opens_json
from tuneset.kernels.words import Words, buffer_of, normalised, sequence_digest, words_of
from tuneset.stages.dedupe.protect import markers, protected_digest
from tuneset.stages.dedupe.texts import spoken, texts_of
from tuneset.stages.redact.masked import without_surrogates

_ROWS = 2048  # signed at a time: word lists stay in memory that is used again


@dataclass(frozen=True)
class Signatures:
    """What is compared of `n` examples, row by row in the order of their table.

    Attributes:
        exact: `uint64[n]` input words, output, system text and protected tokens together.
        input: `uint64[n]` input words in order. output: `uint64[n]` output words in order, or canonical JSON.
        protected: `uint64[n]` meaning-turning words of the input, redacted values, images and other non-text
            parts. Of an answer that nobody learns (`train` is false) its words as well: it is a twin of its
            like only, and contradicts nobody.
        system: `uint64[n]` system prompt (white space collapsed) and tools offered.
        words: `int32[n]` number of input words.
        bits: `uint64[n, 2, 8]` input words and word 5-grams as bits (`kernels.compare.bits_of`).
        bands: `uint64[n, 25]` MinHash bands (`kernels.minhash`), 0 where there is none.
        vector: `int8[n, 256]` sentence vector of the input (`kernels.embed`), zeros where there is none; no
            dimensions if the spec asks for no semantic search.
    """

    exact: np.ndarray
    input: np.ndarray
    output: np.ndarray
    protected: np.ndarray
    system: np.ndarray
    words: np.ndarray
    bits: np.ndarray
    bands: np.ndarray
    vector: np.ndarray

    def __len__(self) -> int:
        return len(self.exact)

    @cached_property
    def by_exact(self) -> Groups:
        """The rows with equal `exact`."""
        return grouped(self.exact)

    @cached_property
    def by_input(self) -> Groups:
        """The rows with equal `input`."""
        return grouped(self.input)

    def narrow(self, rows: np.ndarray) -> "Signatures":
        """The numbers of some rows; the matrices become empty."""
        columns = (getattr(self, f.name) for f in fields(self))
        return Signatures(
            *(c[rows] if c.ndim == 1 else np.empty((0, *c.shape[1:]), c.dtype) for c in columns)
        )

    @classmethod
    def concat(cls, several: "Sequence[Signatures]") -> "Signatures":
        """One after the other; none gives no rows."""
        if not several:
            return cls(*(np.zeros((0, *width), kind) for kind, width in _SHAPES))
        return cls(*(np.concatenate([getattr(s, f.name) for s in several]) for f in fields(cls)))

    def to_table(self) -> pa.Table:
        """One Arrow column per number; the matrices are stored beside it, as arrays."""
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        return pa.table({name: pa.array(values) for name, values in columns.items() if values.ndim == 1})

    @classmethod
    def from_table(cls, table: pa.Table) -> "Signatures":
        """The inverse of `to_table`; the matrices become empty."""
        numbers = (
            table.column(f.name).to_numpy() if width == () else np.zeros((0, *width), kind)
            for f, (kind, width) in zip(fields(cls), _SHAPES, strict=True)
        )
        return cls(*numbers)


_SHAPES = [(np.uint64, ())] * 5 + [
    (np.int32, ()),
    (np.uint64, BITS),
    (np.uint64, (BANDS,)),
    (np.int8, (DIMENSIONS,)),
]


def sign(examples: pa.Table, *, spec: DedupeSpec) -> Signatures:
    """The signature of each example, in row order.

    Ids, times, metadata and system prompts never enter a similarity; the system prompt is only compared for
    equality. Where an example has surrogates, their placeholders are read.

    Cost: about 5 us per example of 600 bytes.
    """
    examples = without_surrogates(examples)
    slices = range(0, examples.num_rows, _ROWS)
    return Signatures.concat([_sign(examples.slice(start, _ROWS).combine_chunks(), spec) for start in slices])


def output_digest(outputs: pa.Array, words: Words) -> np.ndarray:
    """`uint64[n]`: of the words in order; of the exact text where there are no words or the text is JSON."""
    digests = sequence_digest(words.hashes, words.offsets)
    return _by_text(outputs, digests, structured(outputs) | (digests == 0))


def structured(outputs: pa.Array) -> np.ndarray:
    """`bool[n]`: is the output JSON (as `texts_of` writes it)?"""
    found = opens_json(outputs)
    (places,) = np.nonzero(found)
    if len(places):
        hits = pc.match_substring_regex(outputs.take(pa.array(places)), r'^(\{"|\[["{\[\d\-tfn]|\{\}$|\[\]$)')
        found[places] = hits.to_numpy(zero_copy_only=False)
    return found


def _sign(examples: pa.Table, spec: DedupeSpec) -> Signatures:
    texts, messages = texts_of(examples, ignore=spec.ignore), Messages.of(examples)
    said = words_of(buffer_of(normalised(texts.inputs)), markers=markers())
    taught = words_of(buffer_of(normalised(texts.outputs)), markers=markers(), symbols=True)
    heard = sequence_digest(said.hashes, said.offsets)
    heard = _by_text(texts.inputs, heard, heard == 0)
    answer = output_digest(texts.outputs, taught)
    protected = joined(
        protected_digest(said), _column(examples, "redacted"), _attachments(messages, len(heard))
    )
    untaught = _untaught(messages)
    protected[untaught] = joined(protected[untaught], answer[untaught])
    system = joined(_system_prompts(messages), _tools(examples))
    n = len(heard)
    return Signatures(
        exact=joined(heard, answer, protected, system),
        input=heard,
        output=answer,
        protected=protected,
        system=system,
        words=np.diff(said.offsets).astype(np.int32),
        bits=bits_of(said),
        bands=bands_of(said) if spec.near else np.zeros((n, BANDS), np.uint64),
        vector=embed(texts.inputs)[0] if spec.semantic else np.zeros((n, 0), np.int8),
    )


def joined(*digests: np.ndarray) -> np.ndarray:
    """`uint64[n]`: one digest of several, in their order."""
    stacked = np.stack(digests, axis=1).astype(np.uint64)
    n, width = stacked.shape
    return sequence_digest(stacked.ravel(), np.arange(0, (n + 1) * width, width))


def _by_text(texts: pa.Array, digests: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The digests, replaced by those of the stripped text where `mask` holds."""
    digests = digests.copy()
    for row in np.flatnonzero(mask):
        digests[row] = xxhash.xxh3_64_intdigest(texts[row].as_py().strip().encode())
    return digests


def _system_prompts(messages: Messages) -> np.ndarray:
    mask = messages.role == SYSTEM
    prompts = messages.content.filter(pa.array(mask))
    bounds = np.concatenate([[0], np.cumsum(mask)])[messages.offsets]
    return sequence_digest(_each_distinct(prompts, _prompt_digest), bounds)


def _tools(examples: pa.Table) -> np.ndarray:
    return _each_distinct(one_array(examples.column("tools")), _json_digest)


def _each_distinct(texts: pa.Array, digest: Callable[[str], int]) -> np.ndarray:
    """`uint64[m]` digests, computed once for each distinct text; 0 for null."""
    if texts.null_count == len(texts):
        return np.zeros(len(texts), np.uint64)
    encoded = texts.dictionary_encode()
    values = np.array([0, *(digest(text) for text in encoded.dictionary.to_pylist())], np.uint64)
    return values[pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False) + 1]


def _prompt_digest(text: str) -> int:
    return xxhash.xxh3_64_intdigest(" ".join(text.split()).encode())


def _json_digest(text: str) -> int:
    try:
        return xxhash.xxh3_64_intdigest(orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS))
    except orjson.JSONDecodeError:
        return xxhash.xxh3_64_intdigest(text.encode())


def _attachments(messages: Messages, n: int) -> np.ndarray:
    """`uint64[n]` digest of the images and other parts that are not text; two pictures never make twins."""
    digests = np.zeros(n, np.uint64)
    if messages.parts.null_count == len(messages.parts):
        return digests
    present = messages.parts.is_valid().to_numpy(zero_copy_only=False) & spoken(messages)
    for index in np.flatnonzero(present):
        other = [
            p
            for p in orjson.loads(messages.parts[index].as_py())
            if not (isinstance(p, dict) and p.get("type") == "text")
        ]
        if other:
            row = messages.row[index]
            seen = int(digests[row]).to_bytes(8, "little") + orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
            digests[row] = xxhash.xxh3_64_intdigest(seen)
    return digests


def _untaught(messages: Messages) -> np.ndarray:
    """`bool[n]`: is the last turn of the assistant there, and not to be learned?"""
    learned = np.append(messages.train.to_numpy(zero_copy_only=False), True)  # -1, no turn, finds the last
    return ~learned[messages.taught]


def _column(examples: pa.Table, name: str) -> np.ndarray:
    return examples.column(name).to_numpy().astype(np.uint64)
