"""The most suspicious examples of a finished build, for people and for `--json`."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tuneset.build.result import Build
from tuneset.core.errors import UsageError
from tuneset.stages.suspicion import SIGNALS, alarms


@dataclass(frozen=True)
class Suspect:
    """One example and why somebody should look at it.

    Attributes:
        place: `file:line`. suspicion: share of examples that are less suspicious. p_wrong: the chance that
        it is
            wrong, None until people have looked at a random sample.
        signals: name -> value, of those that apply. text: the conversation in lines, if asked for.
    """

    origin_id: str
    place: str
    split: str | None
    suspicion: float
    p_wrong: float | None
    reasons: tuple[str, ...]
    signals: dict[str, float]
    text: tuple[str, ...] | None = None

    def as_dict(self) -> dict[str, object]:
        """For `--json`; `text` only if it was asked for."""
        fields = {name: value for name, value in vars(self).items() if name != "text"}
        return fields if self.text is None else {**fields, "text": self.text}

    def lines(self) -> list[str]:
        """For people."""
        chance = f", wrong with {self.p_wrong:.0%}" if self.p_wrong is not None else ""
        head = f"{self.origin_id[:12]}  {self.suspicion:.4f}{chance}  {self.split}  {self.place}"
        return [head, *(f"  {reason}" for reason in self.reasons), *(self.text or ())]


def suspects(build: Build, *, top: int, signal: str | None = None, show: bool = False) -> list[Suspect]:
    """The `top` most suspicious examples of those with a reason, or with that one `signal` as a reason.

    Raises:
        UsageError: the build has no suspicion, or there is no such signal.
    """
    table = build.suspicion()
    if table is None:
        raise UsageError(
            "the latest build did not look for suspects", fix="set `suspicion.enabled: true`", code="TS530"
        )
    with_reasons = pc.greater(pc.list_value_length(table.column("reasons")), 0)
    table = table.filter(with_reasons if signal is None else _raised(table, signal))
    order = [("suspicion", "descending"), ("origin_id", "ascending")]
    rows = table.sort_by(order).slice(0, top).to_pylist()
    places = _places(build, [row["origin_id"] for row in rows])
    return [_suspect(build, row, places[row["origin_id"]], show=show) for row in rows]


def could_not_run(build: Build) -> list[dict[str, str]]:
    """The table of the report: signal, status, reason, unlock."""
    return build.summary.get("could_not_run", [])


def _raised(table: pa.Table, signal: str) -> pa.Array:
    if signal not in SIGNALS:
        raise UsageError(f"there is no signal `{signal}`", fix=f"one of: {', '.join(SIGNALS)}", code="TS531")
    if signal not in table.column_names:
        return pa.array([False] * len(table))
    values = pc.cast(table.column(signal), pa.float64()).to_numpy()
    return pa.array(alarms({signal: values})[signal])


def _places(build: Build, ids: Sequence[bytes]) -> dict[bytes, dict]:
    columns = ["origin_id", "file", "line", "split"]
    found = (
        group.filter(pc.is_in(group.column("origin_id"), value_set=pa.array(ids, pa.binary(16))))
        for group in build.verdict_groups(columns)
    )
    return {row["origin_id"]: row for table in found for row in table.to_pylist()}


def _suspect(build: Build, row: dict, place: dict, *, show: bool) -> Suspect:
    from tuneset.build.explain import conversation  # brings a database with it

    signals = {name: round(row[name], 4) for name in SIGNALS if row.get(name) is not None}
    return Suspect(
        row["origin_id"].hex(),
        f"{place['file']}:{place['line']}",
        place["split"],
        round(row["suspicion"], 4),
        round(row["p_wrong"], 4) if row["p_wrong"] is not None else None,
        tuple(row["reasons"]),
        signals,
        tuple(conversation(build.example(row["origin_id"]))) if show else None,
    )
