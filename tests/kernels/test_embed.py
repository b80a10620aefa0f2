"""Sentence vectors: the same as the packaged tokenizer and plain numpy give."""
# ruff: noqa: ANN001, ANN201 - types are what the strategies and parameters say

from importlib.resources import files

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tuneset.kernels.alike import cosines
from tuneset.kernels.embed import MODEL, embed, quantised, sums_of, vocabulary

TEXTS = [
    "Hello, World! How's it going?",
    "naïve café résumé señor Größe Straße",
    "漢字 test 你好 日本語カタカナ 한국어",
    "unaffable xyzzyqwrt antidisestablishmentarianism",
    "emoji 👍🏽 and €5, 50°C, ™, ½",
    "zero\u200bwidth\x01control\ttab\r\n\u00a0nbsp",
    "a" * 100,
    "b" * 101,
    "",
    "   ",
    "x\u0301y e\u0301",
    "## ##ing [EMAIL_1]",
    "ﬁne ｆｕｌｌ",
    "Ωμέγα ΣΊΣΥΦΟΣ русский ЁЖ",
    "हिन्दी ไทย عربى",
    'C:\\path\\to\\file.txt {"json": [1, 2.5]}',
    "word " * 3000,
]


@pytest.fixture(scope="module")
def tokenizer():
    reader = Tokenizer.from_str(files("tuneset.assets").joinpath(MODEL, "tokenizer.json").read_text("utf-8"))
    reader.no_truncation()
    reader.no_padding()
    return reader


def reference(tokenizer, texts):
    vectors = vocabulary().vectors.astype(np.int64)
    rows = [
        [i for i in found.ids if i > 1] for found in tokenizer.encode_batch(texts, add_special_tokens=False)
    ]
    return np.array([vectors[ids].sum(axis=0) for ids in rows])


def test_sums_are_those_of_the_tokenizers_library(tokenizer):
    sums, _ = sums_of(pa.array(TEXTS), skip_placeholders=False)
    assert np.array_equal(sums, reference(tokenizer, TEXTS))


# characters younger than the library's Unicode tables are classed differently there; no word has them
words = st.text(alphabet=st.characters(max_codepoint=0x24F, blacklist_categories=("Cs", "Cn")), max_size=60)


@settings(deadline=None, max_examples=100)
@given(st.lists(words, min_size=1, max_size=4))
def test_any_text_gives_the_sums_of_the_tokenizers_library(tokenizer, texts):
    sums, _ = sums_of(pa.array(texts, pa.string()), skip_placeholders=False)
    assert np.array_equal(sums, reference(tokenizer, texts))


def test_quantised_vectors_keep_their_direction(tokenizer):
    vectors, known = embed(pa.array(TEXTS), skip_placeholders=False)
    exact = reference(tokenizer, TEXTS).astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1) * np.linalg.norm(vectors.astype(np.float64), axis=1)
    cosine = (exact * vectors).sum(axis=1)[known] / lengths[known]
    assert cosine.min() > 0.9995
    assert known.tolist() == [bool(row.any()) for row in exact]


def test_quantising_rounds_half_up_and_keeps_zero():
    sums = np.zeros((2, 256), np.int32)
    sums[0, :4] = [254, 1, -1, 127]
    assert quantised(sums)[0, :4].tolist() == [127, 1, 0, 64]
    assert not quantised(sums)[1].any()


def test_placeholders_and_nulls_say_nothing():
    vectors, known = embed(pa.array(["call [EMAIL_1] now", "call now", None, "[PHONE_2]"]))
    assert np.array_equal(vectors[0], vectors[1])
    assert known.tolist() == [True, True, False, False]


def test_many_unknown_words_do_not_overflow_the_memory_of_words(tokenizer):
    texts = [
        " ".join(f"qx{i}zk{i % 7}j" for i in range(start, start + 3000)) for start in range(0, 30_000, 3000)
    ]
    sums, _ = sums_of(pa.array(texts))
    assert np.array_equal(sums, reference(tokenizer, texts))


def test_meaning_is_closer_than_words():
    vectors, _ = embed(
        pa.array(["How do I cancel my order?", "I want to cancel an order", "The weather is nice today"])
    )
    alike, other = cosines(vectors[[0, 0]], vectors[[1, 2]])
    assert alike > other + 0.1
