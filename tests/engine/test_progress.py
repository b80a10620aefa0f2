"""Progress is for people at a terminal; what they must read is said to everybody."""

import io

from tuneset.engine.progress import NoticesOnly, SilentProgress, TerminalProgress, terminal_progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _run(progress: SilentProgress | TerminalProgress) -> None:
    with progress:
        progress.phase("read", steps=2)
        progress.advance(rows=1200, dropped={"empty-turn": 20, "too-short": 1})
        progress.notice("cache entry [b]00ff is damaged")
        progress.advance(rows=34, dropped={"empty-turn": 1})
        progress.phase("link", steps=1)


def test_a_terminal_is_shown_rows_rates_and_drops_by_reason() -> None:
    stream = _Terminal()
    _run(TerminalProgress(stream))
    shown = stream.getvalue()
    assert "1,234 examples" in shown
    assert "22 dropped: empty-turn 21, too-short 1" in shown
    assert "cache entry [b]00ff is damaged" in shown


def test_without_a_terminal_only_notices_are_said() -> None:
    stream = io.StringIO()
    progress = terminal_progress(stream)
    assert isinstance(progress, NoticesOnly)
    _run(progress)
    assert stream.getvalue() == "cache entry [b]00ff is damaged\n"


def test_silence_is_silence(capfd) -> None:  # noqa: ANN001
    _run(SilentProgress())
    assert capfd.readouterr() == ("", "")


def test_an_interrupted_phase_is_not_called_done() -> None:
    stream = _Terminal()
    try:
        with terminal_progress(stream) as progress:
            progress.phase("read", steps=2)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert "read: stopped after" in stream.getvalue()
