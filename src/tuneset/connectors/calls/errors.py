"""Errors of providers: the code is named, the message never."""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from tuneset.core.errors import Rejected

Object = Mapping[str, object]

_WORDS = frozenset(
    re.findall(
        r"[a-z]+",
        """
        aborted access account active ai already api argument arguments auth authentication
        authorization aws bad batch billing blocked blocklist cancel canceled cancellation cancelled
        client connection content context data deadline denied deployment disabled download error
        exceeded exception exhausted exists expired failed failure file filter filtered flagged
        forbidden format found function gateway guardrail hard http id image in inaccessible input
        insufficient internal invalid is jailbreak json key large length limit limits long loop
        malformed management max maximum media message method missing model moderation module name
        no not obsolete of operation or organization other out output over overloaded param
        parameter parse permission policy precondition processing prohibited project prompt provider
        quota rate reached ready recitation refused region request requests required resource
        response responsible retired rpm safety schema server service size spii state status stopped
        stream string support supported the throttled throttling timed timeout token tokens too tool
        tools tpm type unable unauthenticated unauthorized unavailable unimplemented unknown
        unprocessable unsupported upload upstream url usage user validation value vector violation
        window wrong
        """,
    )
)
"""Words of which providers make their codes. A code of other words could be anything, even a name."""
_CODE = re.compile(r"[A-Za-z0-9_-]{2,64}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def refuse_error(body: object, *, status: object = None) -> None:
    """Raises:
    Rejected: `provider-error` with the provider's code, if the body is an error or the HTTP status says so.
    """
    found = cast("Object", body) if type(body) is dict else {}
    error = found.get("error")
    if error or found.get("type") == "error" or _http(status):
        raise provider_error(error, found, status)


def provider_error(*candidates: object) -> Rejected:
    """The outcome of a call that failed, with the first of these that is, or holds, a provider's code."""
    for candidate in candidates:
        for value in _codes(candidate):
            code = _http(value) if type(value) is int else _known(value)
            if code is not None:
                return Rejected("provider-error", code)
    return Rejected("provider-error", "other")


def _codes(candidate: object) -> Iterator[object]:
    """What may be a code, the most particular first."""
    if type(candidate) is not dict:
        yield candidate
        return
    body = cast("Object", candidate)
    for name in ("code", "type", "status", "__type"):
        yield body.get(name)
    if type(body.get("error")) is dict:  # Anthropic wraps its errors
        yield from _codes(body["error"])


def _known(value: object) -> str | None:
    if type(value) is not str or not _CODE.fullmatch(value) or value.lower() == "error":
        return None
    if value.isdecimal():
        return _http(int(value))
    words = _WORD.findall(value)
    return value if all(word.lower() in _WORDS or word.isdecimal() for word in words) else None


def _http(status: object) -> str | None:
    if type(status) is str and status.isdecimal() and len(status) == 3:
        status = int(status)
    return f"http-{status}" if type(status) is int and 400 <= status <= 599 else None
