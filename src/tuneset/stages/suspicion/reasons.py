"""Why an example is suspicious, in words and numbers; no text of a log."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

_WORDS: Mapping[str, str] = {
    "neighbours": "{share} of the nearest inputs, by weight, teach something else",
    "conflict": "{share} of the production examples with this input are answered otherwise",
    "dissimilar": "the answer is unlike those to similar inputs",
    "length": "the length of the answer is {value:.1f} standard deviations from the usual",
    "invalid_output": "the answer is not what `output` allows",
    "placeholder": "the answer is, or holds, a blank that nobody filled in",
    "cut_off": "the answer stops in the middle",
    "copied_prompt": "the answer repeats the question",
    "leaked_system": "the answer quotes {value:.0f} words of the system prompt in one run",
    "other_language": "the answer is in another language than the question",
    "tool_not_offered": "{value:.0f} calls of tools that were not offered",
    "tool_arguments": "{value:.0f} calls with arguments that the tool does not take",
    "contradicts_tool": "{value:.0f} numbers or claims that the tool's result does not hold",
    "unsupported": "{value:.0f} numbers that stand nowhere before the answer",
}


def reasons_of(
    alarms: Mapping[str, np.ndarray],
    signals: Mapping[str, np.ndarray],
    *,
    likely: pa.StringArray,
    most: np.ndarray,
) -> pa.ListArray:
    """For each of `n` examples its reasons, those of the checks first.

    Args:
        alarms: name → `bool[n]`. signals: name → values, as `suspect` gives them.
        likely: the name of the class that a classifier would give, if it may be said. most: `float32[n]`.
    """
    later = ("confidence", "neighbours", "conflict", "dissimilar", "length")
    names = sorted(alarms, key=lambda name: (name in later, later.index(name) if name in later else 0, name))
    rows, words = [np.zeros(0, np.int64)], []
    for name in names:
        (raised,) = np.nonzero(alarms[name])
        rows.append(raised)
        for row, value in zip(raised.tolist(), signals[name][raised].tolist(), strict=True):
            if name == "confidence":
                words.append(_confidence(value, likely[row].as_py(), float(most[row])))
            else:
                words.append(_singular(_WORDS[name].format(value=value, share=f"{value:.0%}")))
    whose = np.concatenate(rows)
    offsets = np.append(0, np.cumsum(np.bincount(whose, minlength=len(most)))).astype(np.int32)
    order = np.argsort(whose, kind="stable")
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(words, pa.string()).take(pa.array(order)))


def _confidence(doubt: float, likely: str | None, most: float) -> str:
    other = f"`{likely}`" if likely else "another class"
    seen = "a classifier that never saw it"
    return f"{seen} doubts what it teaches ({doubt:.0%}) and expects {other} ({most:.0%})"


def _singular(words: str) -> str:
    for many, one in (("1 calls", "1 call"), ("1 numbers", "1 number")):
        if words.startswith(many + " "):
            words = one + words.removeprefix(many)
    return words.replace("1 number or claims that", "1 number or claim that").replace(
        "1 number that stand", "1 number that stands"
    )
