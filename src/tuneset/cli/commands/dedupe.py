"""Shows what was merged and why, and calibrates it on pairs that you judge."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuneset.cli.output import Answer, Json, as_typed, give, in_spec, many, table

if TYPE_CHECKING:
    from tuneset import Project
    from tuneset.build.result import Build

Calibrate = Annotated[bool, typer.Option("--calibrate", help="Write pairs to judge.")]
JudgedFile = Annotated[
    Path | None,
    typer.Option("--judged", metavar="FILE", help="Read the judged pairs and propose a threshold."),
]
To = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FILE",
        help="What is written: dedupe-pairs.csv (or .jsonl), then dedupe-calibration.json.",
        show_default=False,
    ),
]
Passages = Annotated[
    bool, typer.Option("--passages", help="Write the passages that many examples share, ready for the spec.")
]
Pairs = Annotated[
    int, typer.Option("--pairs", metavar="N", min=40, max=5000, help="How many pairs to judge.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file.")]


def command(
    *,
    calibrate: Calibrate = False,
    judged: JudgedFile = None,
    passages: Passages = False,
    to: To = None,
    pairs: Pairs = 200,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Duplicates of the latest build by kind and threshold; with options, the two steps of a calibration."""
    import tuneset

    project = tuneset.open()
    build = project.latest_build()
    if calibrate:
        answer = _pairs_written(project, build, to=to or Path("dedupe-pairs.csv"), pairs=pairs, force=force)
    elif judged is not None:
        answer = _calibrated(
            project, build, judged=judged, to=to or Path("dedupe-calibration.json"), force=force
        )
    elif passages:
        answer = _passages(build)
    else:
        answer = _reported(build)
    give(answer, as_json=as_json)


def _pairs_written(project: "Project", build: "Build", *, to: Path, pairs: int, force: bool) -> Answer:
    from tuneset.build.calibration import COLUMNS, draw, pairs_to_judge
    from tuneset.build.sheet import written

    found = draw(build, workspace=project.workspace, pairs=pairs)
    rows = pairs_to_judge(build, found)
    _write(to, written(rows, columns=COLUMNS, form="jsonl" if to.suffix == ".jsonl" else "csv"), force=force)
    payload: dict[str, object] = {
        "file": as_typed(to.absolute()),
        "pairs": len(rows),
        "population": len(found.population.score),
    }
    lines = [
        f"{len(rows):,} of {len(found.population.score):,} similar pairs: {as_typed(to.absolute())}",
        "  fill the column `judgement`: yes if the two are one example to you, no, or unsure",
        "  the order says nothing about how similar they are; texts are as redacted",
    ]
    return Answer(payload, lines, f"dedupe --judged {as_typed(to.absolute())}")


def _calibrated(project: "Project", build: "Build", *, judged: Path, to: Path, force: bool) -> Answer:
    import orjson

    from tuneset.build.calibration import calibrated, draw, judgements

    said = judgements(judged)
    found = draw(build, workspace=project.workspace, pairs=1)
    made = calibrated(build, found, said)
    text = orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    _write(to, text, force=force)
    return Answer(made, [*_told(made, said.open), *_how_to(project, made, to)], "build")


def _told(made: dict[str, Any], left: int) -> list[str]:
    lines = [f"{made['judged']:,} judged pairs, {made['duplicates']:,} of them one example"]
    lines += [f"  {left:,} have no judgement yet"] if left else []
    lines += [f"  {made['unknown']:,} are no pairs of the latest build"] if made["unknown"] else []
    head = ("from", "precision", "95 % interval", "recall", "judged above")
    rows = [
        (
            f"{p['threshold']:.2f}",
            f"{p['precision']:.3f}",
            f"{p['precision_low']:.2f}-{p['precision_high']:.2f}",
            f"{p['recall']:.2f}",
            f"{p['right']} of {p['judged']} one",
        )
        for p in made["wordings"][made["wording"]]["curve"]
    ]
    ways = [_reached(name, one["proposed"]) for name, one in made["wordings"].items()]
    return [*lines, *ways, f"with `wording: {made['wording']}`:", *table(rows, head=head)]


