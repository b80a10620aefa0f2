"""From texts to findings: the kernel's windows, confirmed by the detectors of their families."""

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.spec import CustomPattern
from tuneset.kernels import scan as kernel
from tuneset.stages.redact import card, credential, custom, email, iban, national, network, phone
from tuneset.stages.redact.context import AFTER_BYTES, BEFORE_BYTES, SECRET_BYTES
from tuneset.stages.redact.finding import HARD, SOFT, Detector, Finding, settled

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
)
"""Which detectors look into a window of which family."""

_TYPES = "|".join(name.upper() for name in (*HARD, *SOFT))
_FAMILIES_OF = {
    family: tuple(find for bit, finders in FAMILIES if family & bit for find in finders)
    for family in range(1 << 10)
}
_ANCHOR = re.compile(r"[0-9@:=_\-\\]|[sS][wW]|[kKsSaA]I|yJ")
_SECRET_KEY = re.compile(r"(?:ord|wd|ase|ode|pass|ret|ken|key|uth|wor|ort)$", re.IGNORECASE)


class Detectors:
    """The types of a spec, ready to search. Stateless once made."""

    def __init__(
        self, types: Iterable[str] = (*HARD, *SOFT), *, patterns: Sequence[CustomPattern] = ()
    ) -> None:
        """Raises `SpecError` when a custom pattern is not RE2."""
        self._types = frozenset(types)
        self._custom = tuple(custom.Custom(pattern) for pattern in patterns)
        names = "|".join([_TYPES, *(re.escape(custom.label(pattern.name)) for pattern in patterns)])
        self._placeholder = re.compile(rf"\[({names})_(\d{{1,9}})\]".encode())

    def suspects(self, texts: pa.Array) -> np.ndarray:
        """Places (`int64`, ascending) of the texts (`[n]`) in which something may be found; the others cost
        nothing more.
        """
        owners = [np.unique(kernel.scan(texts).owner)] if self._types else []
        owners += [np.flatnonzero(pattern.screen(texts)) for pattern in self._custom]
        return np.unique(np.concatenate(owners)) if owners else np.empty(0, np.int64)

    def find(self, texts: Sequence[bytes], *, heads: Sequence[int] | None = None) -> list[list[Finding]]:
        """The settled findings of each text, in order of place. Placeholders are never found.

        `heads`: bytes at the beginning of each text that are context only, in which nothing is found.
        """
        found: list[list[Finding]] = [[] for _ in texts]
        windows = kernel.scan(pa.array(texts, pa.large_binary()).view(pa.large_string()))
        for owner, start, stop, family in zip(
            windows.owner.tolist(),
            windows.start.tolist(),
            windows.stop.tolist(),
            windows.family.tolist(),
            strict=True,
        ):
            found[owner].extend(self._confirmed(texts[owner], start, stop, family))
        for pattern in self._custom:
            for place, findings in pattern.find(texts):
                found[place].extend(findings)
        for place, head in enumerate(heads or ()):
            if head and found[place]:
                found[place] = [hit for hit in found[place] if hit.start >= head]
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
        return bool(self._custom or _ANCHOR.search(literal) or _SECRET_KEY.search(keys))

    def may_hold_placeholders(self, texts: pa.Array) -> np.ndarray:
        """`bool[n]`: the texts that end something like a placeholder; nulls do not."""
        hits = pc.match_substring_regex(texts, r"_[0-9]{1,9}\]")
        return pc.fill_null(hits, False).to_numpy(zero_copy_only=False)

    def placeholders(self, text: bytes) -> Iterator[tuple[str, int]]:
        """Label and number of the placeholders that stand in a text: `("EMAIL", 1)`."""
        return ((match[1].decode(), int(match[2])) for match in self._placeholder.finditer(text))

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


def _what_it_finds(docstring: str) -> str:
    described = docstring.split("What it finds:", 1)[1].split("\nExample:", 1)[0]
    return " ".join(described.split())
