"""Which surrogate a value of an example gets, so that none is a value of that example or another's
surrogate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tuneset.core.later import later
from tuneset.core.spec import RedactSpec
from tuneset.stages.redact import dates
from tuneset.stages.redact.finding import SHIFTED
from tuneset.stages.redact.surrogates import numbers, words
from tuneset.stages.redact.surrogates.draw import Draw, placed, shaped
from tuneset.stages.redact.surrogates.phone import phone
from tuneset.stages.redact.surrogates.secret import secret

_ATTEMPTS = 24
_WEEKS = (4, 100)
"""The least and the most whole weeks by which dates move back; weekdays stay right."""
_NUMBERS = {
    "card": numbers.card,
    "iban": numbers.iban,
    "government_id": numbers.government_id,
    "wallet": numbers.wallet,
    "device": numbers.device,
}
_CASED = frozenset({"wallet"})
"""Types in whose values capitals and small letters differ."""
_SIGNS = later(r"[\W_]+")


@dataclass(frozen=True)
class Kinds:
    """Which types get realistic surrogates; the others get placeholders."""

    default: bool
    by_type: Mapping[str, bool] = field(default_factory=dict[str, bool])

    @staticmethod
    def of(spec: RedactSpec) -> "Kinds":
        """As the spec says."""
        if isinstance(spec.surrogates, str):
            return Kinds(spec.surrogates == "realistic")
        by_type = {kind: choice == "realistic" for kind, choice in spec.surrogates.items()}
        return Kinds(by_type.pop("default", False), by_type)

    def is_realistic(self, kind: str) -> bool:
        """Does this type get a realistic surrogate? Shifted dates are always one."""
        return kind == SHIFTED or self.by_type.get(kind, self.default)

    @property
    def any(self) -> bool:
        """Does any type?"""
        return self.default or any(self.by_type.values())


def days_of(key: bytes, scope: bytes) -> int:
    """By how many days the dates of a conversation (or user) move: whole weeks into the past."""
    least, most = _WEEKS
    return -7 * (least + Draw(key, b"dates", scope).below(most - least + 1))


class Invented:
    """The surrogates of one example, one after the other."""

    def __init__(self, key: bytes, scope: bytes, *, texts: str, days: int) -> None:
        """`scope`: what shares its surrogates; `texts`: all that the example says and said, in small letters:
        no surrogate may stand in it; `days`: by how much dates move.
        """
        self._key, self._scope, self._texts, self._days = key, scope, texts, days
        self._owner: dict[str, str] = {}
        self._words: dict[tuple[str, ...], dict[str, str]] = {words.NAMES: {}, words.PLACES: {}}

    def forms(self, kind: str, value: bytes, written: Sequence[str]) -> list[str] | None:
        """A surrogate for each form in which a value was written; None if none could be found that is
        free.
        """
        if kind == SHIFTED:
            return [self._shifted(form) for form in written]
        owner = _plain(value.decode())
        for attempt in range(_ATTEMPTS):
            made = self._made(kind, value, list(written), attempt)
            if made and self._are_free(made, written, owner):
                self._owner.update((_plain(form), owner) for form in made)
                return made
        return None

    def name(self, small: str) -> str:
        """The name that stands for a word of a name, throughout the example."""
        return self._word(small, words.NAMES)

    def place(self, small: str) -> str:
        """The name that stands for a word of an address, or of a firm."""
        return self._word(small, words.PLACES)

    def _word(self, small: str, among: tuple[str, ...]) -> str:
        known = self._words[among]
        for attempt in range(_ATTEMPTS):
            if small in known:
                break
            draw = Draw(self._key, self._scope, b"word", small.encode(), bytes([attempt]))
            made = draw.one_of(among)
            if attempt == _ATTEMPTS - 1 or (made not in self._texts and made not in known.values()):
                known[small] = made
        return known[small]

    def _are_free(self, made: Sequence[str], written: Sequence[str], owner: str) -> bool:
        plain = [_plain(form) for form in made]
        if any(form == _plain(old) for form, old in zip(plain, written, strict=True)):
            return False
        if any(form.lower() in self._texts for form in made):
            return False
        return all(self._owner.get(form, owner) == owner for form in plain)

    def _made(self, kind: str, value: bytes, written: list[str], attempt: int) -> list[str] | None:
        def draw() -> Draw:
            return Draw(self._key, self._scope, kind.encode(), value, bytes([attempt]))

        said = value.decode()
        if kind in _NUMBERS:
            return _in_forms(_NUMBERS[kind](said, draw()), written, draw, cased=kind in _CASED)
        match kind:
            case "phone":
                return phone(value, written, draw())
            case "ip":
                return [numbers.ip(said, draw())] * len(written)
            case "person":
                return [words.person(form, self.name) for form in written]
            case "email":
                return [words.email(form, draw(), self.name) for form in written]
            case "username":
                return [words.mixed(form, draw(), self.name) for form in written]
            case "address" | "place" | "organisation":
                return [words.address(form, draw(), self.place) for form in written]
            case "date_of_birth":
                days = [self._another_day(form, attempt) for form in written]
                return None if None in days else [day for day in days if day]
            case "credential":
                return [secret(form, draw()) for form in written]
            case _:
                if not any(sign.isdigit() for sign in said):
                    return [words.mixed(form, draw(), self.place) for form in written]
                return _in_forms(shaped(said, draw()), written, draw, cased=False)

    def _shifted(self, form: str) -> str:
        order = dates.order_in([form])
        (found,) = dates.find(form, order="day_first" if order == "unknown" else order)
        return dates.moved(found, self._days)

    def _another_day(self, form: str, attempt: int) -> str | None:
        """Another date in that form, one to nine years away; None if it is none that can be written."""
        found = next(dates.find(form, order="day_first"), None)
        found = found or next(dates.find(form, order="month_first"), None)
        if found is None or found.stop - found.start < len(form):
            return None
        draw = Draw(self._key, self._scope, b"birth", found.day.isoformat().encode(), bytes([attempt]))
        return dates.moved(found, (366 + draw.below(3000)) * draw.one_of((-1, 1)))


def _in_forms(
    made: str | None, written: Sequence[str], draw: Callable[[], Draw], *, cased: bool
) -> list[str] | None:
    """The new value in the grouping and case of each form; a form that groups another number of signs gets
    signs of its own.
    """
    if made is None:
        return None
    if cased:
        return [made for _ in written]
    signs = "".join(filter(str.isalnum, made))
    return [placed(signs, form) or shaped(form, draw()) for form in written]


def _plain(form: str) -> str:
    return _SIGNS.sub("", form).lower()
