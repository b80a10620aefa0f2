"""The table `links.parquet`: related examples, and what was measured of each pair.

a, b                      origin ids, the smaller one first: links are sorted by them
kind                      one of `stages.dedupe.KINDS`
score                     similarity of the inputs that made the link
jaccard, words, cosine    of word 5-grams, words and sentence vectors; null where it was not measured
edits                     words to change, null if the two are no light edit of each other
differs                   why similar inputs are a contrast: `protected`, `system, names`, …
output                    `equal`, `similar` or `different`, null where outputs were not compared
same_input                are the inputs the very same? Then a conflict is hard
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from tuneset.build.verdicts import worded
from tuneset.core.example import ID
from tuneset.stages.dedupe import DIFFERENCES, KINDS, NAMES, UNMEASURED

SCHEMA = pa.schema(
    [
        ("a", ID),
        ("b", ID),
        ("kind", pa.string()),
        ("score", pa.float32()),
        ("jaccard", pa.float32()),
        ("words", pa.float32()),
        ("cosine", pa.float32()),
        ("edits", pa.int32()),
        ("differs", pa.string()),
        ("output", pa.string()),
        ("same_input", pa.bool_()),
    ]
)

_DECIMALS = 4


def table_of(links: pa.Table, origin_ids: pa.Array) -> pa.Table:
    """`SCHEMA` with words as dictionaries, from `stages.dedupe.LINKS` and the ids of all examples."""
    links = links.combine_chunks()
    fact = {name: links.column(name).to_numpy() for name in links.column_names}
    columns = {
        "a": origin_ids.take(links.column("i")),
        "b": origin_ids.take(links.column("j")),
        "kind": worded(fact["kind"], KINDS),
        "score": links.column("score"),
        **{
            name: pa.array(fact[name], mask=fact[name] == UNMEASURED)
            for name in ("jaccard", "words", "cosine")
        },
        "edits": pa.array(fact["edits"], mask=fact["edits"] < 0),
        "differs": worded(fact["differs"].astype(np.int16) - 1, _DIFFERING),
        "output": worded(fact["output"], NAMES),
        "same_input": links.column("same_input"),
    }
    return pa.table([columns[name] for name in SCHEMA.names], names=SCHEMA.names)


def evidence_of(link: Mapping[str, object]) -> dict[str, object]:
    """What is known of a link, a row of `SCHEMA`, by name; numbers and fixed words only."""
    known = {name: value for name, value in link.items() if name in SCHEMA.names[4:] and value is not None}
    if known.pop("same_input", False) and link["kind"] == "conflict":
        known["input"] = "the same"
    return {
        name: round(value, _DECIMALS) if isinstance(value, float) else value for name, value in known.items()
    }


def _named(bits: int) -> str:
    return ", ".join(name for place, name in enumerate(DIFFERENCES) if bits >> place & 1)


_DIFFERING = [_named(bits) for bits in range(1, 1 << len(DIFFERENCES))]
"""Words for the bits of `LINKS`' `differs`, from 1 on."""
