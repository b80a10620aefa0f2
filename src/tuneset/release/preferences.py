"""`preferences.parquet`: what a release keeps for preference targets beside its rows; only if there is any.

id        of the row
kind      production, corrected or synthetic
rejected  the worse answer as JSON, redacted like everything else, or null
thumb     true for a thumb up, false for one down, or null; the thumbs of a corrected example are on the
          original answer and do not count; comments and names of people stay in the log
"""

from pathlib import Path
from typing import NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tuneset.build.result import Build
from tuneset.core.feedback import thumb_in
from tuneset.exporters.text import large
from tuneset.release.rows import hexed

FILE = "preferences.parquet"

_SCHEMA = pa.schema(
    [("id", pa.string()), ("kind", pa.string()), ("rejected", pa.string()), ("thumb", pa.bool_())]
)
_COLUMNS = ("origin_id", "kind", "extra", "feedback")


class Preference(NamedTuple):
    """What is kept of one row."""

    kind: str
    rejected: str | None
    thumb: bool | None


def write_preferences(build: Build, path: Path) -> None:
    """Writes the file if a kept example has a worse answer or a thumb."""
    found = [table for examples in build.kept(columns=_COLUMNS) if len(table := _told(examples))]
    if found:
        table = pa.concat_tables(found).combine_chunks()
        pq.write_table(
            table, path, compression="zstd", store_schema=False, version="2.6", use_dictionary=False
        )


def _told(examples: pa.Table) -> pa.Table:
    extra = large(examples.column("extra"))
    paired = pc.fill_null(pc.match_substring(extra, '"rejected":'), fill_value=False)
    chosen = examples.filter(pc.or_(paired, large(examples.column("feedback")).is_valid()))
    rejected = [_rejected(text) for text in chosen.column("extra").to_pylist()]
    said = zip(_texts(chosen, "kind"), _texts(chosen, "feedback"), strict=True)
    thumbs = [None if kind == "corrected" else thumb_in(text) for kind, text in said]
    told = [one is not None or two is not None for one, two in zip(rejected, thumbs, strict=True)]
    columns = [
        hexed(chosen.column("origin_id")).cast(pa.string()),
        chosen.column("kind").cast(pa.string()),
        pa.array(rejected, pa.string()),
        pa.array(thumbs, pa.bool_()),
    ]
    return pa.table(columns, schema=_SCHEMA).filter(pa.array(told, pa.bool_()))


def _texts(examples: pa.Table, name: str) -> list[str | None]:
    return examples.column(name).to_pylist()


def _rejected(extra: str | None) -> str | None:
    worse = orjson.loads(extra).get("rejected") if extra is not None else None
    return None if worse is None else orjson.dumps(worse).decode()


def read_preferences(release: Path) -> dict[str, Preference]:
    """Id of a row (hex) → what is kept of it; empty for a release without any."""
    path = release / FILE
    if not path.is_file():
        return {}
    rows = pq.read_table(path).to_pylist()
    return {row["id"]: Preference(row["kind"], row["rejected"], row["thumb"]) for row in rows}
