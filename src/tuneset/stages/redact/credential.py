"""Secrets: keys, tokens, passwords.

What it finds: keys of some 80 providers by their published prefix and length (`tokens`), JSON web tokens,
private keys in armour, user names with passwords in URLs, bearer tokens, and values after words such as
`password:`, `api_key =`, `?token=`, `AccountKey=`, "my password is".
Example: `ghp_` and 36 letters and digits; `postgres://app:secret@db.example/x`; `password: Tr0ub4dor&3`.
Known gaps: secrets without prefix and keyword; in prose, passwords of letters only; PINs.
"""

import re
from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.finding import Finding
from tuneset.stages.redact.tokens import PREFIXED

_BEARER = later(
    rb"(?<![a-z])(?:bearer|basic)[ ]([A-Za-z0-9._~+/\-]{16,2048}={0,2})(?![A-Za-z0-9])", re.IGNORECASE
)
_URL = later(rb"(?<=[A-Za-z0-9])://([^\s/@\":<>{}$]{0,96}:[^\s/@\"<>{}]{1,160})@(?=[A-Za-z0-9\[])")
_PEM = later(
    rb"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?"
    rb"(?:-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|\Z)"
)
_SECRET_WORD = (
    rb"(?:[a-z0-9_\-]{0,24}(?:pass(?:word|wd|phrase|code|wort)|pwd)|passwort"
    rb"|(?:[a-z0-9]+[_\-]?){0,3}secret(?:[_\- ]?(?:access[_\- ]?)?key)?"
    rb"|(?:[a-z0-9]+[_\-]){0,3}token"
    rb"|(?:[a-z0-9]+[_\- ])?(?:api|(?:shared[_\- ]?)?access|account|private|signing|encryption|auth|shared"
    rb"|app(?:lication)?|licen[cs]e|master|admin)[_\- ]?key|apikey"
    rb"|authorization|pass|contrase\xc3\xb1a|mot de passe|senha|wachtwoord)"
)
_ASSIGNED = later(
    rb"(?<![A-Za-z0-9])(?P<word>" + _SECRET_WORD + rb")"
    rb"(?P<mark>[\"'`*\\]{0,4}\s{0,3}(?::=|=>|={1,3}|:)\s{0,3}[*]{0,2}\s?|(?:\s+(?:is|was|ist|lautet|es|est|[e\xc3\xa9]{1,2}|to)\s*:?\s+))"
    rb"(?P<quote>\\?[\"'`]?)(?P<value>[^\s\"'`<>\\,;|]{4,256})(?P<closed>\\?[\"'`]|\Z)?",
    re.IGNORECASE,
)
_PLACEHOLDERLIKE = later(
    rb"^(?:[\[({<$%]|\*+|x{4,}|\.{3,}|-+$|_+$|#+$|your|my[_-]|some|null|none|true|false|undefined|required|optional|redacted|hidden|masked"
    rb"|os\.|env|process\.|getenv|config|settings|self\.|this\.|string|str$|int$|https?://|bearer$|basic$)",
    re.IGNORECASE,
)
_CODE = later(rb"[()\[\]{}$]|^[A-Za-z_]+(?:\.[A-Za-z_]+)+$")
_PARAMETER_END = later(rb"[&#)\]}*]")
_SHORTEST_PARAMETER = 8
_CHOSEN = later(rb"pass|pwd|senha|contrase|wachtwoord", re.IGNORECASE)
_STRONG = 8
_VARIABLE = later(rb"^[$%]?[\[{(<][^\[\]{}()<>]*[\]})>]$|^[$%]\w+$|\(\)?$|^\{\{")
_HAS_LOWER, _HAS_UPPER = later(rb"[a-z]"), later(rb"[A-Z]")
_HAS_DIGIT = later(rb"\d")
_HAS_LETTER = later(rb"[A-Za-z\x80-\xff]")
_HAS_SIGN = later(rb"[!@#%^&*+=?~_\-]")


def find_tokens(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Keys with a known prefix, and JSON web tokens, that begin in the window."""
    for match in PREFIXED.finditer(text, start):
        if match.start() >= stop:
            break
        yield Finding(match.start(), match.end(), "credential", match[0])
    for match in _BEARER.finditer(text, max(0, start - 8)):
        if match.start(1) >= stop:
            return
        if match.start(1) >= start and _HAS_DIGIT.search(match[1]):
            yield Finding(match.start(1), match.end(1), "credential", match[1])


def find_url_logins(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """The `name:password` of URLs that begin in the window."""
    for match in _URL.finditer(text, start):
        if match.start() >= stop:
            return
        yield Finding(match.start(1), match.end(1), "credential", match[1])


def find_private_keys(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Private keys in armour that begin in the window; without an end mark they reach to the end of the
    text.
    """
    for match in _PEM.finditer(text, start):
        if match.start() >= stop:
            return
        yield Finding(match.start(), match.end(), "credential", b"".join(match[0].split()))


def find_assigned(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Values that follow a word for a secret that begins in the window."""
    at = start
    while (match := _ASSIGNED.search(text, at)) and match.start() < stop:
        at = match.start("value")  # a value may be the next word for a secret
        value = match["value"] if match["quote"] else match["value"].rstrip(b".,;:!?)*")
        in_query = _is_in_query(text, match)
        if in_query:
            value = _PARAMETER_END.split(value, maxsplit=1)[0]
        spoken = match["mark"].strip(b" :").isalpha()
        is_strong = spoken and _CHOSEN.search(match["word"]) is not None and _is_strong(value)
        if not is_strong and (_PLACEHOLDERLIKE.match(value) or _CODE.search(value)):
            continue
        is_password = is_strong or (_is_password(match) and match["closed"] is not None)
        if _is_drawn(value, spoken=spoken) or is_password or (in_query and len(value) >= _SHORTEST_PARAMETER):
            yield Finding(at, at + len(value), "credential", value)


def _is_strong(value: bytes) -> bool:
    """Is it a password as rules for passwords want it, brackets and signs included, and no variable?"""
    kinds = (_HAS_DIGIT, _HAS_LOWER, _HAS_UPPER)
    return len(value) >= _STRONG and all(kind.search(value) for kind in kinds) and not _VARIABLE.search(value)


def _is_in_query(text: bytes, match: re.Match[bytes]) -> bool:
    """Is it a parameter of a URL, as in `?api_key=…`? Then its name is no figure of speech."""
    return match["mark"] == b"=" and text[match.start() - 1 : match.start()] in (b"?", b"&")


def _is_password(match: re.Match[bytes]) -> bool:
    """Is it the quoted value of something called a password? Then any word will do."""
    return bool(match["quote"]) and _CHOSEN.search(match["word"]) is not None


def _is_drawn(value: bytes, *, spoken: bool) -> bool:
    """Does a value look chosen or drawn, not like a word of the sentence or a variable?"""
    if len(value) < 6 or not _HAS_LETTER.search(value):
        return False
    return bool(_HAS_DIGIT.search(value) or (_HAS_SIGN.search(value) and not spoken and not value.islower()))
