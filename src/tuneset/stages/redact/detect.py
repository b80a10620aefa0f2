"""From texts to findings: the kernel's windows, confirmed by the detectors of their families."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.later import later
from tuneset.core.spec import CustomPattern
from tuneset.kernels import cues as words
from tuneset.kernels import scan as kernel
from tuneset.stages.redact import (
    account,
    address,
    birth,
    card,
    credential,
    custom,
    device,
    email,
    iban,
    national,
    ner,
    network,
    person,
    phone,
    wallet,
)  # fmt: skip
from tuneset.stages.redact.context import AFTER_BYTES, BEFORE_BYTES, SECRET_BYTES
from tuneset.stages.redact.finding import ASKED, HARD, SHIFTED, SOFT, Detector, Finding, settled

FAMILIES: tuple[tuple[int, tuple[Detector, ...]], ...] = (
    (kernel.EMAIL, (email.find,)),
    (kernel.URL, (credential.find_url_logins,)),
    (kernel.NUMBER, (card.find, national.find, phone.find)),
    (kernel.TOKEN, (credential.find_tokens,)),
    (kernel.IDENT, (national.find,)),
    (kernel.IBAN, (iban.find,)),
    (kernel.IP, (network.find,)),
    (kernel.KEYWORD, (credential.find_assigned,)),
    (kernel.PEM, (credential.find_private_keys,)),
    (kernel.CHAIN, (wallet.find,)),
)
"""Which detectors look into a window of which family."""

CUED: tuple[tuple[int, tuple[str, ...], Detector], ...] = (
    (words.NAME, ("person", "username"), person.find),
    (words.ADDRESS, ("address",), address.find),
    (words.BIRTH, ("date_of_birth",), birth.find),
    (words.ACCOUNT, ("account",), account.find_accounts),
    (words.BOOKING, ("booking",), account.find_bookings),
    (words.DEVICE, ("device",), device.find_devices),
    (words.PLATE, ("plate",), device.find_plates),
)
"""What a word announces: the family of the cue, the types, and the detector that looks around it."""
KEYED: tuple[tuple[tuple[str, ...], Callable[[bytes, int], Iterator[Finding]]], ...] = (
    (("person", "username"), person.find_keyed),
    (("address",), address.find_keyed),
)
"""What the keys above a JSON string say it is."""

_TYPES = "|".join(name.upper() for name in (*HARD, *SOFT, *ASKED, SHIFTED))
_FAMILIES_OF = {
    family: tuple(find for bit, finders in FAMILIES if family & bit for find in finders)
    for family in range(1 << 11)
}
_ANCHOR = later(r"[0-9@:=_\-\\]|[sS][wW]|[kKsSaA]I|yJ")
_SECRET_KEY = later(r"(?:ord|wd|ase|ode|pass|ret|ken|key|uth|wor|ort)$", re.IGNORECASE)
_PERSONAL_KEY = later(
    r"name|nom|first|last|full|login|handle|cardholder|apellido|signed|addr|street|line|city|town|zip|post|stra|direcci|indirizzo"
    r"|endere|anschrift",
    re.IGNORECASE,
)
_LETTERS = later(r"[^\W\d_]+")


class Detectors:
    """The types of a spec, ready to search. Stateless once made."""

    def __init__(
        self,
        types: Iterable[str] = (*HARD, *SOFT),
        *,
        patterns: Sequence[CustomPattern] = (),
        allow: Iterable[str] = (),
        model: bool = False,
    ) -> None:
        """`allow`: what stays whatever it looks like; `model`: look for names with the model of the ner
        extra.

        Raises:
            SpecError: a custom pattern is not RE2.
            MissingExtra: the model is not installed.
        """
        self._types = frozenset(types)
        self._allowed = frozenset(term.casefold() for term in allow)
        self._cued = [(family, find) for family, kinds, find in CUED if not self._types.isdisjoint(kinds)]
        self._names = ner.Names() if model and not self._types.isdisjoint(ner.TYPES) else None
        self._keyed = [find for kinds, find in KEYED if not self._types.isdisjoint(kinds)]
        self._families = sum(family for family, _ in self._cued)
        self._custom = tuple(custom.Custom(pattern) for pattern in patterns)
        names = "|".join([_TYPES, *(re.escape(custom.label(pattern.name)) for pattern in patterns)])
        self._placeholder = later(rf"\[({names})_(\d{{1,9}})\]".encode())

    def suspects(self, texts: pa.Array) -> np.ndarray:
        """Places (`int64`, ascending) of the texts (`[n]`) in which something may be found; the others cost
        nothing more.
        """
        owners = [np.unique(kernel.scan(texts).owner)] if self._types else []
        owners += [np.unique(words.cues(texts, self._families).owner)] if self._families else []
        owners += [ner.may_hold_names(texts)] if self._names else []
        owners += [np.flatnonzero(pattern.screen(texts)) for pattern in self._custom]
        return np.unique(np.concatenate(owners)) if owners else np.empty(0, np.int64)

    def find(self, texts: Sequence[bytes], *, heads: Sequence[int] | None = None) -> list[list[Finding]]:
        """The settled findings of each text, in order of place. Placeholders are never found.

        `heads`: bytes at the beginning of each text that are context only, in which nothing is found.
        """
        found: list[list[Finding]] = [[] for _ in texts]
        column = pa.array(texts, pa.large_binary()).view(pa.large_string())
        for owner, start, stop, family in kernel.scan(column).rows():
            found[owner].extend(self._confirmed(texts[owner], start, stop, family))
        for owner, start, stop, family in words.cues(column, self._families).rows() if self._cued else ():
            found[owner].extend(self._announced(texts[owner], start, stop, family))
        for place, head in enumerate(heads or ()):
            if head:
                for find in self._keyed:
                    found[place].extend(hit for hit in find(texts[place], head) if hit.type in self._types)
        for place, hits in enumerate(self._names.find(texts)) if self._names else ():
            found[place].extend(hit for hit in hits if hit.type in self._types)
        for pattern in self._custom:
            for place, findings in pattern.find(texts):
                found[place].extend(findings)
        for place, head in enumerate(heads or ()):
            if head and found[place]:
                found[place] = [hit for hit in found[place] if hit.start >= head]
        found = [self._not_allowed(text, hits) for text, hits in zip(texts, found, strict=True)]
        return [self.settled(text, hits) if hits else hits for text, hits in zip(texts, found, strict=True)]

    def settled(self, text: bytes, hits: list[Finding]) -> list[Finding]:
        """The findings of one text without overlaps and without those that touch a placeholder."""
        return settled(self._without_placeholders(text, hits)) if hits else hits

    def find_everywhere(self, text: bytes) -> list[Finding]:
        """What `find` gives if the whole text is one window of every family: the slow twin, for tests."""
        hits = [
            hit
            for _, finders in FAMILIES
            for find in finders
            for hit in find(text, 0, len(text))
            if hit.type in self._types
        ]
        return settled(self._without_placeholders(text, hits))

    def may_find(self, keys: str, literal: str) -> bool:
        """Could anything be found in a JSON literal under these keys? As the kernel sees it."""
        if self._custom or _ANCHOR.search(literal) or _SECRET_KEY.search(keys):
            return True
        if self._names and ner.may_hold_name(literal.strip('"')):
            return True
        return bool(self._cued) and (_PERSONAL_KEY.search(keys) is not None or _holds_cue(literal))

    def may_hold_placeholders(self, texts: pa.Array) -> np.ndarray:
        """`bool[n]`: the texts that end something like a placeholder; nulls do not."""
        hits = pc.match_substring_regex(texts, r"_[0-9]{1,9}\]")
        return pc.fill_null(hits, False).to_numpy(zero_copy_only=False)

    def placeholders(self, text: bytes) -> Iterator[tuple[str, int]]:
        """Label and number of the placeholders that stand in a text: `("EMAIL", 1)`."""
        return ((match[1].decode(), int(match[2])) for match in self._placeholder.finditer(text))

    def _not_allowed(self, text: bytes, hits: list[Finding]) -> list[Finding]:
        if not hits or not self._allowed:
            return hits
        return [hit for hit in hits if text[hit.start : hit.stop].decode().casefold() not in self._allowed]

    def _announced(self, text: bytes, start: int, stop: int, family: int) -> Iterator[Finding]:
        for bit, find in self._cued:
            if family & bit:
                yield from (hit for hit in find(text, start, stop) if hit.type in self._types)

    def _confirmed(self, text: bytes, start: int, stop: int, family: int) -> Iterator[Finding]:
        low = max(0, start - BEFORE_BYTES)
        nearby = text[low : stop + (SECRET_BYTES if family & kernel.KEYWORD else AFTER_BYTES)]
        for find in _FAMILIES_OF[family]:
            for hit in find(nearby, start - low, stop - low):
                if hit.type in self._types:
                    yield Finding(hit.start + low, hit.stop + low, hit.type, hit.value)

    def _without_placeholders(self, text: bytes, hits: list[Finding]) -> list[Finding]:
        taken = [match.span() for match in self._placeholder.finditer(text)] if b"_" in text else []
        if not taken:
            return hits
        return [
            hit for hit in hits if not any(hit.start < stop and start < hit.stop for start, stop in taken)
        ]


def describe_types() -> list[dict[str, str]]:
    """The built-in types: name, class (`hard` or `soft`), what is found, an invented example."""
    about = {
        "credential": (credential, "password: Tr0ub4dor&3"),
        "card": (card, "4539 1488 0343 6467"),
        "government_id": (national, "536-90-4399"),
        "iban": (iban, "DE75 5121 0800 1245 1261 99"),
        "email": (email, "jo.doe@mail.example.org"),
        "phone": (phone, "+49 151 2345 6789"),
        "ip": (network, "203.0.113.42"),
        "person": (person, "my name is Jane Doe"),
        "username": (person, "username: jane_doe77"),
        "address": (address, "710 Sunset Drive, Phoenix, AZ 85034"),
        "date_of_birth": (birth, "born on 12 May 1984"),
        "account": (account, "account number 00123-4567"),
        "booking": (account, "booking reference X4T9QZ"),
        "device": (device, "00:1A:2B:3C:4D:5E"),
        "wallet": (wallet, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
        "plate": (device, "number plate B-MW 1234"),
        "place": (ner, "a parcel to Springfield"),
        "organisation": (ner, "an offer of Smith & Sons Ltd"),
    }
    return [
        {
            "type": name,
            "class": "hard" if name in HARD else "soft",
            "finds": _what_it_finds(module.__doc__ or ""),
            "example": example,
        }
        for name, (module, example) in about.items()
    ]


def _holds_cue(literal: str) -> bool:
    return any(word.encode()[:8] in words.BEGINNINGS for word in _LETTERS.findall(literal.lower()))


def _what_it_finds(docstring: str) -> str:
    described = docstring.split("What it finds:", 1)[1].split("\nExample:", 1)[0]
    return " ".join(described.split())
