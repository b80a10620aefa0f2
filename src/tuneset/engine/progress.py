"""What a long run tells people: how far, how fast, how much longer, what was dropped and why.

On stderr, and only if that is a terminal: results belong to stdout, and a log file wants no moving bar.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

SHOWN_REASONS = 4


class Progress(Protocol):
    """Told by the driver what happens; a context manager. Phases come one after the other."""

    def phase(self, title: str, *, steps: int) -> None:
        """A phase of `steps` equal pieces of work begins; the one before is over."""
        ...

    def advance(self, *, steps: int = 1, rows: int = 0, dropped: Mapping[str, int] | None = None) -> None:
        """Pieces are done that held `rows` rows, of which `dropped` counts those that went, by reason."""
        ...

    def notice(self, text: str) -> None:
        """One line the user should read; shown also when there is no terminal."""
        ...

    def __enter__(self) -> Self:
        """Itself."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The run is over."""
        ...


class SilentProgress:
    """Says nothing."""

    def phase(self, title: str, *, steps: int) -> None:
        """Says nothing."""

    def advance(self, *, steps: int = 1, rows: int = 0, dropped: Mapping[str, int] | None = None) -> None:
        """Says nothing."""

    def notice(self, text: str) -> None:
        """Says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Says nothing."""


class NoticesOnly(SilentProgress):
    """Without a terminal: no bar, but notices are said."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """`stream`: stderr if None."""
        self._stream = stream or sys.stderr

    def notice(self, text: str) -> None:
        """Writes the line."""
        self._stream.write(f"{text}\n")
        self._stream.flush()


class TerminalProgress:
    """A bar per phase, which leaves one line behind when the phase is over."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """`stream`: a terminal, stderr if None."""
        from rich.console import Console

        self._console = Console(file=stream or sys.stderr, highlight=False)
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._title = ""
        self._begun = 0.0
        self._rows = 0
        self._dropped: Counter[str] = Counter()

    def phase(self, title: str, *, steps: int) -> None:
        """Ends the phase before and starts a new bar."""
        self._finish()
        self._title, self._begun, self._rows, self._dropped = title, time.monotonic(), 0, Counter()
        self._bar = _bar(self._console)
        self._task = self._bar.add_task(title, total=steps, status="")
        self._bar.start()

    def advance(self, *, steps: int = 1, rows: int = 0, dropped: Mapping[str, int] | None = None) -> None:
        """Moves the bar."""
        if self._bar is None or self._task is None:
            return
        self._rows += rows
        self._dropped.update(dropped or {})
        self._bar.update(self._task, advance=steps, status=self._status())

    def notice(self, text: str) -> None:
        """Prints a line above the bar."""
        self._console.print(text, markup=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish(interrupted=kind is not None)

    def _finish(self, *, interrupted: bool = False) -> None:
        if self._bar is None:
            return
        self._bar.stop()
        self._bar = None
        took = time.monotonic() - self._begun
        word = "stopped after" if interrupted else "in"
        self._console.print(f"{self._title}: {word} {took:.1f} s  {self._status()}".rstrip(), markup=False)

    def _status(self) -> str:
        """`12,345 examples, 3,858/s; 120 dropped: empty-turn 80, too-short 40`."""
        if not self._rows:
            return ""
        rate = self._rows / max(time.monotonic() - self._begun, 1e-3)
        said = f"{self._rows:,} examples, {rate:,.0f}/s"
        if self._dropped:
            shown = ", ".join(f"{reason} {n:,}" for reason, n in self._dropped.most_common(SHOWN_REASONS))
            more = ", …" if len(self._dropped) > SHOWN_REASONS else ""
            said += f"; {self._dropped.total():,} dropped: {shown}{more}"
        return said


def terminal_progress(stream: TextIO | None = None) -> Progress:
    """A bar if `stream` (stderr if None) is a terminal, else notices only."""
    return (TerminalProgress if (stream or sys.stderr).isatty() else NoticesOnly)(stream)


def _bar(console: "Console") -> "RichProgress":
    from rich import progress

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=24),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(compact=True),
        progress.TextColumn("{task.fields[status]}", markup=False),
        console=console,
        transient=True,
    )
