"""Fills the templates."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from tuneset.build.calibration_file import standing
from tuneset.build.divide import similarity
from tuneset.build.report import gather
from tuneset.build.report.compiled import environment
from tuneset.build.report.detectors import detectors
from tuneset.build.report.pairs import visible
from tuneset.build.report.statements import Judged, advice, gaps, statements
from tuneset.build.report.suspicion import suspicious
from tuneset.build.result import Build
from tuneset.stages.redact.screens import by_type

_ENDLESS = 1e6  # a ratio to nothing


def render(build: Build, *, gates: Sequence[Judged]) -> str:
    """The page."""
    summary, samples = build.summary, gather.Samples(build)
    conflicts = samples.of_kind("conflict")
    crossing = gather.crossing(summary)
    style = files("tuneset.build.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            style=Markup(style),  # noqa: S704, our own file
            style_digest=b64encode(sha256(style.encode()).digest()).decode(),
            spec=build.spec,
            summary=summary,
            matrix=build.matrix,
            model_tags=build.model_tags,
            quality=build.quality,
            measure=_measure,
            statements=statements(build, gates=gates),
            funnel=gather.funnel(summary),
            bars=gather.bars,
            users=gather.users(summary),
            rejects=gather.rejects(build),
            grid=gather.grid(build.matrix),
            clusters=samples.clusters,
            count=samples.count,
            largest=samples.largest_clusters(),
            standing=standing(summary["dedupe"]),
            closest=samples.closest_calls(),
            contrasts=samples.of_kind("contrast"),
            conflicts=conflicts,
            across=samples.across(),
            crossing=crossing,
            prompts=list(gather.prompts(summary)),
            personal=by_type(summary["redacted_by_type"], model=build.spec.redact.ner),
            suspicion=suspicious(build),
            could_not_run=summary.get("could_not_run", ()),
            detectors=detectors(build.spec),
            gaps=list(gaps(build)),
            advice=list(advice(build, gates=gates, conflicts=[pair.left.id for pair in conflicts])),
            rows_shown=gather.ROWS_SHOWN,
        )
    )


@cache
def _environment() -> Environment:
    ours = environment("tuneset.build.report", autoescape=True)
    ours.filters.update(
        number=_number,
        percent=_percent,
        words=_words,
        visible=visible,
        coordinate=_coordinate,
        sentence=_sentence,
        similarity=similarity,
    )
    return ours


def _number(value: int) -> str:
    return f"{value:,}"


def _percent(share: float) -> str:
    """With one digit where the whole number would be 0 or 100 without being it."""
    return f"{share:.0%}" if share in (0, 1) or 0.005 <= share < 0.995 else f"{share:.1%}"


def _words(reason: str) -> str:
    """`dedupe/near-twin` as `dedupe: near twin`."""
    stage, slash, rest = visible(str(reason)).partition("/")
    return f"{stage}: {rest.replace('-', ' ')}" if slash else stage


def _coordinate(value: float) -> str:
    """A number of an SVG with two digits: the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _measure(signal: Mapping[str, Any], name: str) -> str:
    """The value or a bound of a signal in its unit."""
    value = signal[name]
    match signal["unit"]:
        case "share":
            return _percent(value)
        case "ratio":
            return f"{value:.2f} ×" if value < _ENDLESS else "endless"
        case "score":
            return f"{value:.1f}"
        case _:
            return _number(round(value))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
