"""IP addresses.

What it finds: IPv4 and IPv6 addresses, private ranges too: they name a machine of somebody.
Example: `203.0.113.42`, `2001:db8:85a3::8a2e:370:7334`.
Known gaps, on purpose: addresses that are the same everywhere (loopback, unspecified, broadcast, netmasks)
stay; four numbers below ten (`1.2.3.4`) are a chapter or a version, as is what follows `v`, `version`,
`Chrome/` and the like.
"""

import ipaddress
from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.context import before
from tuneset.stages.redact.finding import Finding

_IPV4 = later(rb"\d(?<![0-9A-Za-z_.\-]\d)\d{0,2}(?:\.\d{1,3}){3}(?![0-9A-Za-z_]|[.\-]\d)")
_IPV6 = later(
    rb"(?<![0-9A-Za-z_:.])(?=[0-9A-Fa-f:.]{0,39}\d)[0-9A-Fa-f:]{3,39}(?:\.\d{1,3}){0,3}(?![0-9A-Za-z_])"
)
_VERSION = later(
    rb"(?:(?<![a-z])v(?:er(?:sion)?)?|version(?:en)?|release|build|firmware"
    rb"|rev|revision|upgraded? to|section|chapter|\xc2\xa7)"
    rb"[\s:=#.\"'`]*(?:is |number |no\. |to )?$|[a-z]/$|[=~<>]=\s?$"
)


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """IP addresses that begin in the window."""
    end = min(len(text), stop + 4)
    for pattern, sign in ((_IPV4, b"."), (_IPV6, b":")):
        if text.find(sign, start, stop) < 0:
            continue
        for match in pattern.finditer(text, start, end):
            if match.start() >= stop:
                break
            value = match[0].rstrip(b".:") if not match[0].endswith(b"::") else match[0]
            if _names_a_machine(value) and not _VERSION.search(before(text, match.start())):
                yield Finding(match.start(), match.start() + len(value), "ip", _canonical(value))


def _canonical(value: bytes) -> bytes:
    return ipaddress.ip_address(value.decode()).compressed.encode()


def _names_a_machine(value: bytes) -> bool:
    try:
        address = ipaddress.ip_address(value.decode())
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return False
    if address.version == 4:
        octets = address.packed
        return not (octets[0] in (0, 255) or max(octets) < 10)
    return value.count(b":") - value.count(b"::") >= 2  # a::b is a name in code
