"""Values that taggers and prototypes find, and the events that say how."""

from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.event import events
from tuneset.core.spec import Factor
from tuneset.stages.cases import (
    PrototypeVectors,
    Seen,
    Tagged,
    case_of,
    channel_of,
    language_of,
    nearest,
    style_of,
)

BUILT_IN = ("case", "language", "style", "channel", "prototypes")

_PROPOSALS = {"narrative": "rewrite as questions and answers"}


@dataclass(frozen=True)
class Found:
    """`value`: `string[n]`, null where nothing was found; `reason`: how it was found; `evidence`: `string[n]`
    JSON without factor and value, null where the tag itself says enough.
    """

    value: pa.Array
    reason: str
    evidence: pa.Array


def found_by(origin: str, factor: Factor, *, seen: Seen, where: np.ndarray) -> Found:
    """What a built-in place says about the examples in `where` (`bool[n]`); of the others it says nothing."""
    match origin:
        case "case":
            found = _ruled(case_of(seen))
        case "style":
            found = _ruled(style_of(seen), only=_PROPOSALS)
        case "channel":
            found = _ruled(channel_of(seen), only={})
        case "language":
            value = language_of(seen)
            found = Found(value, "by-detector", pa.nulls(len(value), pa.string()))
        case _:
            return _near(factor, seen=seen, rows=np.flatnonzero(where))
    decided, nothing = pa.array(~where), pa.scalar(None, pa.string())
    value, evidence = (pc.if_else(decided, nothing, known) for known in (found.value, found.evidence))
    return Found(value, found.reason, evidence)


def tag_events(examples: pa.Table, found: Found, *, factor: str) -> pa.Table:
    """One event for each value that has evidence."""
    (rows,) = np.nonzero(
        pc.and_(found.value.is_valid(), found.evidence.is_valid()).to_numpy(zero_copy_only=False)
    )
    take = pa.array(rows)
    texts = [
        f'{{"factor":{orjson.dumps(factor).decode()},"value":{orjson.dumps(value).decode()},{evidence}}}'
        for value, evidence in zip(
            found.value.take(take).to_pylist(), found.evidence.take(take).to_pylist(), strict=True
        )
    ]
    return events(
        examples.column("origin_id").take(take),
        stage="coverage",
        action="tag",
        reason=found.reason,
        evidence=texts,
    )


def _ruled(tagged: Tagged, *, only: dict[str, str] | None = None) -> Found:
    """Evidence of each finding; of the values in `only` alone, with what is proposed about them."""
    texts = [
        None
        if only is not None and value not in only
        else f'"rule":"{rule}","strength":"{strength}"' + (f',"proposal":"{only[value]}"' if only else "")
        for value, rule, strength in zip(tagged.values, tagged.rules, tagged.strengths, strict=True)
    ]
    known = pa.array(texts, pa.string()).take(pa.array(tagged.finding, mask=tagged.finding < 0))
    return Found(tagged.value(), "by-rule", known)


def _near(factor: Factor, *, seen: Seen, rows: np.ndarray) -> Found:
    """The nearest prototypes of some examples (`int64`): those of answers first, because an answer says more
    than a question.
    """
    value: list[str | None] = [None] * len(seen.examples)
    evidence: list[str | None] = [None] * len(seen.examples)
    for side, texts in (("output", seen.answers), ("input", seen.questions)):
        known = {of: getattr(named, side) for of, named in factor.prototypes.items() if getattr(named, side)}
        if not known or not len(rows):
            continue
        found = nearest(texts.take(pa.array(rows)), PrototypeVectors(known), min_margin=factor.min_margin)
        near = found.value.is_valid().to_numpy(zero_copy_only=False)
        for i in np.flatnonzero(near).tolist():
            row = int(rows[i])
            value[row] = found.value[i].as_py()
            evidence[row] = f'"side":"{side}","cosine":{found.score[i]:.2f},"margin":{found.margin[i]:.2f}'
        rows = rows[~near]
    return Found(pa.array(value, pa.string()), "by-prototype", pa.array(evidence, pa.string()))
