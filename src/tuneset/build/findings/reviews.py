"""What people decided about examples, and what suspicion is worth by it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.pipeline import text_of
from tuneset.core.errors import InputError
from tuneset.core.example import ID
from tuneset.core.fingerprint import fingerprint
from tuneset.core.not_run import NotRun
from tuneset.stages.suspicion import calibrated, isotonic

FEWEST = 50
"""Reviewed examples of a random sample from which suspicion is turned into a probability."""

UNIFORM = "uniform"


@dataclass(frozen=True)
class Reviews:
    """Decisions: `origin_id`, `content_id`, `wrong`, `stratum`; and the digest of the file."""

    decisions: pa.Table
    digest: str


_DECISIONS = pa.schema(
    [("origin_id", ID), ("content_id", ID), ("wrong", pa.bool_()), ("stratum", pa.string())]
)


def read_reviews(name: str | None, *, root: Path) -> Reviews:
    """The decisions in a file; the last one about an example counts.

    Raises:
        SpecError: the file cannot be read.
        InputError: a line of it is no decision.
    """
    if name is None:
        return Reviews(_DECISIONS.empty_table(), "")
    text = text_of(name, root=root, key="suspicion.reviews")
    decided = [entry for entry in _decisions(text, where=str(root / name)) if entry["wrong"] is not None]
    last = {entry["origin_id"]: entry for entry in decided}
    rows = [last[origin] for origin in sorted(last)]
    return Reviews(pa.Table.from_pylist(rows, _DECISIONS), fingerprint(text))


def drawn_so_far(file: Path) -> dict[bytes, bool | None]:
    """Origin id → is its answer wrong (None: still to be judged), of the random sample in a file; empty if
    there is no file yet.

    Raises:
        SpecError: the file cannot be read.
        InputError: a line of it is no decision.
    """
    if not file.exists():
        return {}
    text = text_of(file.name, root=file.parent, key="suspicion.reviews")
    entries = _decisions(text, where=str(file))
    return {entry["origin_id"]: entry["wrong"] for entry in entries if entry["stratum"] == UNIFORM}


def _decisions(text: str, *, where: str) -> list[dict]:
    """Every line; `wrong` is None where nobody has decided yet."""
    lines = enumerate(text.encode().splitlines(), 1)
    return [_decision(line, where=f"{where}:{number}") for number, line in lines if line.strip()]


def _decision(line: bytes, *, where: str) -> dict:
    try:
        entry = orjson.loads(line)
        ids = {name: bytes.fromhex(entry[name]) for name in ("origin_id", "content_id")}
        wrong, stratum = entry["wrong"], entry.get("stratum", "")
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        wrong, stratum, ids = "unreadable", "", {}
    readable = isinstance(wrong, bool | None) and isinstance(stratum, str)
    if not readable or any(len(i) != 16 for i in ids.values()):
        raise InputError(
            "`suspicion.reviews`: a line is no decision",
            where=where,
            fix='{"origin_id": "<hex>", "content_id": "<hex>", "wrong": true, "stratum": "uniform"}',
            code="TS221",
        )
    return {**ids, "wrong": wrong, "stratum": stratum}


def wrong_share(
    reviews: Reviews, *, ids: pa.Array, contents: pa.ChunkedArray, who: np.ndarray, suspicion: np.ndarray
) -> tuple[np.ndarray | None, list[NotRun]]:
    """`float64[n]`: the share that is wrong at each suspicion, learned from the reviewed random sample; or
    None, and what is missing. Decisions about other contents than today's are stale and not used.

    Args:
        ids: of `n` examples. suspicion: `float64[n]`.
        contents: content ids of all examples, of which `int64[n]` `who` are those of the `n`.
    """
    random = reviews.decisions.filter(pc.equal(reviews.decisions.column("stratum"), UNIFORM))
    found = random.column("origin_id")
    at = pc.index_in(found, value_set=ids) if len(found) else pa.array([], pa.int32())
    random, at = random.filter(at.is_valid()), at.drop_null().to_numpy()
    valid = pc.equal(contents.take(pa.array(who[at])), random.column("content_id")).to_numpy()
    rows, wrong = at[valid], random.column("wrong").to_numpy()[valid]
    if len(rows) < FEWEST:
        stale = f", {int((~valid).sum())} stale" if (~valid).any() else ""
        reason = f"{len(rows)} of {FEWEST} examples of a random sample were reviewed{stale}"
        return None, [NotRun("p_wrong", "not run", reason, "decisions of people in `suspicion.reviews`")]
    return calibrated(suspicion, isotonic(suspicion[rows], wrong)), []
