"""Surrogates of secrets: what says whose they are stays, the rest is drawn."""

from tuneset.core.later import later
from tuneset.stages.redact.surrogates.draw import Draw, shaped

_HEAD = later(
    r"github_pat_|whsec_|(?:lin_)?api_|hooks\.slack\.com/services/|-----BEGIN|AGE-SECRET-KEY-1|\d{8,10}:AA|ya29\.|SG\."
    r"|[A-Za-z]{2,12}(?:[_-](?:live|test|proj|ant|admin|svcacct|or|v1|v2))*[_-](?=[A-Za-z0-9]{8})|(?:AKIA|ASIA|ABIA|ACCA|AIza|eyJ|SK|dapi|AC)"
)
_ARMOUR = later(r"(-----(?:BEGIN|END) [A-Z0-9 ]{1,48}-----|\\[nr])")


def secret(written: str, draw: Draw) -> str:
    """Another of the same shape, with the same published prefix or armour."""
    pieces = _ARMOUR.split(written)
    if len(pieces) > 1:
        return "".join(piece if _ARMOUR.fullmatch(piece) else shaped(piece, draw) for piece in pieces)
    head = _HEAD.match(written)
    return shaped(written, draw, keep=head.end() if head else 0)
