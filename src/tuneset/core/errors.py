"""Everything a user can be told that went wrong.

    TunesetError
      + SpecError        TS1xx  the spec file: unknown key, wrong value, duplicate key
      + InputError       TS2xx  a source: missing, empty, not readable as what it claims to be
      + WorkspaceError   TS3xx  the disk or the project's `.tuneset` directory
      + IntegrityError   TS4xx  something that must not change has changed; a gate said no
      + UsageError       TS5xx  the command line
      + MissingExtra     TS6xx  an optional package is not installed
      + ServiceError     TS7xx  an external service cannot be reached, or says no
    Rejected             one record that is no example; counted, never fatal

An error names its code, its place and the fix. It never holds a word of a log: values are described by key,
type,
size and position. Anything else that is raised is a bug and shows a traceback (without local variables).
"""


class TunesetError(Exception):
    """A problem that the user can mend."""

    code = "TS000"
    exit_status = 3

    def __init__(
        self, what: str, *, where: str | None = None, fix: str | None = None, code: str | None = None
    ) -> None:
        """`what`: one sentence, lower case, no full stop. `where`: `file:line`. `fix`: a command or
        an edit.
        """
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {self.what}"]
        if self.where:
            lines.append(f"  --> {self.where}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.where, self.fix, self.code)  # survives a process pool


def _rebuild(
    kind: type[TunesetError], what: str, where: str | None, fix: str | None, code: str
) -> TunesetError:
    return kind(what, where=where, fix=fix, code=code)


class SpecError(TunesetError):
    """The spec says something it cannot say."""

    code = "TS101"


class InputError(TunesetError):
    """A source cannot be read as logs."""

    code = "TS201"


class WorkspaceError(TunesetError):
    """The project directory cannot be read or written."""

    code = "TS301"


class IntegrityError(TunesetError):
    """Something that must not change has changed, or a gate said no."""

    code = "TS401"
    exit_status = 1


class UsageError(TunesetError):
    """The command line asks for something that is not there."""

    code = "TS501"
    exit_status = 2


class MissingExtra(TunesetError):  # noqa: N818, the sentence "raise MissingExtra" reads as it should
    """An optional package is needed."""

    code = "TS601"


class ServiceError(TunesetError):
    """Something outside this machine failed."""

    code = "TS701"
    exit_status = 4


class Rejected(Exception):  # noqa: N818, an outcome, not an error
    """One record is no example. `reason` is kebab-case; `detail` names keys, types and positions, never
    text.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        """Raised by connectors, caught by ingest."""
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
