# ruff: noqa: E501 - a pattern is read whole
"""Devices and number plates.

What it finds: MAC addresses wherever they stand; IMEIs that pass the Luhn check, UUIDs and serial numbers after a
word for them; number plates after a word for them in seven languages.
Example: `00:1A:2B:3C:4D:5E`; `IMEI 490154203237518`; `number plate B-MW 1234`.
Known gaps: UUIDs and plates that no word announces.
"""

import re
from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.card import luhn
from tuneset.stages.redact.context import Around
from tuneset.stages.redact.finding import Finding

_MAC = later(
    r"(?<![0-9A-Za-z:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![0-9A-Za-z:-])"
)
_IMEI = later(
    r"(?i:imei(?:sv)?|meid)\b[^0-9A-Za-z]{0,6}(?:(?:number|no|is|code)\W{1,3}){0,2}(?P<value>\d[\d -]{13,18}\d)(?!\w)"
)
_DEVICE = later(
    r"(?i:(?:device|hardware|advertising|android|machine|handset|ger\u00e4te)[ _-]?(?:id|identifier|uuid|kennung|nummer|serial)|udid|idfa|idfv"
    r"|gaid|aaid|serial[ _-]?(?:number|no|nr|num)|seriennummer)\b[\"'*]*\s?(?:is|ist|:|=|#)?\s?[\"'*#]*"
    r"(?P<value>(?=[0-9A-Za-z-]*\d[0-9A-Za-z-]*\d[0-9A-Za-z-]*\d)[0-9A-Za-z](?:[0-9A-Za-z-]){6,40})(?!\w)"
)
_PLATE = later(
    r"(?i:(?:licen[cs]e|number|registration|reg|vehicle|car)[ _-]?plates?(?:[ _-]?(?:number|no))?|registration[ _-]?(?:number|no|mark)?|plates?"
    r"|(?:kfz-?)?kennzeichen|nummernschild|immatriculation|plaque|matr\u00edcula|targa|kenteken|placa|vrn)"
    r"[\"'*]*\s?(?i:is|ist|est|es|\u00e9|:|=|#|lautet)?\s?[\"'*#]*"
    r"(?P<value>(?=[A-Z\u00c4\u00d6\u00dc0-9 \u00b7-]*[A-Z])(?=[A-Z\u00c4\u00d6\u00dc \u00b7-]*\d)[A-Z\u00c4\u00d6\u00dc0-9]{1,4}(?:[ \u00b7-]?[A-Z0-9]{1,4}){1,3})(?!\w)"
)
_SHORTEST_PLATE, _LONGEST_PLATE = 4, 9


def find_devices(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Device ids beside the cue."""
    around = Around.of(text, start, stop, ahead=32)
    for match in _MAC.finditer(around.text):
        value = re.sub("[:-]", "", match[0]).lower()
        if value.strip("0") and value.strip("f"):
            yield around.finding(*match.span(), "device", value)
    for match in _IMEI.finditer(around.text):
        value = re.sub(r"\D", "", match["value"])
        if len(value) in (14, 16) or (len(value) == 15 and luhn(value.encode())):
            yield around.finding(*match.span("value"), "device", value)
    for match in _DEVICE.finditer(around.text):
        yield around.finding(*match.span("value"), "device", match["value"].lower())


def find_plates(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Number plates behind the cue."""
    around = Around.of(text, start, stop, ahead=32)
    for match in _PLATE.finditer(around.text):
        value = re.sub(r"[ \u00b7-]", "", match["value"])
        if _SHORTEST_PLATE <= len(value) <= _LONGEST_PLATE:
            yield around.finding(*match.span("value"), "plate", value)
