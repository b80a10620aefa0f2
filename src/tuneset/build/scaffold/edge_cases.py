"""What the built-in taggers see in a sample: a factor of edge cases, of languages, of style."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tuneset.build.scaffold.idea import FactorIdea
from tuneset.build.scaffold.look import Seen as SeenSource
from tuneset.core.errors import MissingExtra
from tuneset.stages.cases import Seen, case_of, language_of, style_of

SHARE = 0.02
"""Share of a second language, or of running text, from which it is a dimension of its own."""
CASES_NAMED = 4


def case_factor(sources: Sequence[SeenSource]) -> Iterator[FactorIdea]:
    """Edge cases: always worth a factor, because a set without them teaches none."""
    found: Counter[str] = Counter()
    for source in sources:
        found.update(case_of(Seen(source.examples)).value().drop_null().to_pylist())
    read = sum(len(source.examples) for source in sources)
    named = ", ".join(f"{count:,} {value}" for value, count in found.most_common(CASES_NAMED))
    why = f"of {read:,} read: {named}" if found else f"all {read:,} read look typical"
    yield FactorIdea("case", "case", why, "typical")


def language_factor(sources: Sequence[SeenSource]) -> Iterator[FactorIdea]:
    """Languages, if there are several, and their detector is installed."""
    found: Counter[str] = Counter()
    try:
        for source in sources:
            found.update(language_of(Seen(source.examples)).drop_null().to_pylist())
    except MissingExtra:
        return
    several = [(name, count) for name, count in found.most_common() if count >= SHARE * found.total()]
    if len(several) > 1:
        shares = ", ".join(f"{name} {count / found.total():.0%}" for name, count in several)
        yield FactorIdea("language", "language", shares)


def style_factor(sources: Sequence[SeenSource]) -> Iterator[FactorIdea]:
    """Style, if some examples are running text rather than answers."""
    found: Counter[str] = Counter()
    for source in sources:
        found.update(style_of(Seen(source.examples)).value().to_pylist())
    if found["narrative"] and found["narrative"] >= SHARE * found.total():
        share = found["narrative"] / found.total()
        why = f"{share:.0%} are running text, better rewritten as questions and answers"
        yield FactorIdea("style", "style", why)
