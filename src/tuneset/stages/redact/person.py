# ruff: noqa: E501 - a pattern is read whole, a list of words as text
r"""People's names that the log itself gives away.

What it finds: names after "my name is", "this is … speaking", greetings, titles, thanks and signatures, in English,
German, French, Spanish, Italian, Dutch and Portuguese; under keys such as `first_name`, or `name` of a customer; user
names under their keys. What was found once is taken out of the whole conversation, its first and last name alone too.
Example: `Best regards,\nJane Doe`.
Known gaps: names in running text that nothing announces; the `ner` extra looks for those.
"""

import re
from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact import folded
from tuneset.stages.redact.context import Around
from tuneset.stages.redact.finding import Finding
from tuneset.stages.redact.names import COMMON, NOT_NAMES, PARTICLES

_TOKEN = later(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_TITLES = (
    r"(?:Mrs?|Ms|Miss|Mx|Dr|Prof(?:essor)?|Herrn?|Frau|Monsieur|Madame|Mademoiselle|Mme|Mlle|Se\u00f1or(?:a|ita)?|Sra?|Signor[ae]?|Senhora?"
    r"|Meneer|Mevrouw|Pan[i]?)\.?"
)
_NAME_IS = later(
    r"(?i:(?<![^\W_])(?:my|his|her|the|full|first|last|whose|their|customer|mein|meine|dein|mi|su|mon|son|il mio|mijn|meu)"
    r" (?:(?:full|first|last|middle|legal|maiden|given|family|user|sur|vor|nach)[ -]?)?(?:names?|nombre|nom|pr\u00e9nom|naam|nome)"
    r"(?: (?:on|for|under) (?:[\w']+ ){1,4}?)?\s?(?:is|was|ist|est|es|\u00e9|'s|\u2019s|:|=)|(?:ich|wir) hei(?:\u00df|ss)en?|je m['\u2019]appelle"
    r"|me llamo|mi chiamo|(?:eu )?me chamo|chamo[- ]me|ik heet|nazywam si\u0119|goes by|(?:she|he|who)(?: is|'s) called|(?:man|woman|person|friend|colleague|boy|girl|son|daughter|brother|sister|husband|wife|doctor|customer|employee|agent|representative)s? (?:named|called))"
    r"\s*[:,]?\s*[\"'*]*(?:(?:the |a )?" + _TITLES + r" )?"
)
_THIS_IS = later(
    r"(?i:(?<!\w)(?:this is|it's|it is|you(?:'re| are) speaking (?:with|to)|hier (?:ist|spricht)|c'est|soy|sono|je suis|ich bin))"
    r" (?:" + _TITLES + r" )?"
)
_SPEAKS = later(
    r",? (?:speaking|calling|here\b|writing|from (?:the )?[A-Z]|with [A-Z]|again|am Apparat|\u00e0 l'appareil|al habla)"
)
_I_AM = later(r"(?i:(?<!\w)(?:I['\u2019]m|I am|speaking with|speak(?:ing)? to))" + r" (?:" + _TITLES + r" )?")
_GREETING = later(
    r"(?:^|[\n.!?\"(>] *|: )(?i:hi|hello|hey|dear|hallo|liebe[rs]?|sehr geehrte[rs]?|guten (?:tag|morgen|abend)|bonjour|bonsoir|cher|ch\u00e8re|hola"
    r"|estimad[oa]|querid[oa]|ol\u00e1|car[oa]|prezad[oa]|ciao|gentile|egregio|beste|geachte|good (?:morning|afternoon|evening)|cze\u015b\u0107)"
    r"(?: (?:there|again)),? |(?:^|[\n.!?\"(>] *|: )(?i:hi|hello|hey|dear|hallo|liebe[rs]?|sehr geehrte[rs]?|guten (?:tag|morgen|abend)|bonjour|bonsoir"
    r"|cher|ch\u00e8re|hola|estimad[oa]|querid[oa]|ol\u00e1|car[oa]|prezad[oa]|ciao|gentile|egregio|beste|geachte|good (?:morning|afternoon|evening)"
    r"|cze\u015b\u0107),? (?:" + _TITLES + r" )?"
)
_TITLED = later(rf"(?<!\w){_TITLES} ")
_THANKS = later(
    r"(?i:(?<!\w)(?:thanks|thank you|sorry|welcome|you're welcome|bye|goodbye|danke|vielen dank|merci|gracias|grazie|obrigad[oa]|bedankt|pleasure)"
    r"(?: so much| very much| again| back| for [\w ]{3,40}?)?),? (?:" + _TITLES + r" )?"
)
_SIGNED = later(
    r"(?i:(?:^|\n|[.!?] )[ \t>*]*(?:(?:with )?(?:kind(?:est)?|best|warm(?:est)?|many)? ?(?:regards|wishes|thanks|greetings)|sincerely(?: yours)?|yours (?:truly|sincerely|faithfully)"
    r"|best|cheers|thank you(?: so much| very much| in advance)?|thanks(?: again| in advance| so much)?|respectfully|love|take care"
    r"|(?:mit )?(?:freundlichen|besten|lieben|viele|liebe|beste|herzliche[n]?) gr\u00fc(?:\u00df|ss)en?|mfg|gru\u00df|(?:bien )?cordialement|bien \u00e0 vous|un saludo"
    r"|(?:saludos|atentamente)(?: cordiales)?|cordiali saluti|distinti saluti|(?:met )?vriendelijke groete?n?|groetjes?|atenciosamente|obrigad[oa]))"
    r"[ ,.!\u2013-]{0,4}(?:\r?\n[ \t>*-]*){1,3}(?:" + _TITLES + r" )?"
)
_WHOSE = (
    r"(?:customer|client|user|passenger|guest|patient|employee|contact|recipient|sender|holder|cardholder|account_?holder|travell?er|member|applicant"
    r"|owner|beneficiary|tenant|buyer|attendee|person|profile|author|kunde|caller|agent|signer|subscriber|student|driver|insured|payer|payee|assignee"
    r"|reporter|requester|borrower|lead)s?"
)
_FIELD = (
    r"(?:(?:first|last|full|given|family|middle|maiden|nick|display|legal|preferred|billing|shipping|real|"
    + _WHOSE
    + r")[ _-]?names?"
    r"|name[ _-]?on[ _-]?(?:card|account)|vorname|nachname|familienname|kundenname|pr\u00e9nom|prenom|apellidos?|cognome|voornaam|achternaam"
    r"|sobrenome|surname|forename|lastname|firstname|fullname|cardholder|signed(?: by)?)"
)
_KEY = later(
    rf"(?:(?:^|[ .]){_FIELD}|(?:^|[ .])(?:\w*_)?{_WHOSE}(?: \w+)? (?:name|first|last|full)): \"$",
    re.IGNORECASE,
)
_LINE = later(
    rf"(?i:(?:(?:^|[\n,;({{|>]|[-*\u2022] )[ \t\"'*]*{_FIELD}[\"'*]*[ \t]?[:=][ \t]*[\"'*]*|(?:^|\n)[ \t*\u2022-]*name[*]*[ \t]?[:=][ \t]*[*]*)(?:{_TITLES} )?)"
)
_USERNAME_KEY = later(
    r"(?:^|[ ._])(?:user_?name|login(?:_?name)?|screen_?name|handle|user_?handle): \"$", re.IGNORECASE
)
_USERNAME = later(
    r"(?i:(?<!\w)user ?name)[\"'*]*(?: is|:|=)[\"'* ]*(?P<value>[A-Za-z][\w.-]{2,30}\w)(?![\w@])"
)
_HANDLE = later(r"(?=[\w.-]*[A-Za-z]{2})[\w][\w.-]{2,39}")
_END = later(r"\s*(?:[,.!?:;)\"*\u2014\u2013]|\n|\\n|$| -|\u2026)")
_LINE_END = later(r"[ \t,.*|]*(?:\n|\\n|$|[,;|)}\"])")
_CLAUSE_END = later(
    r"\s*(?:[,.!?;:)\"\u2014\n]|$|\\n| (?:and|und|et|y|from|with|calling|writing|here|at|but|who|aus)\b)"
)
_LONGEST = 5
_TWO = 2
_NAME_SAID = (
    "nam",
    "naam",
    "nom",
    "hei",
    "appelle",
    "llam",
    "chiam",
    "cham",
    "heet",
    "nazyw",
    "goes",
    "called",
)
_THIS_SAID = ("this is", "it's", "it is", "speaking", "hier ", "c'est", "soy", "sono", "je suis", "ich bin")
_SPEAKING = ("speaking", "calling", "here", "writing", "from", "with", "again", "appar", "habla")
_GREETED = ("hi ", "hi,", "hello", "hey", "dear", "hallo", "liebe", "geehrte", "guten", "bonjour", "bonsoir", "cher",
            "ch\u00e8re", "hola", "estimad", "querid", "ol\u00e1", "caro", "cara", "prezad", "ciao", "gentile", "egregio",
            "beste", "geachte", "good ", "cze\u015b\u0107")  # fmt: skip
_CALLED = ("Mr", "Ms", "Miss", "Mx", "Dr", "Prof", "Herr", "Frau", "Monsieur", "Madame", "Mademoiselle", "Mme", "Mlle",
           "Se\u00f1or", "Sr", "Signor", "Senhor", "Meneer", "Mevrouw", "Pan")  # fmt: skip
_THANKED = ("thank", "sorry", "welcome", "bye", "dank", "merci", "gracias", "grazie", "obrigad", "pleasure")
_PATTERNS: tuple[tuple[re.Pattern[str], re.Pattern[str] | None, int, tuple[tuple[str, ...], ...]], ...] = (
    (_NAME_IS, None, 1, (_NAME_SAID,)),
    (_THIS_IS, _SPEAKS, 1, (_THIS_SAID, _SPEAKING)),
    (_I_AM, _CLAUSE_END, _TWO, (("i'm", "i\u2019m", "i am", "speak"),)),
    (_GREETING, _END, 1, (_GREETED,)),
    (_TITLED, None, 1, (_CALLED,)),
    (_THANKS, _END, 1, (_THANKED,)),
    (_SIGNED, _LINE_END, 1, (("\n",),)),
    (_LINE, _LINE_END, 1, ((":", "="),)),
)
"""What introduces a name, what must follow it, how many words it must have, and groups of words of which one each
must be there, so that most patterns need not be tried on most texts. Titles stand as written, the others small."""


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Names that the words around the cue give away."""
    around = Around.of(text, start, stop, ahead=48, behind=140)
    said, reach = around.text, around.cue + len(text[start:stop].decode()) + 1
    lower = said.lower()
    for pattern, end, least, groups in _PATTERNS:
        if not _may_match(groups, said, lower):
            continue
        for match in pattern.finditer(said):
            if match.start() > reach:
                break
            stop_at, tokens = name_at(said, match.end())
            if tokens >= least and (end is None or end.match(said, stop_at)):
                yield around.finding(match.end(), stop_at, "person")
    for begin, end in folded.find(lower, reach=reach) if len(lower) == len(said) else ():
        stop_at, tokens = name_at(said, begin)
        yield around.finding(begin, stop_at if tokens else end, "person")
    for match in _USERNAME.finditer(said) if "user" in lower else ():
        if match.start() <= reach and (any(sign.isdigit() or sign in "._" for sign in match["value"])):
            yield around.finding(*match.span("value"), "username")


def _may_match(groups: tuple[tuple[str, ...], ...], said: str, lower: str) -> bool:
    return all(folded.holds(said if words is _CALLED else lower, words) for words in groups)


def find_keyed(text: bytes, head: int) -> Iterator[Finding]:
    """The value of a JSON string whose keys (`text[:head]`) call it a person's name or a user name."""
    lead, value = text[:head].decode(), text[head:].decode()
    if _KEY.search(lead):
        tokens = _TOKEN.findall(value)
        if (
            0 < len(tokens) <= _LONGEST
            and not re.search(r"[\d@/:{}\[\]_]", value)
            and tokens[0].lower() not in NOT_NAMES
        ):
            yield Finding(head, len(text), "person", value.encode())
    elif _USERNAME_KEY.search(lead) and _HANDLE.fullmatch(value):
        yield Finding(head, len(text), "username", value.encode())


def name_at(text: str, at: int) -> tuple[int, int]:
    """Where the name that begins at `at` ends, and how many capitalised words it has: none, no name."""
    end, tokens = at, 0
    place = at
    while tokens < _LONGEST and (match := _TOKEN.match(text, place)):
        word = match[0]
        if (
            word[0].isupper()
            and _may_be_name(word, text, match.end())
            and _looks_like_name(word, text, match.end())
        ):
            tokens += 1
            end = match.end()
            if len(word) == 1 and text[end : end + 1] == ".":
                end += 1
        elif not (tokens and word.lower() in PARTICLES):
            break
        place = max(end, match.end())
        if text[place : place + 1] != " ":
            break
        place += 1
    if tokens == 1 and end - at < _TWO + (text[at:end].isascii()):
        return at, 0
    return end, tokens


def _may_be_name(word: str, text: str, end: int) -> bool:
    """No word that only stands capitalised; `Will` and `May` count before another name, `A.` as an initial."""
    if len(word) == 1 and text[end : end + 1] == ".":
        return True
    if word.lower() not in NOT_NAMES:
        return True
    following = _TOKEN.match(text, end + 1) if text[end : end + 1] == " " else None
    if word.lower() not in COMMON or not following:
        return False
    return following[0][0].isupper() and following[0].lower() not in NOT_NAMES


def _looks_like_name(word: str, text: str, end: int) -> bool:
    """Not an abbreviation, a camel-case product or a word with digits or a sign behind it."""
    if len(word) == 1:
        return text[end : end + 1] in (".", " ")
    if text[end : end + 1].isdigit() or text[end : end + 1] in ("_", "@", "/"):
        return False
    inner = re.split(r"['\u2019-]", word)
    return all(
        part[1:].islower() or part[1:2].isupper() is False or part[:2] in ("Mc", "Ma", "De", "O")
        for part in inner
        if part
    )
