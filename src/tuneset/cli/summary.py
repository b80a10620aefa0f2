"""The numbers of a build in lines, for `build` and `status`."""

from collections.abc import Iterator, Mapping, Sequence

from tuneset.cli.output import many, table
from tuneset.stages.split.evict import REASONS

_MOST_REASONS = 8
_USERS = 3
_FILES = 3
_HEAVY = 0.05  # share of the kept examples from which one user is worth a line


_MANY_GONE = 0.05
"""Examples driven out, as a share of the kept ones, that are worth a line."""


def summary_lines(summary: Mapping) -> Iterator[str]:
    """What was read, what became of it and where it goes."""
    yield f"{summary['name']} ({summary['task']})"
    examples = many(summary["examples"], "example")
    yield f"  read {summary['read']:,}: {examples}, {summary['rejected']:,} rejected"
    yield from _reasons(summary["rejects_by_reason"], title="rejected because of")
    yield from _empty(summary.get("files_without_a_record", ()))
    kept, flagged, dropped = (f"{summary[name]:,}" for name in ("kept", "flagged", "dropped"))
    yield f"  kept {kept}, of which {flagged} with a question; dropped {dropped}"
    yield from _reasons(summary["dropped_by_reason"], title="dropped by")
    yield from _reasons(summary["flagged_by_reason"], title="questions")
    splits = ", ".join(f"{name} {count:,}" for name, count in summary["splits"].items())
    yield f"  split: {splits}"
    yield from _undivided(summary)
    yield from _driven_out(summary)
    heavy = [user for user in summary.get("top_users", ())[:_USERS] if user["share"] >= _HEAVY]
    if heavy:
        shares = ", ".join(f"{user['user']} {user['share']:.0%}" for user in heavy)
        yield f"  users {summary['users']:,}, most of the kept examples by hash: {shares}"
    if told := list(_quality(summary.get("quality", {}))):
        yield f"  quality: {'; '.join(told)}"
    links = ", ".join(f"{kind} {count:,}" for kind, count in summary["links_by_kind"].items())
    if links:
        yield f"  links: {links}"


def _empty(names: Sequence[str]) -> Iterator[str]:
    """Files in which nothing was, and of which nothing can be told but that."""
    if names:
        more = f" and {len(names) - _FILES:,} more" if len(names) > _FILES else ""
        yield f"    without a record: {', '.join(names[:_FILES])}{more}"


def _undivided(summary: Mapping) -> Iterator[str]:
    """A group that is too large to divide the examples as wanted."""
    splits = summary["balance"]["splits"].items()
    small = [name for name, count in splits if count["examples"] < count["wanted"] / 2]
    if not small or not summary["balance"]["component_too_large"]:
        return
    group, shared = f"{summary['largest_component']:,} examples", summary["passages"]
    yield f"    {group} hang together and go into one split: too little is left for {' and '.join(small)}"
    if shared["listed"] and shared["examples"] >= shared["looked_at"] / 2:
        yield "    most examples share passages: `tuneset dedupe --passages` takes them out of comparisons"


def _driven_out(summary: Mapping) -> Iterator[str]:
    """Many examples that cannot be learned from because new logs relate them with the sealed test set."""
    gone = sum(summary["dropped_by_reason"].get(f"split/{reason}", 0) for reason in REASONS)
    if gone >= _MANY_GONE * max(1, summary["kept"]):
        yield f"    {gone:,} examples are too close to sealed test examples, by new logs, and left training"
        yield "    `tuneset explain` says to which one. Without .tuneset/seal.parquet a new test set begins,"
        yield "    and old test results no longer compare."


def _quality(found: Mapping[str, list[str]]) -> Iterator[str]:
    """How many signals are good, and which are not; the report says why."""
    for verdict, names in found.items():
        if names:
            shown = "" if verdict == "good" else f" ({', '.join(name.replace('_', ' ') for name in names)})"
            yield f"{len(names)} {verdict}{shown}"


def _reasons(counts: Mapping[str, int], *, title: str) -> list[str]:
    if not counts:
        return []
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    rest = sum(count for _, count in ranked[_MOST_REASONS:])
    rows = [*ranked[:_MOST_REASONS], *([("others", rest)] if rest else [])]
    return [f"    {title}", *table(rows, indent="      ")]


def machine_summary(summary: Mapping) -> dict[str, object]:
    """The summary without the texts of system prompts: those are in summary.json for who may read them."""
    prompts = [
        {key: value for key, value in p.items() if key != "text"} for p in summary.get("system_prompts", [])
    ]
    return {**summary, "system_prompts": prompts}
