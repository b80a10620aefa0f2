"""Writes the rows of a release in a target's format: the bytes that `release` writes for that target."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from tuneset.core import registry
from tuneset.core.errors import UsageError
from tuneset.core.example import ExampleBuilder
from tuneset.core.exporter import Exporter
from tuneset.release.pack import SPLITS
from tuneset.release.rows import Row, read_parquet

BATCH_ROWS = 4096


@dataclass(frozen=True)
class Exported:
    """What was written and what the target would not take."""

    files: tuple[Path, ...]
    rows: dict[str, int]
    left_out: dict[str, int]
    """Rule id → rows that break it."""


def export(
    release: Path, *, target: str, to: Path, splits: tuple[str, ...] = SPLITS, force: bool = False
) -> Exported:
    """Writes a file per split to the directory `to`; or, if `to` ends in `.jsonl`, one split into that file.

    Raises:
        UsageError: no such target or split, several splits for one file, or a file is there already.
    """
    exporter: Exporter = registry.load(registry.EXPORTERS, target)()
    places = _places(to, splits=splits)
    side_files = {} if to.suffix == ".jsonl" else exporter.side_files(_dataset_name(release))
    taken = next(
        (path for path in (*places.values(), *(to / name for name in side_files)) if path.exists()), None
    )
    if taken is not None and not force:
        raise UsageError(
            "there is a file of that name already", where=str(taken), fix="--force replaces it", code="TS512"
        )
    written: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    files: list[Path] = []
    for split, path in places.items():
        source = release / "data" / f"{split}.parquet"
        if source.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            written[split] = _write(source, path, exporter, left_out=left_out)
            files.append(path)
    for name, content in side_files.items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_bytes(content)
        files.append(to / name)
    return Exported(tuple(files), dict(written), dict(left_out))


def _places(to: Path, *, splits: tuple[str, ...]) -> dict[str, Path]:
    unknown = next((split for split in splits if split not in SPLITS), None)
    if unknown is not None:
        raise UsageError(f"there is no split `{unknown}`", fix=f"one of: {', '.join(SPLITS)}", code="TS513")
    if to.suffix != ".jsonl":
        return {split: to / f"{split}.jsonl" for split in splits}
    if len(splits) != 1:
        raise UsageError(
            "one file holds one split", fix="add `--split train`, or give a directory", code="TS513"
        )
    (split,) = splits
    return {split: to}


def _write(source: Path, path: Path, exporter: Exporter, *, left_out: Counter[str]) -> int:
    count = 0
    with path.open("wb") as file:
        for examples in _tables(source):
            broken = exporter.breaks(examples)
            left_out.update(rule for _, rule in broken)
            stays = np.ones(len(examples), np.bool_)
            stays[[row for row, _ in broken]] = False
            taken = examples.filter(pa.array(stays))
            file.writelines(line + b"\n" for line in exporter.lines(taken))
            count += len(taken)
    return count


def _tables(source: Path) -> Iterator[pa.Table]:
    builder = ExampleBuilder()
    for row in read_parquet(source):
        _add(row, into=builder)
        if len(builder) == BATCH_ROWS:
            yield builder.table()
            builder = ExampleBuilder()
    if len(builder):
        yield builder.table()


def _add(row: Row, *, into: ExampleBuilder) -> None:
    """The canonical conversation back into columns: the inverse of `core.canonical.message_dicts`."""
    conversation: list[dict[str, Any]] = orjson.loads(row.messages)
    for message in conversation:
        parts, content = _parts_and_text(message["content"])
        into.message(
            message["role"],
            content,
            parts=_json(parts),
            name=message.get("name"),
            tool_calls=_json(message.get("tool_calls")),
            tool_call_id=message.get("tool_call_id"),
            train=message.get("train", True),
        )
    tags = orjson.loads(row.tags) if row.tags else {}
    into.finish(bytes.fromhex(row.id), line=0, source="", file="", tools=row.tools, tags=list(tags.items()))


def _parts_and_text(
    content: str | list[dict[str, Any]] | None,
) -> tuple[list[dict[str, Any]] | None, str | None]:
    if isinstance(content, list):
        return content, "\n".join(part["text"] for part in content if part.get("type") == "text")
    return None, content


def _json(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _dataset_name(release: Path) -> str:
    return orjson.loads((release / "manifest.json").read_bytes())["name"]
