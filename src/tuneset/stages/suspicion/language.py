"""Whether an answer is in another language than the question: by script, and by function words of twelve
languages.
"""

import tomllib
from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.kernels.tongue import scripts_of, table_of, votes
from tuneset.kernels.words import Words, buffer_of, no_markers, words_of

_LETTERS = 12  # of one script, and nine tenths of all, before a text counts as written in it
_FEWEST, _LEAD = 3, 3  # function words of a language, and times those of any other

ASKS_FOR_ANOTHER = (
    r"(?i)translat|übersetz|tradu[czi]|vertaal|переве|翻[译訳譯]|번역|ترجم|अनुवाद"
    r"|\b(english|german|french|spanish|italian|portuguese|dutch|polish|swedish|turkish|czech|indonesian"
    r"|chinese|mandarin|japanese|korean|russian|arabic|hebrew|greek|hindi|thai|latin|languages?"
    r"|englisch|deutsch|französisch|spanisch|anglais|allemand|français|espagnol|inglés|alemán|español|inglese"
    r"|italiano|inglês|português|engels)\b|英语|英文|英語|中文|日本語|영어|한국어|по-английски|русск"
)
"""A conversation that says so may well be answered in another language."""


@cache
def _table() -> tuple[np.ndarray, np.ndarray, int]:
    lists = tomllib.loads(files("tuneset.stages.suspicion").joinpath("languages.toml").read_text("utf-8"))
    words = [(word, 1 << place) for place, entries in enumerate(lists.values()) for word in entries]
    read = words_of(buffer_of(pa.array([word for word, _ in words])), markers=no_markers())
    if len(read.hashes) != len(words):
        raise ValueError("an entry of languages.toml is not one word")
    return *table_of(read.hashes, np.array([bit for _, bit in words], np.uint32)), len(lists)


def languages(texts: pa.Array, words: Words) -> np.ndarray:
    """`int64[n]`: a number for the language or script of each text, -1 where it is not clear."""
    scripts = scripts_of(buffer_of(texts)).astype(np.int64)
    scripts[:, 8] += scripts[:, 7]  # kana and han: written together
    total = scripts.sum(axis=1) - scripts[:, 7]
    most = np.where(np.arange(scripts.shape[1]) == 7, 0, scripts).argmax(axis=1)
    count = scripts[np.arange(len(scripts)), most]
    clear = (count >= _LETTERS) & (count * 10 >= total * 9)
    japanese = (most == 8) & (scripts[:, 7] * 10 >= count)
    *table, n_lists = _table()
    said = votes(words, *table, n_lists=n_lists)
    best = said.argmax(axis=1) if len(said) else np.zeros(0, np.int64)
    ordered = np.sort(said, axis=1)
    first, second = ordered[:, -1], ordered[:, -2]
    latin = np.where((first >= _FEWEST) & (first >= _LEAD * second), 100 + best, -1)
    found = np.where(most == 0, latin, np.where(japanese, 50, most))
    return np.where(clear, found, -1)


def differs(asked: pa.Array, asked_words: Words, answer: pa.Array, answer_words: Words) -> np.ndarray:
    """`bool[n]`: both languages are clear, and differ, and the question does not speak of languages."""
    one, other = languages(asked, asked_words), languages(answer, answer_words)
    differ = (one >= 0) & (other >= 0) & (one != other)
    (rows,) = np.nonzero(differ)
    if len(rows):
        differ[rows] = ~pc.match_substring_regex(asked.take(pa.array(rows)), ASKS_FOR_ANOTHER).to_numpy(
            zero_copy_only=False
        )
    return differ
