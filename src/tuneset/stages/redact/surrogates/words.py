# ruff: noqa: SIM905 - a list of words reads best as text
"""Surrogates made of words: people, user names, mail addresses, streets, places, organisations.

One list serves as first and as last names, so that `Jane`, `Doe`, `Jane Doe`, `DOE, Jane`, `jane_doe77` and
`jane.doe@…` of one conversation agree, wherever a word stands.
"""

import re
from collections.abc import Callable

from tuneset.core.later import later
from tuneset.stages.redact.surrogates.draw import Draw, shaped

NAMES = tuple(
    """
    adair alden alvaro ambrose anders arden arlen arnaud aspen astor auden averill baldric barlow
    barrett beckett bellamy bennet berit blaine blakely bowen bramwell brannon briar brigham
    bronwyn brynner cadell calder callan camden carden carlin carver cassidy cedrin chandler
    colby conley corbin corwin dallin darby darcy davin delaney denholm devlin dillon dorian
    dresden drummond duncan easton edrick ellery elliot ellison embry emerson emery enders ennis
    everett ewing farley farrell fenton finley fletcher flynn forrest gable galen garner garrick
    gentry gilroy graham granger greer griffin hadley haldane halden hanley harlan harlow hartley
    haskell hayden hendrix hollis holden hudson ingram jarvis jensen jessop joslin keaton keegan
    kellan kendall kenley kerrigan kieran kimball kinley kipling kirby landon langley larkin
    larsen latham leland lennox linden lindsay logan lorcan lowell lyndon macken maddox malloy
    marden marlow mavis maxwell mercer meredith merrick merritt milburn monroe mortimer murphy
    nelson nestor nevin noland norris oakley orlan orson paisley palmer parker pascal paxton
    payton perrin presley quentin quincy radley raleigh ramsey randall rawlins redmond regan
    remington ridley ripley robin rockwell roland ronan rowan russell sawyer selby selwyn
    seymour shannon shelby sheldon sheridan shiloh sidney sinclair skyler sloane spencer stanton
    sterling sutton sylvan tanner tatum taggart tamsin teagan tempest tennant thorne tilden
    tobin torrance travis trevor tristan tyrell umber vaughn vernon waldron walker wallis walton
    warner waverly webster weldon weston whitley wilder winslow winston wyatt wylder yardley yates
    """.split()
)
"""Names that people bear as first and as last names, without a sex; five letters and more, so that they do
not stand in other words."""
PLACES = tuple(
    """
    alderbrook ashcombe birchfield bramblewick briarwood cedarholm clearwater copperfield
    cranmoor dunmere eastbourne elmstead fairhaven fernhill glenwood greystone hazelmere
    heatherley highbury ironwood juniper kingsmere lakehurst larchmont linden maplewood
    meadowbrook millbrook northfield oakhurst orchard pinehurst redwood riverton rosewood
    sandhurst silverdale springdale stonebridge sycamore thornbury underwood valleyfield
    waterford westbrook willowmere windermere woodbridge yarrow
    """.split()
)
"""Words of which streets, towns and firms are made."""
_DOMAINS = ("example.org", "example.com", "example.net")
"""Reserved for documentation: nobody can have an address there (RFC 2606)."""
_LETTERS = later(r"[^\W\d_]+")
_PARTICLES = frozenset(
    "van von der den de del della di da dos das du la le bin ibn al el ter ten zu y e i and und".split()
)
_KINDS = later(
    r"(?i:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|plaza|square|sq|terrace|terr"
    r"|crescent|parkway|pkwy|highway|hwy|circle|cir|trail|trl|close|grove|mews|apt|apartment|suite|ste|unit|flat|floor|room"
    r"|box|po|p|o|post|postfach|postale|apartado|bo\u00eete|rue|all\u00e9e|chemin|impasse|quai|cours|route|calle|avenida|avda|paseo"
    r"|carrera|camino|via|viale|piazza|corso|largo|vicolo|rua|travessa|alameda|ul|stra\u00dfe|strasse|str|weg|platz|allee|ring"
    r"|damm|ufer|bis|ter|north|south|east|west|st|nd|rd|th|ltd|gmbh|inc|llc|plc|corp|co|ag|sa|bv|kg|srl)\Z"
)
"""Words of an address, or behind the name of a firm, that say what it is."""
_ENDS = later(
    r"(?i:stra\u00dfe|strasse|str|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein|kade|gracht|dreef|gatan|v\u00e4gen|gade|vej)\Z"
)

Word = Callable[[str], str]
"""A word in small letters → another, the same throughout a conversation."""


def person(written: str, word: Word) -> str:
    """A name of as many words, each in its case; particles stay, initials stay initials."""
    return _LETTERS.sub(lambda match: _like(match[0], _name(match[0], word)), written)


def email(written: str, draw: Draw, word: Word) -> str:
    """The local part as a user name, below a domain that is reserved for documentation."""
    local, _, domain = written.partition("@")
    made = mixed(re.sub(r"[^A-Za-z0-9._%+\-]", "x", local), draw, word)
    host = word(domain.lower())
    other = f"{host}.{_DOMAINS[sum(host.encode()) % len(_DOMAINS)]}"
    return f"{made}@{other.upper() if domain.isupper() else other}"


def address(written: str, draw: Draw, word: Word) -> str:
    """Other numbers and other names of streets and towns; what kind of street it is, and the lines, stay."""
    return _other_digits(_LETTERS.sub(lambda match: _street(match[0], word), written), draw)


def _other_digits(text: str, draw: Draw) -> str:
    return re.sub(r"\d+", lambda match: shaped(match[0], draw), text)


def mixed(written: str, draw: Draw, word: Word) -> str:
    """Words of three letters and more as those of people, other letters and digits drawn."""

    def other(match: re.Match[str]) -> str:
        if len(match[0]) < 3:
            return shaped(match[0], draw)
        return _like(match[0], word(match[0].casefold()))

    return _other_digits(_LETTERS.sub(other, written), draw)


def _name(token: str, word: Word) -> str:
    small = token.casefold()
    if small in _PARTICLES and not token.isupper():
        return small
    return word(small)[0] if len(token) == 1 else word(small)


def _street(token: str, word: Word) -> str:
    if not token[0].isupper() or _KINDS.match(token) or (len(token) == 2 and token.isupper()):
        return token  # the state of a town in America is two capitals
    end = _ENDS.search(token)
    if end and end.start() > 1:
        return _like(token[: end.start()], word(token.casefold())) + token[end.start() :]
    return _like(token, word(token.casefold()))


def _like(token: str, new: str) -> str:
    """In the case of the token."""
    if token.isupper():
        return new.upper()
    return new.capitalize() if token[0].isupper() else new
