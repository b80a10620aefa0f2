"""In what style data is written: as questions and answers, instructions, dialogue or running text; and the
channel.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import USER
from tuneset.stages.cases.seen import Seen
from tuneset.stages.cases.tagged import STRONG, WEAK, Tagged

STYLES = ("dialogue", "tool_use", "structured", "code", "narrative", "question_answer", "instruction")
CHANNELS = ("email", "chat")

_NARRATIVE_WORDS = 120
_QUESTION = (
    r"\?\s*$|^\W*(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|should|will"
    r"|would|wie|wer|wo|wann|warum|qué|cómo|dónde|cuándo|por qué|quand|comment|pourquoi|où|est-ce)\b"
)
_CODE = (
    r"(?s)^\s*```.*```\s*$"
    r"|^\s*(?:def |class |import |from \w+ import |#include|public |SELECT .* FROM |<\?php|function )"
)
_LISTED = r"(?m)^\s*(?:[-*•]|\d+[.)]|#{1,4}) "
_TO_SOMEONE = r"\b(?:you|your|du|sie|ihr|ihnen|usted|tú|vous|votre)\b|\?"
_GREETED = (
    r"^\W*(?:subject:|dear\b|good (?:morning|afternoon|evening)\b|sehr geehrte|guten tag\b|estimad|bonjour\b"
    r"|madame|hi \w+,|hello \w+,)"
)
_SIGNED = (
    r"\n\W*(?:(?:kind|best|warm)? ?regards|sincerely|yours|thanks|best|cheers|mit freundlichen|viele grüße"
    r"|saludos|cordialement|bien à vous)\b[^\n]{0,40}(?:\n[^\n]{0,60}){0,3}\s*$"
)
_OBJECT = r"^\s*(?:\{\s*\"|\[\s*[\{\"\[])"
_GUESSED = ("narrative", "instruction", "question_answer")


def style_of(seen: Seen) -> Tagged:
    """The style of each example.

    `narrative` is running text that speaks to nobody, under a short prompt or none: it teaches to continue
    articles, not to answer, and is better rewritten as questions and answers.
    """
    answers = seen.answers
    words = pc.count_substring_regex(answers, r"\S+").to_numpy(zero_copy_only=False)
    inputs = pc.binary_length(seen.inputs).to_numpy(zero_copy_only=False)
    long = (words >= _NARRATIVE_WORDS) & (inputs < pc.binary_length(answers).to_numpy(zero_copy_only=False))
    asks = _matches(seen.questions, _QUESTION, np.ones(len(answers), bool))
    article = long & ~asks
    article &= ~_matches(answers, _LISTED, article) & ~_matches(answers, _TO_SOMEONE, article)
    finding = np.full(len(answers), STYLES.index("instruction"))
    finding[asks] = STYLES.index("question_answer")
    finding[article] = STYLES.index("narrative")
    finding[_matches(answers, _CODE, words > 0)] = STYLES.index("code")
    finding[_matches(answers, _OBJECT, words > 0)] = STYLES.index("structured")
    finding[seen.user_turns > 1] = STYLES.index("dialogue")
    finding[seen.calls_tools] = STYLES.index("tool_use")
    strengths = [
        WEAK if style in ("narrative", "instruction", "question_answer") else STRONG for style in STYLES
    ]
    return Tagged(finding, STYLES, [f"style-{style}" for style in STYLES], strengths)


def channel_of(seen: Seen) -> Tagged:
    """`email` where the first user turn greets and signs like a letter, `chat` where there are several user
    turns.
    """
    first = np.full(len(seen.examples), -1)
    turns = np.flatnonzero(seen.messages.role == USER)[::-1]
    first[seen.messages.row[turns]] = turns
    texts = pc.fill_null(seen.messages.content.take(pa.array(first, mask=first < 0)), "")
    greeted = _matches(texts, _GREETED, np.ones(len(texts), bool))
    finding = np.where(seen.user_turns > 1, CHANNELS.index("chat"), -1)
    finding[_matches(texts, _SIGNED, greeted)] = CHANNELS.index("email")
    return Tagged(finding, CHANNELS, ("letter-form", "several-turns"), (STRONG, WEAK))


def _matches(texts: pa.Array, pattern: str, where: np.ndarray) -> np.ndarray:
    (rows,) = np.nonzero(where)
    found = np.zeros(len(texts), bool)
    hits = pc.match_substring_regex(texts.take(pa.array(rows)), pattern, ignore_case=True)
    found[rows[hits.to_numpy(zero_copy_only=False)]] = True
    return found
