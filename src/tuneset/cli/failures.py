"""How a command that failed says so: a code, a place and a fix for people, an exit status for scripts.

Nothing that a log held is ever printed. A bug is told by its type and its place in the code, never by its
message: messages of `ValueError`s and their like quote the value that was wrong.
"""

import os
import re
import sys
import traceback
from collections.abc import Iterator, Sequence

import typer

from tuneset.cli import output
from tuneset.core.errors import TunesetError, UsageError

BUG = 5
INTERRUPTED = 130
PIPE_CLOSED = 141
"""What the shell reports for a program that a closed pipe ended; `| head` is no failure of ours."""

_UsageProblem = typer.BadParameter.__base__
"""Typer's error for a wrong command line; Typer does not export it, but a name it exports derives from it."""

_FRAME = re.compile(r'File "([^"\n]+)", line (\d+), in ([\w<>.]+)')
"""A line of a traceback as Python prints it; how a worker process passes on where it failed."""


def tell(problem: BaseException, *, arguments: Sequence[str]) -> int:
    """Prints what went wrong and returns the exit status."""
    as_json = "--json" in arguments
    match problem:
        case TunesetError():
            return _told(problem, as_json=as_json)
        case KeyboardInterrupt() | typer.Abort():
            output.notice("stopped; run the same command again, finished parts are kept")
            return INTERRUPTED
        case BrokenPipeError():
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # the flush at exit would fail again
            return PIPE_CLOSED
        case SystemExit():
            raise problem
        case _ if _UsageProblem is not None and isinstance(problem, _UsageProblem):
            return _told(_usage(problem, arguments=arguments), as_json=as_json)
        case _:
            return _bug(problem, as_json=as_json, debug="--debug" in arguments)


def _told(problem: TunesetError, *, as_json: bool) -> int:
    if as_json:
        error = {"code": problem.code, "what": problem.what, "where": problem.where, "fix": problem.fix}
        output.emit({"error": error})
    output.failure(problem.code, problem.what, where=problem.where, fix=problem.fix)
    return problem.exit_status


def _usage(problem: BaseException, *, arguments: Sequence[str]) -> UsageError:
    """Typer's complaint in our form."""
    said = problem.format_message().rstrip(".")  # type: ignore[attr-defined]
    ctx = getattr(problem, "ctx", None)
    path = ctx.command_path if ctx else "tuneset"
    fix = f"`{path} --help` shows what it takes"
    if path != "tuneset" and re.search(r"No such option:? '?(-C|--project|--debug|--version)\b", said):
        fix = f"global options come first: `tuneset -C DIR {path.removeprefix('tuneset ')}`"
    return UsageError(said[:1].lower() + said[1:], fix=fix)


def _bug(problem: BaseException, *, as_json: bool, debug: bool) -> int:
    file, line = _struck(places(problem))
    what = f"{type(problem).__name__}; this is a mistake in tuneset, not in your data"
    fix = "report it with these lines; they hold no customer text" + (
        "" if debug else ". More with `tuneset --debug …`"
    )
    if as_json:
        output.emit({"error": {"code": "TS999", "what": what, "where": f"{file}:{line}", "fix": fix}})
    output.failure("TS999", what, where=f"{file}:{line}", fix=fix)
    if debug:
        for step in _steps(problem):
            output.notice(step)
    return BUG


def _struck(frames: list[tuple[str, int, str]]) -> tuple[str, int]:
    """The innermost place in our own code, as a path from `tuneset/`; else the innermost of all."""
    ours = [
        (f"tuneset/{file.rpartition('/tuneset/')[2]}", line)
        for file, line, _ in frames
        if "/tuneset/" in file
    ]
    theirs = [(file, line) for file, line, _ in frames]
    return next(iter(reversed(ours or theirs)), ("unknown", 0))


def places(problem: BaseException) -> list[tuple[str, int, str]]:
    """`(file, line, function)` from the outermost call to the one that failed, here or in a worker."""
    told = [(f.filename, f.lineno or 0, f.name) for f in traceback.extract_tb(problem.__traceback__)]
    for note in getattr(problem, "__notes__", ()):  # the pool hands on a worker's traceback as a note
        told += [(file, int(line), function) for file, line, function in _FRAME.findall(note)]
    return told


def _steps(problem: BaseException) -> Iterator[str]:
    """The whole chain of causes, without messages and values."""
    link: BaseException | None = problem
    while link is not None:
        yield f"{type(link).__module__}.{type(link).__name__}"
        for file, line, function in places(link):
            yield f"  {file}:{line} in {function}"
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
        if link is not None:
            yield "which came from"
