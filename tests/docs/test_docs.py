"""The documentation is complete, fresh, and does what it says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import typer

from terminal import clean_environment
from tuneset.cli import app
from tuneset.cli.reference import keys
from tuneset.cli.table import SUMMARIES
from tuneset.core import registry

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
CODE = re.compile(r"\bTS\d{3}\b")
RUNNABLE = re.compile(r"<!-- run -->\n```(console|python)\n(.*?)```", re.DOTALL)
SHOWN_FILE = re.compile(r"<!-- file: (\S+) -->\n```json\n(.*?)```", re.DOTALL)
"""A file that a page shows; it lies there when the page's commands run."""
CONVERSATIONS = 300
NIGHT = (
    '{"messages": [{"role": "user", "content": "At night nobody answers owl@example.org, why?"}, '
    '{"role": "assistant", "content": "We sleep; the first answer comes at seven."}]}\n'
    '{"messages": [{"role": "user", "content": "Are you\n'
)
"""A log of one example and one line that was cut off."""


def sources() -> Iterator[str]:
    for path in (ROOT / "src" / "tuneset").rglob("*.py"):
        if "testing" not in path.parts:
            yield path.read_text(encoding="utf-8")


def test_every_error_code_is_explained_and_none_that_does_not_exist() -> None:
    raised = {code for text in sources() for code in CODE.findall(text)} - {"TS000"}
    explained = re.findall(r"^\| `(TS\d{3})` \|", (DOCS / "errors.md").read_text(), flags=re.MULTILINE)
    assert sorted(explained) == explained
    assert set(explained) == raised


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_command_has_a_page_with_all_its_options(name: str) -> None:
    page = (DOCS / "commands" / f"{name}.md").read_text()
    assert page.startswith(f"# `tuneset {name}`\n")
    for option in _options(name):
        assert option in page
    assert f"commands/{name}.md" in (DOCS / "index.md").read_text()


def _options(name: str) -> list[str]:
    module = import_module(f"tuneset.cli.commands.{name}")
    if hasattr(module, "app"):
        return [f"tuneset {name} {sub.callback.__name__}" for sub in module.app.registered_commands]
    command = typer.main.get_command(app._app_of(name))
    return [option for parameter in command.params for option in parameter.opts if option.startswith("--")]


def test_every_stage_has_a_page_that_is_listed() -> None:
    stages = {path.parent.name for path in (ROOT / "src" / "tuneset" / "stages").glob("*/__init__.py")}
    assert stages == {path.stem for path in (DOCS / "stages").glob("*.md")} - {"index"}
    listed = (DOCS / "stages" / "index.md").read_text()
    assert all(f"({stage}.md)" in listed for stage in stages)


def test_every_key_of_the_spec_is_on_its_page() -> None:
    page = (DOCS / "spec.md").read_text()
    missing = [key.path for key in keys() if f"`{key.path.partition('.')[2] or key.path}`" not in page]
    assert missing == []


@pytest.mark.parametrize("script", ["spec_reference.py", "measured.py"])
def test_what_is_generated_is_fresh(script: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--check"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.fixture(scope="session")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that the pages speak of: built and released twice."""
    import tuneset

    project = tmp_path_factory.mktemp("docs") / "parcels"
    subprocess.run(
        [
            sys.executable,
            ROOT / "examples" / "support" / "generate.py",
            "--out",
            project,
            "--conversations",
            str(CONVERSATIONS),
        ],
        capture_output=True,
        check=True,
    )
    (project / "logs" / "night.jsonl").write_text(NIGHT)
    before = Path.cwd()
    os.chdir(project)
    try:
        assert app.run(["init", "logs"]) == 0
        first = tuneset.open(project).release(workers=1)
        spec = project / "tuneset.yaml"
        spec.write_text(spec.read_text() + "dedupe: {near: false, semantic: false}\n")
        second = tuneset.open(project)
        second.release(workers=1)
        second.workspace.write_ref("monday", first.digest)
    finally:
        os.chdir(before)
    return project


def _runnable_pages() -> list[Path]:
    return [page for page in PAGES if RUNNABLE.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", _runnable_pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_shows_is_what_happens(
    page: Path,
    parcels: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = tmp_path / "parcels"
    shutil.copytree(parcels, project)
    monkeypatch.chdir(project)
    for name, content in SHOWN_FILE.findall(page.read_text(encoding="utf-8")):
        (project / name).write_text(content)
    for language, block in RUNNABLE.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(block, str(page), "exec"), {})
            continue
        for command, shown in _commands(block):
            capsys.readouterr()
            app.run(command.split()[1:])
            said = capsys.readouterr().out
            assert re.fullmatch(_pattern(shown), said.rstrip("\n"), flags=re.DOTALL), said


def _commands(block: str) -> Iterator[tuple[str, str]]:
    """`$ command` and the lines below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown.rstrip("\n")


def _pattern(shown: str) -> str:
    """A line that is `…` stands for any lines, `…` in a line for any text in it."""
    lines = [re.escape(line).replace("…", "[^\n]*").replace("\\ ", " +") for line in shown.split("\n")]
    return "\n".join(lines).replace("\n[^\n]*\n", "\n(?:[^\n]*\n)*").removesuffix("[^\n]*") + (
        "(?:[^\n]*\n?)*" if shown.endswith("…") else ""
    )


@pytest.mark.parametrize("name", registry.names(registry.CONNECTORS))
def test_every_format_has_a_page_with_a_command_that_runs_and_its_gaps(name: str) -> None:
    page = (DOCS / "formats" / f"{name}.md").read_text(encoding="utf-8")
    shown = [block for language, block in RUNNABLE.findall(page) if language == "console"]
    assert any(f"  format: {name}, because of " in block and "\n  example at " in block for block in shown)
    assert re.search(r"^## Known gaps\n\n\S", page, re.MULTILINE)
    assert f"]({name}.md)" in (DOCS / "formats" / "README.md").read_text(encoding="utf-8")


def test_every_reason_that_the_example_project_gives_is_explained(parcels: Path) -> None:
    import tuneset

    build = tuneset.open(parcels).latest_build()
    page = (DOCS / "reject-reasons.md").read_text()
    explained = set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, flags=re.MULTILINE))
    events = build.events().select(["action", "reason"]).to_pylist()
    found = {event["reason"] for event in events if event["action"] != "link"}
    found |= set(build.summary["rejects_by_reason"])
    found |= {reason for reason in build.verdicts(["reason"])["reason"].to_pylist() if reason}
    assert found <= explained
    assert len(found) > 10


def test_every_target_and_rule_is_on_its_page() -> None:
    page = (DOCS / "targets" / "README.md").read_text()
    for name in registry.names(registry.EXPORTERS):
        exporter = registry.load(registry.EXPORTERS, name)()
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        listed = [line.split("`")[1] for line in section.splitlines() if line.startswith("- `")]
        assert listed == [rule.id for rule in exporter.rules], name


def test_every_target_has_a_command_that_runs_its_judge_and_its_gaps(
    parcels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (DOCS / "targets" / "README.md").read_text()
    project = tmp_path / "parcels"
    shutil.copytree(parcels, project)
    monkeypatch.chdir(project)
    for name in registry.names(registry.EXPORTERS):
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert "\nJudged by: " in section
        assert "\nKnown gaps: " in section
        (command,) = re.findall(r"^\$ tuneset (.*)$", section, re.MULTILINE)
        assert app.run(command.split()) == 0, name
        assert (project / name / "export-report.json").exists()
