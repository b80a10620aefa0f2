"""The stage `coverage`: a value of every factor for every example."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.errors import SpecError
from tuneset.core.event import no_events
from tuneset.core.example import set_column
from tuneset.core.spec import Coverage, Factor, When
from tuneset.core.stage import Staged, unchanged
from tuneset.stages.cases import detector, phrases_digest
from tuneset.stages.coverage.built_in import BUILT_IN, Found, found_by, tag_events
from tuneset.stages.coverage.tags import with_values
from tuneset.stages.coverage.view import View

OTHER = "other"
SHORT, MEDIUM = 50, 300  # words of input; the rest is long


@dataclass(frozen=True)
class CoverageTags:
    """Tags every example with one value per factor, in the order of the spec.

    For each factor: the first rule that holds; else the first place of `from` that holds anything; without
    `from`, a tag that the example already has under the factor's name; else the prototypes it is nearest to;
    else `default`. A value found in the data that is not among `values` becomes `other`; values that rules
    and `default` give are taken as they are. A rule may ask for the tags of factors before it. A tag that a
    factor replaces while another one reads it stays as `NAME.original`, empty if there was none, so that
    running again finds the same.

    Raises:
        SpecError: a rule's pattern is not RE2.
        MissingExtra: a factor asks for the language, and its detector is not installed.
    """

    spec: Coverage
    name: str = "coverage"
    version: int = 3

    def __post_init__(self) -> None:
        """Refuses patterns that could only fail later."""
        for name, factor in self.spec.factors.items():
            for i, rule in enumerate(factor.rules):
                _check_patterns(rule.when, where=f"coverage.factors.{name}.rules.{i}.when")
            if "language" in factor.origins:
                detector()

    def identity(self) -> object:
        """The factors, and the rules of the built-in cases if one asks for them; targets change no tag, and a
        model is asked later.
        """
        aside = {"factors": {name: {"model"} for name in self.spec.factors}}
        factors = self.spec.model_dump(mode="json", include={"factors"}, exclude=aside, by_alias=True)
        asked = any("case" in factor.origins for factor in self.spec.factors.values())
        return {**factors, "phrases": phrases_digest()} if asked else factors

    def __call__(self, examples: pa.Table) -> Staged:
        """The examples with their tags; what taggers and prototypes found has an event with its evidence. Of
        the other tags, they themselves are the record.
        """
        if not len(examples) or not self.spec.factors:
            return unchanged(examples)
        view = View(examples)
        values: dict[str, pa.Array] = {}
        happened: list[pa.Table] = []
        for name, factor in self.spec.factors.items():
            values[name], found = _value(name, factor, view=view, known=values)
            happened += (tag_events(examples, entry, factor=name) for entry in found)
        for name in self._replaced_and_read():
            values[original(name)] = pc.fill_null(_as_it_came(name, view), "")
        tagged = set_column(examples, "tags", with_values(examples, values))
        return Staged(tagged, pa.concat_tables([no_events(), *happened]))

    def _replaced_and_read(self) -> list[str]:
        """Factors under whose name another factor looks for a tag."""
        factors = self.spec.factors
        read = {
            entry for name, factor in factors.items() for entry in factor.origins if entry != f"tag:{name}"
        }
        return [name for name in factors if f"tag:{name}" in read]


def original(name: str) -> str:
    """Name of the tag that keeps what stood under a factor's name before."""
    return f"{name}.original"


def _value(
    name: str, factor: Factor, *, view: View, known: dict[str, pa.Array]
) -> tuple[pa.Array, list[Found]]:
    """`string[n]`: the factor's value of each example; and what taggers found, where that decided."""

    def tag(of: str) -> pa.Array:
        return known[of] if of in known else view.tag(of)

    chosen = np.full(len(view.examples), -1)  # the rule that decides
    for i, rule in enumerate(factor.rules):
        open_ = chosen < 0
        if not open_.any():
            break
        chosen[open_ & view.holds(rule.when, tags=tag)] = i
    ruled = pa.array([rule.value for rule in factor.rules], pa.string()).take(
        pa.array(chosen, mask=chosen < 0)
    )
    decided = chosen >= 0
    values, findings = [ruled], []
    for origin in (*(factor.origins or (f"tag:{name}",)), *(["prototypes"] if factor.prototypes else [])):
        if decided.all():
            break
        if origin in BUILT_IN:
            found = found_by(origin, factor, seen=view.seen, where=~decided)
            findings.append(found)
            values.append(_listed(found.value, factor))
        else:
            values.append(_listed(_found(origin, name, view=view, where=~decided), factor))
        decided = decided | values[-1].is_valid().to_numpy(zero_copy_only=False)
    return pc.coalesce(*values, pa.scalar(factor.default)), findings


def _found(origin: str, name: str, *, view: View, where: np.ndarray) -> pa.Array:
    kind, _, rest = origin.partition(":")
    match kind:
        case "tag":
            return view.tag(rest) if rest == name else _as_it_came(rest, view)
        case "field":
            return view.field(rest, where=where)
        case "label":
            return _column(view, "output")
        case "turns":
            return _banded(view.user_turns, edges=(2, 4), names=("1", "2-3", "4+"))
        case "length":
            return _banded(view.input_words, edges=(SHORT + 1, MEDIUM + 1), names=("short", "medium", "long"))
        case _:
            return _column(view, origin)


def _as_it_came(name: str, view: View) -> pa.Array:
    """`string[n]`: a tag as it was before a factor of that name replaced it; null where there was none."""
    kept = view.tag(original(name))
    came = pc.if_else(kept.is_valid(), kept, view.tag(name))
    return pc.if_else(pc.equal(came, ""), pa.scalar(None, came.type), came)


def _column(view: View, name: str) -> pa.Array:
    column = view.examples.column(name).combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _banded(numbers: np.ndarray, *, edges: tuple[int, ...], names: tuple[str, ...]) -> pa.Array:
    return pa.array(names).take(pa.array(np.digitize(numbers, edges)))


def _listed(found: pa.Array, factor: Factor) -> pa.Array:
    """Values that the spec does not list become `other`; null stays null."""
    if factor.values is None:
        return found
    known = pc.is_in(found, value_set=pa.array([*factor.values, factor.default], pa.string()))
    return pc.if_else(pc.or_(known, found.is_null()), found, OTHER)


def _check_patterns(when: When, *, where: str) -> None:
    for key in ("input", "last_user", "output", "system"):
        pattern = getattr(when, key)
        if pattern is None:
            continue
        try:
            pc.match_substring_regex(pa.array([""]), pattern, ignore_case=True)
        except pa.ArrowInvalid:
            raise SpecError(
                f"`{where}.{key}`: not an RE2 pattern", fix="RE2 has no look-around and no back references"
            ) from None
