"""Tells the whole life of one example or log line."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuneset.cli.output import Answer, Json, give

if TYPE_CHECKING:
    from tuneset.build.explain import Life

Subject = Annotated[
    str,
    typer.Argument(help="An origin id, the beginning of one, or FILE:LINE of a log.", metavar="ID|FILE:LINE"),
]
ShowText = Annotated[bool, typer.Option("--show-text", help="Show the conversation too, as redacted.")]


def command(subject: Subject, *, show_text: ShowText = False, as_json: Json = False) -> None:
    """Where it was read, what was edited, whom it resembles, what became of it, which releases hold it."""
    import tuneset
    from tuneset.build.explain import explain, held_by, redacted_text

    project = tuneset.open()
    build = project.latest_build()
    lives = held_by(explain(build, subject), releases=[release.dir for release in project.releases()])
    texts = {life.origin_id: redacted_text(build, life) for life in lives} if show_text else {}
    asked = {life.origin_id: _question(build.dir, life, show_text=show_text) for life in lives}
    payload: dict[str, object] = {
        "build": build.fingerprint,
        "lives": [
            {
                **asdict(life),
                "question": asked[life.origin_id],
                **({"text": texts[life.origin_id]} if show_text else {}),
            }
            for life in lives
        ],
    }
    lines = [
        line
        for life in lives
        for line in (
            *_told(life),
            *_contradicted(asked[life.origin_id]),
            *texts.get(life.origin_id, ()),
            "",
        )
    ]
    twin = next((life.kept_by for life in lives if life.kept_by), None)
    give(Answer(payload, lines, f"explain {twin[:12]}" if twin else None), as_json=as_json)


def _question(directory: Path, life: "Life", *, show_text: bool) -> dict | None:
    """The question that the example is part of; without its text unless that is asked for."""
    from tuneset.build.findings.conflicts import question_of

    question = question_of(directory, life.origin_id) if life.outcome in ("kept", "flagged") else None
    if question is None or show_text:
        return question
    answers = [
        {name: value for name, value in answer.items() if name not in ("input", "answer")}
        for answer in question["answers"]
    ]
    return {**question, "answers": answers}


def _contradicted(question: dict | None) -> list[str]:
    """The answers that stand against each other, with their logs."""
    if question is None:
        return []
    same = "the same question" if question["kind"] == "hard-conflict" else "nearly the same question"
    lines = [f"  {'question':<14}{same} is answered in {len(question['answers'])} ways; which is right?"]
    for number, answer in enumerate(question["answers"], 1):
        places = ", ".join(f"{log['file']}:{log['line']}" for log in answer["logs"])
        lines.append(f"  {'':<14}{number}. in {answer['examples']:,}: {places}")
        if "answer" in answer:
            lines += [f"  {'':<17}{line}" for line in answer["answer"].splitlines()]
    return lines


def _told(life: "Life") -> list[str]:
    name = life.origin_id or f"{Path(life.file).name}:{life.line}"
    lines = [f"{name}: {life.outcome}"]
    for step in life.steps:
        others = f" {' '.join(other[:12] for other in step.others)}" if step.others else ""
        lines.append(f"  {step.stage:<14}{step.words}{others}")
    lines += [f"  {'release':<14}{digest}" for digest in life.releases]
    return lines
