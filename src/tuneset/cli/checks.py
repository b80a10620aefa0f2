"""What `tuneset doctor` looks at. Each check says what it found and, if that is not well, what to do."""

import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tuneset.cli.output import many, size
from tuneset.core.errors import TunesetError

if TYPE_CHECKING:
    from tuneset.api import Project

Verdict = Literal["ok", "warn", "fail"]
LEAST_FREE = 2 * 10**9
"""Bytes below which a build of a few million examples may not fit."""

_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?:>=\s*([0-9.]+))?")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    words: str
    fix: str | None = None


def machine(directory: Path) -> Iterator[Check]:
    """Interpreter, libraries, disk, cores: whatever holds without a project."""
    yield _python()
    yield from _libraries()
    yield from _extras()
    yield _cores()
    yield _disk(directory)
    yield _writable(directory)
    yield _kernels()


def project(directory: Path, *, deep: bool) -> Iterator[Check]:
    """The spec, its sources, the cache and the seal; `deep` reads every byte of the cache."""
    import tuneset

    try:
        opened = tuneset.open(directory)
    except TunesetError as problem:
        yield _problem("spec", problem)
        return
    yield Check("spec", "ok", f"{opened.spec.name}, {many(len(opened.spec.sources), 'source')}")
    yield from _sources(opened)
    if (directory / ".tuneset").is_dir():
        yield _seal(directory / ".tuneset")
        yield _cache(opened, deep=deep)


def _python() -> Check:
    return Check("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _libraries() -> Iterator[Check]:
    """One check for all libraries, or one for each that is missing or too old."""
    wrong = 0
    needed = [text for text in requires("tuneset") or [] if "extra ==" not in text]
    for text in needed:
        match = _REQUIREMENT.match(text)
        name, least = (match.group(1), match.group(2)) if match else (text, None)
        found = _installed(name)
        if found is None or (least and _numbers(found) < _numbers(least)):
            wrong += 1
            yield Check(
                name,
                "fail",
                f"{found or 'missing'}, needs {least or 'any version'}",
                f'pip install --upgrade "{name}{f">={least}" if least else ""}"',
            )
    if not wrong:
        yield Check("libraries", "ok", f"all {len(needed)} there and new enough")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _extras() -> Iterator[Check]:
    """The optional parts of the installation, from the package's own metadata."""
    needed = requires("tuneset") or []
    for extra in metadata("tuneset").get_all("Provides-Extra") or []:
        packages = [
            _REQUIREMENT.match(t) for t in needed if re.search(rf"extra == ['\"]{re.escape(extra)}['\"]", t)
        ]
        missing = [match.group(1) for match in packages if match and _installed(match.group(1)) is None]
        if missing:
            yield Check(
                f"extra {extra}",
                "warn",
                f"not installed ({', '.join(missing)})",
                f'pip install "tuneset[{extra}]"',
            )
        else:
            yield Check(f"extra {extra}", "ok", "installed")


def _cores() -> Check:
    from tuneset.engine.executor import available_cores

    return Check("cores", "ok", f"{available_cores()} for workers")


def _disk(directory: Path) -> Check:
    free = shutil.disk_usage(directory).free
    if free < LEAST_FREE:
        return Check(
            "disk", "warn", f"{size(free)} free", "free some space; `.tuneset/cache` is safe to delete"
        )
    return Check("disk", "ok", f"{size(free)} free")


def _writable(directory: Path) -> Check:
    workspace = directory / ".tuneset"
    place = workspace if workspace.exists() else directory
    if os.access(place, os.W_OK | os.X_OK):
        return Check("writable", "ok", f"{place.name or place} can be written")
    return Check("writable", "fail", f"{place} cannot be written", "give this user the right to write there")


def _kernels() -> Check:
    """Compiled kernels are kept for the next process; where nothing can be written, each compiles them."""
    from tuneset.kernels.native import homes

    compiled = len({file.name for place in homes() for file in place.glob("native-*/*/*.o")})
    if any(_may_be_made(place) for place in homes()):
        return Check(
            "kernels",
            "ok",
            f"compiled functions kept: {compiled}" if compiled else "compiled at the first build",
        )
    return Check(
        "kernels",
        "warn",
        "compiled functions cannot be kept, so every run compiles them again",
        "set NUMBA_CACHE_DIR to a directory that can be written",
    )


def _may_be_made(place: Path) -> bool:
    """Can something be written into a directory, which need not be there yet?"""
    there = next(one for one in (place, *place.parents) if os.path.exists(one))  # noqa: PTH110 - never raises
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _sources(opened: "Project") -> Iterator[Check]:
    from tuneset.connectors.files import discover

    for source in opened.spec.sources:
        try:
            files = discover(source, root=opened.root)
        except TunesetError as problem:
            yield _problem(f"source {source.title}", problem)
        else:
            total = sum(file.size for file in files)
            yield Check(f"source {source.title}", "ok", f"{many(len(files), 'file')}, {size(total)}")


def _seal(workspace: Path) -> Check:
    from tuneset.build.seal import read_seal

    try:
        seal = read_seal(workspace)
    except TunesetError as problem:
        return _problem("sealed test set", problem)
    return Check(
        "sealed test set", "ok", many(len(seal.ids), "example") if len(seal.ids) else "nothing sealed yet"
    )


def _cache(opened: "Project", *, deep: bool) -> Check:
    """Looks at each entry; damaged ones are removed, because the next build makes them again."""
    from tuneset.store.workspace import Workspace

    noticed: list[str] = []
    workspace = Workspace.open(opened.root, on_notice=noticed.append)
    entries = list(workspace.entries())
    if deep:
        entries = [entry for entry in entries if workspace.reread(entry.fingerprint) is not None]
    total = sum(entry.size for entry in entries)
    looked = "every byte read" if deep else "sizes checked; --deep reads every byte"
    if noticed:
        return Check(
            "cache",
            "warn",
            f"{len(noticed)} entries were damaged and are removed",
            "nothing to do: the next build makes them again; look at the disk if it happens often",
        )
    return Check("cache", "ok", f"{len(entries):,} entries, {size(total)}, {looked}")


def _problem(name: str, problem: TunesetError) -> Check:
    where = f" ({problem.where})" if problem.where else ""
    return Check(name, "fail", f"[{problem.code}] {problem.what}{where}", problem.fix)
