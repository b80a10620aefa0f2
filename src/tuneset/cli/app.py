"""The `tuneset` program: global options, and commands that are imported when they are called."""

import os
import shutil
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated, Any  # Typer exports no name for contexts, formatters and commands

import typer
from typer.core import TyperArgument, TyperGroup

from tuneset.cli import failures, output
from tuneset.cli.table import COMMANDS, SUMMARIES
from tuneset.core.errors import UsageError


class LazyGroup(TyperGroup):
    """Finds a command's module by its name."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """Names in the order of the table."""
        return list(SUMMARIES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Imports the command.

        Raises:
            UsageError: there is none of that name.
        """
        if cmd_name not in SUMMARIES:
            if cmd_name.startswith("-"):
                return None
            near = get_close_matches(cmd_name, SUMMARIES, n=1)
            raise UsageError(
                f"there is no command `{cmd_name}`",
                fix=f"did you mean `tuneset {near[0]}`?" if near else "`tuneset --help` lists the commands",
                code="TS502",
            )
        command: Any = typer.main.get_command(_app_of(cmd_name))
        for made in (command, *getattr(command, "commands", {}).values()):
            for argument in made.params:
                if isinstance(argument, TyperArgument):  # of which Typer says that it is a `<list[str]>`
                    vars(argument)["display_type_rich"] = _untyped
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Lists the table; imports nothing."""
        for section, commands in COMMANDS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()))


def _untyped(ctx: Any) -> None:  # noqa: ANN401
    """No type to show."""


def _app_of(name: str) -> typer.Typer:
    module = import_module(f"tuneset.cli.commands.{name}")
    if hasattr(module, "app"):
        return module.app
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, help=module.__doc__)(module.command)
    return app


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Turns production LLM logs into a fine-tuning dataset a team can sign.",
    epilog="Exit status: 0 done, 1 a gate or check said no, 2 usage, 3 bad input or spec, "
    "4 an external service, 5 a bug of ours, 130 interrupted.",
)


@app.callback(invoke_without_command=True)
def _start(
    ctx: typer.Context,
    project: Annotated[
        str,
        typer.Option("--project", "-C", metavar="DIR", help="Work as if started in DIR.", show_default=False),
    ] = "",
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the code a bug struck.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"tuneset {installed('tuneset')}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        raise typer.Exit
    if project:
        _enter(project)


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError:
        raise UsageError(
            f"cannot work in `{directory}`: no such directory", fix="check `-C`", code="TS503"
        ) from None
    output.started_with(f"tuneset -C {directory}")


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns the exit status."""
    output.started_with("tuneset")
    program = typer.main.get_command(app)
    program.context_settings = {"terminal_width": shutil.get_terminal_size().columns}
    if "_TUNESET_COMPLETE" in os.environ:
        return program.main(prog_name="tuneset", standalone_mode=False) or 0
    try:
        with program.make_context("tuneset", list(arguments)) as ctx:
            program.invoke(ctx)
        return 0
    except typer.Exit as done:
        return done.exit_code
    except BaseException as problem:  # noqa: BLE001, RUF100, the last place where anything can be told
        return failures.tell(problem, arguments=arguments)
