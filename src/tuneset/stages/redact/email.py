"""E-mail addresses.

What it finds: local part and domain with a top-level name, also with accents, Greek or Cyrillic letters and
`xn--`.
Example: `jo.doe+shop@mail.example.org`.
Known gaps: quoted local parts, `name (at) host dot org`, hosts without a dot, Chinese, Japanese and Korean
local parts.
"""

import re
from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.finding import Finding

_WIDE = rb"[\xc3-\xdf][\x80-\xbf]"
"""Two-byte UTF-8: scripts that write with spaces, so that a word ends where the address does."""
_LABEL = rb"(?:[A-Za-z0-9]|" + _WIDE + rb")(?:[A-Za-z0-9-]|" + _WIDE + rb"){0,62}"
_EMAIL = later(
    rb"(?<![A-Za-z0-9._%+&\-])(?<![\xc3-\xdf])"
    rb"((?:[A-Za-z0-9_]|" + _WIDE + rb")(?:[A-Za-z0-9._%+'&\-]|" + _WIDE + rb"){0,63})"
    rb"@((?:"
    + _LABEL
    + rb"\.){1,8}(?:xn--[A-Za-z0-9-]{2,59}|[A-Za-z]{2,24}|(?:"
    + _WIDE
    + rb"){2,12}))(?![A-Za-z0-9_])"
)
_NOT_ADDRESSES = later(
    rb"^(?:git@(?:github|gitlab|bitbucket|ssh)\b.*|.*@\dx\.(?:png|jpe?g|gif|webp|svg))$", re.IGNORECASE
)
_USERINFO = later(rb"://[^\s/@\"]*:[^\s/@\"]*$")


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """E-mail addresses that begin in the window."""
    at = start
    while text.find(b"@", at) >= 0 and (match := _EMAIL.search(text, at)) and match.start() < stop:
        begin, at = match.start(), match.end()
        if text[begin - 1 : begin] == b"\\" and text[begin : begin + 1] in b"nrt" and len(match[1]) > 1:
            begin += 1  # the n of a written-out \n is not part of the address
        value = text[begin : match.end()].lower()
        if _NOT_ADDRESSES.match(value) or _USERINFO.search(text, max(0, begin - 64), begin + len(match[1])):
            continue
        yield Finding(begin, match.end(), "email", value)
