"""Shows what a build would do."""

from typing import TYPE_CHECKING

from tuneset.cli.output import Answer, Json, give, many, notice, size, table

if TYPE_CHECKING:
    from tuneset.build.plan import Plan


def command(*, as_json: Json = False) -> None:
    """Lists the files, how each will be read and why, and which of their parts are done already."""
    import tuneset

    plan = tuneset.open().plan(on_notice=notice)
    total, todo = len(plan.parts), plan.to_compute
    payload: dict[str, object] = {
        "name": plan.spec.name,
        "bytes": plan.bytes,
        "parts": total,
        "to_compute": todo,
        "files": _files(plan),
        "files_without_a_record": list(plan.empty),
    }
    rows = [
        (f["path"], f["connector"], size(f["bytes"]), f"{f['cached']}/{f['parts']}") for f in _files(plan)
    ]
    lines = [
        f"{plan.spec.name}: {many(len(plan.files), 'file')}, {size(plan.bytes)}",
        *table(rows, head=("file", "read as", "size", "parts done")),
        *(
            f"  {connector}: {why}"
            for connector, why in sorted({(f["connector"], f["why"]) for f in _files(plan)})
        ),
        f"{total - todo:,} of {total:,} parts are in the cache, {todo:,} to do"
        if todo
        else "everything is in the cache",
    ]
    give(Answer(payload, lines, "build"), as_json=as_json)


def _files(plan: "Plan") -> list[dict]:
    return [
        {
            "path": entry.file.relative,
            "source": entry.source.title,
            "connector": entry.connector,
            "why": entry.why,
            "bytes": entry.file.size,
            "parts": sum(part.file == number for part in plan.parts),
            "cached": sum(part.file == number and part.cached for part in plan.parts),
        }
        for number, entry in enumerate(plan.files)
    ]