def _reached(wording: str, point: dict[str, Any] | None) -> str:
    from tuneset.stages.dedupe.calibrate import PRECISION

    if point is None:
        return f"  `wording: {wording}` reaches a precision of {PRECISION:.0%} nowhere"
    at, recall = point["threshold"], point["recall"]
    return f"  `wording: {wording}` finds {recall:.0%} of the duplicates at {PRECISION:.0%}, from {at:.2f}"


def _how_to(project: "Project", made: dict[str, Any], to: Path) -> list[str]:
    from tuneset.stages.dedupe.calibrate import PRECISION

    chosen = made["wordings"][made["wording"]]
    proposed, between = chosen["proposed"], chosen["threshold_interval"]
    path = in_spec(to, root=project.root)
    if proposed is None:
        return [
            f"no threshold reaches a precision of {PRECISION:.0%}: leave `semantic` off, or judge more pairs",
            f"  dedupe: {{semantic: false, calibration: {path}}}",
        ]
    at, precision, recall = (proposed[name] for name in ("threshold", "precision", "recall"))
    interval = f" (95 %: {between[0]:.2f} to {between[1]:.2f})" if between else ""
    gives = f"precision {precision:.3f}, recall {recall:.2f}"
    return [
        f"proposed: {at:.2f}{interval}, {gives}; put it into tuneset.yaml:",
        f"  dedupe: {{semantic_cosine: {at:.2f}{_named(project, made)}, calibration: {path}}}",
    ]


def _named(project: "Project", made: dict[str, Any]) -> str:
    """The wording, where the spec says another one or it is not the usual."""
    wording = made["wording"]
    return f", wording: {wording}" if wording != project.spec.dedupe.wording or wording != "strict" else ""


def _write(path: Path, text: str, *, force: bool) -> None:
    from tuneset.core.errors import UsageError

    if path.exists() and not force:
        raise UsageError(
            f"the file {as_typed(path.absolute())} is there already",
            code="TS512",
            fix="`--to` names another, `--force` replaces it",
        )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(
            f"cannot write {as_typed(path.absolute())}: {problem.strerror}",
            fix="name another file with `--to`",
        ) from None


def _passages(build: "Build") -> Answer:
    """The shared passages as `dedupe.ignore` in YAML, with how many examples hold each."""
    import json

    shared = build.summary["passages"]
    lines = ["dedupe:", "  ignore:"]
    for passage in shared["listed"]:
        lines.append(f"    # {passage['words']:,} words in {passage['examples']:,} examples")
        text = passage["text"]
        lines.append(f"    - {json.dumps(text, ensure_ascii=not text.isprintable())}")  # JSON is YAML
    none = f"no passage of 15 words stands in {shared['fewest']:,} examples or more"
    return Answer({"build": build.fingerprint, **shared}, lines if shared["listed"] else [none])


def _reported(build: "Build") -> Answer:
    from tuneset.build.calibration_file import standing

    summary = build.summary
    dropped = {
        reason.partition("/")[2]: count
        for reason, count in summary["dropped_by_reason"].items()
        if reason.startswith("dedupe/")
    }
    settings, against = summary["dedupe"], summary["conflicts"]
    payload: dict[str, object] = {
        "build": build.fingerprint,
        "dropped": dropped,
        "links": summary["links_by_kind"],
        "settings": settings,
        "conflicts": against,
    }
    merged, groups = sum(dropped.values()), against["groups"]
    floor = summary["irreducible_error_floor"]
    near, cosine = settings["near_jaccard"], settings["semantic_cosine"]
    lines = [
        f"{build.spec.name}: {merged:,} of {summary['examples']:,} examples are twins of one that stays",
        *table(list(dropped.items()), head=("dropped as", "examples")),
        *table(list(summary["links_by_kind"].items()), head=("links", "pairs")),
        f"  near twins: {near:g} of the words; semantic twins: cosine {cosine:g}, {standing(settings)}",
        f"  {many(groups, 'question')} answered in several ways; no model gets below an error of {floor:.2%}"
        if groups
        else "  no question is answered in several ways",
    ]
    return Answer(payload, lines, None if settings["calibration"] else "dedupe --calibrate")
