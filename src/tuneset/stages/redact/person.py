# ruff: noqa: E501, SIM905 - a pattern is read whole, a list of words as text
r"""People's names that the log itself gives away.

What it finds: names after "my name is", "this is … speaking", greetings, titles, thanks and signatures, in English,
German, French, Spanish, Italian, Dutch and Portuguese; under keys such as `first_name`, or `name` of a customer; user
names under their keys. What was found once is taken out of the whole conversation, its first and last name alone too.
Example: `Best regards,\nJane Doe`.
Known gaps: names in running text that nothing announces; the `ner` extra looks for those.
"""

import re
from collections.abc import Iterator

from tuneset.stages.redact.context import Around
from tuneset.stages.redact.finding import Finding

_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_PARTICLES = frozenset(
    """
    van von der den de del della di da dos das du la le bin ibn al el ter ten zu y e i
    """.split()
)
NOT_NAMES = frozenset(
    """
    there all team everyone everybody anyone folks guys sir sirs madam madame ma'am customer
    customers client guest member user users friend friends support service services help helpdesk
    desk agent assistant bot ai chatbot admin administrator manager management staff hr it colleague
    colleagues hiring recruiter valued again today tomorrow yesterday monday tuesday wednesday
    thursday friday saturday sunday january february march april june july august september october
    november december i i'm i'd i'll i've we you he she it they the a an and or but so if in on at
    for to of from with by as is are was were be been am do does did can could will would shall
    should may might must please thanks thank sorry yes no ok okay sure great good fine nice well
    not now how what when where which who why this that these those my your our his her their its
    any some good morning afternoon evening night day welcome hello hi hey dear best regards kind
    warm sincerely yours cheers looking let lets here your mr mrs ms miss dr prof sir herr frau
    monsieur mademoiselle señor señora signor signora damen herren unknown none null anonymous test
    me name names first last full claude chatgpt gpt gemini siri alexa google openai anthropic
    microsoft apple amazon facebook netflix english german french spanish italian american british
    chinese japanese indian canadian python java javascript happy interested looking trying having
    getting going using calling writing contacting afraid unable glad pleased excited available
    currently ready certain aware curious wondering experiencing working just also still really very
    always never santa god lord jesus world mom dad mum grandma grandpa buddy mate love honey
    darling everyone's alle zusammen team kunde kundin tous toutes todos todas tutti allemaal order
    payment account number booking reservation flight hotel refund delivery shipping product item
    issue problem question request information details policy date time company sales marketing
    engineering department security billing finance legal
    """.split()
)
"""Words that stand capitalised where names stand and are none."""
COMMON = frozenset(
    """
    will mark grace may rose hope summer price long young green brown white black king page field
    best way art bill rich frank jean jack drew chase grant faith joy dawn april june august summer
    autumn olive ruby pearl amber iris ivy lily violet daisy penny sandy rusty dusty miles stone
    wood woods hill banks brook brooks rivers lake ford park parks street lane north south west east
    church bishop pope knight prince duke earl baker butcher carter cook farmer fisher gardener
    hunter mason miller potter shepherd smith taylor weaver day night love gold silver rock sky bell
    bush case cash chance christian dean dale glen guy jay kit lance max melody mercy miles morgan
    nick norm pat patience ray reed rob sage sue terry tony trip victor wade ward wells winter wolf
    fox bird cruz paris london sydney austin dallas houston jordan israel china india chad georgia
    virginia carolina dakota madison lincoln washington jackson franklin cheng an so do van bo li
    """.split()
)
"""Names that are words, places and titles as well: alone they are not looked for in the rest of a conversation."""
_TITLES = (
    r"(?:Mrs?|Ms|Miss|Mx|Dr|Prof(?:essor)?|Herrn?|Frau|Monsieur|Madame|Mademoiselle|Mme|Mlle|Se\u00f1or(?:a|ita)?|Sra?|Signor[ae]?|Senhora?"
    r"|Meneer|Mevrouw|Pan[i]?)\.?"
)
_NAME_IS = re.compile(
    r"(?i:(?<![^\W_])(?:my|his|her|the|full|first|last|whose|their|customer|mein|meine|dein|mi|su|mon|son|il mio|mijn|meu)"
    r" (?:(?:full|first|last|middle|legal|maiden|given|family|user|sur|vor|nach)[ -]?)?(?:names?|nombre|nom|pr\u00e9nom|naam|nome)"
    r"(?: (?:on|for|under) (?:[\w']+ ){1,4}?)?\s?(?:is|was|ist|est|es|\u00e9|'s|\u2019s|:|=)|(?:ich|wir) hei(?:\u00df|ss)en?|je m['\u2019]appelle"
    r"|me llamo|mi chiamo|(?:eu )?me chamo|chamo[- ]me|ik heet|nazywam si\u0119|goes by|(?:she|he|who)(?: is|'s) called|(?:man|woman|person|friend|colleague|boy|girl|son|daughter|brother|sister|husband|wife|doctor|customer|employee|agent|representative)s? (?:named|called))"
    r"\s*[:,]?\s*[\"'*]*(?:(?:the |a )?" + _TITLES + r" )?"
)
_THIS_IS = re.compile(
    r"(?i:(?<!\w)(?:this is|it's|it is|you(?:'re| are) speaking (?:with|to)|hier (?:ist|spricht)|c'est|soy|sono|je suis|ich bin))"
    r" (?:" + _TITLES + r" )?"
)
_SPEAKS = re.compile(
    r",? (?:speaking|calling|here\b|writing|from (?:the )?[A-Z]|with [A-Z]|again|am Apparat|\u00e0 l'appareil|al habla)"
)
_I_AM = re.compile(
    r"(?i:(?<!\w)(?:I['\u2019]m|I am|speaking with|speak(?:ing)? to))" + r" (?:" + _TITLES + r" )?"
)
_GREETING = re.compile(
    r"(?:^|[\n.!?\"(>] *|: )(?i:hi|hello|hey|dear|hallo|liebe[rs]?|sehr geehrte[rs]?|guten (?:tag|morgen|abend)|bonjour|bonsoir|cher|ch\u00e8re|hola"
    r"|estimad[oa]|querid[oa]|ol\u00e1|car[oa]|prezad[oa]|ciao|gentile|egregio|beste|geachte|good (?:morning|afternoon|evening)|cze\u015b\u0107)"
    r"(?: (?:there|again)),? |(?:^|[\n.!?\"(>] *|: )(?i:hi|hello|hey|dear|hallo|liebe[rs]?|sehr geehrte[rs]?|guten (?:tag|morgen|abend)|bonjour|bonsoir"
    r"|cher|ch\u00e8re|hola|estimad[oa]|querid[oa]|ol\u00e1|car[oa]|prezad[oa]|ciao|gentile|egregio|beste|geachte|good (?:morning|afternoon|evening)"
    r"|cze\u015b\u0107),? (?:" + _TITLES + r" )?"
)
_TITLED = re.compile(rf"(?<!\w){_TITLES} ")
_THANKS = re.compile(
    r"(?i:(?<!\w)(?:thanks|thank you|sorry|welcome|you're welcome|bye|goodbye|danke|vielen dank|merci|gracias|grazie|obrigad[oa]|bedankt|pleasure)"
    r"(?: so much| very much| again| back| for [\w ]{3,40}?)?),? (?:" + _TITLES + r" )?"
)
_SIGNED = re.compile(
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
_KEY = re.compile(
    rf"(?:(?:^|[ .]){_FIELD}|(?:^|[ .])(?:\w*_)?{_WHOSE}(?: \w+)? (?:name|first|last|full)): \"$",
    re.IGNORECASE,
)
_LINE = re.compile(
    rf"(?i:(?:(?:^|[\n,;({{|>]|[-*\u2022] )[ \t\"'*]*{_FIELD}[\"'*]*[ \t]?[:=][ \t]*[\"'*]*|(?:^|\n)[ \t*\u2022-]*name[*]*[ \t]?[:=][ \t]*[*]*)(?:{_TITLES} )?)"
)
_USERNAME_KEY = re.compile(
    r"(?:^|[ ._])(?:user_?name|login(?:_?name)?|screen_?name|handle|user_?handle): \"$", re.IGNORECASE
)
_USERNAME = re.compile(
    r"(?i:(?<!\w)user ?name)[\"'*]*(?: is|:|=)[\"'* ]*(?P<value>[A-Za-z][\w.-]{3,31})(?![\w@])"
)
_HANDLE = re.compile(r"(?=[\w.-]*[A-Za-z]{2})[\w][\w.-]{2,39}")
_END = re.compile(r"\s*(?:[,.!?:;)\"*\u2014\u2013]|\n|\\n|$| -|\u2026)")
_LINE_END = re.compile(r"[ \t,.*|]*(?:\n|\\n|$|[,;|)}\"])")
_CLAUSE_END = re.compile(
    r"\s*(?:[,.!?;:)\"\u2014\n]|$|\\n| (?:and|und|et|y|from|with|calling|writing|here|at|but|who|aus)\b)"
)
_LONGEST = 5
_TWO = 2
_PATTERNS = (
    (
        _NAME_IS,
        None,
        1,
        ("nam", "nom", "hei", "appelle", "llam", "chiam", "cham", "heet", "nazyw", "goes", "called"),
    ),
    (
        _THIS_IS,
        _SPEAKS,
        1,
        ("speaking", "calling", "here", "writing", "from", "with", "again", "appar", "habla"),
    ),
    (_I_AM, _CLAUSE_END, _TWO, ("i'm", "i\u2019m", "i am", "speak")),
    (_GREETING, _END, 1, ()),
    (_TITLED, None, 1, ()),
    (
        _THANKS,
        _END,
        1,
        ("thank", "sorry", "welcome", "bye", "dank", "merci", "gracias", "grazie", "obrigad", "pleasure"),
    ),
    (_SIGNED, _LINE_END, 1, ("\n",)),
    (_LINE, _LINE_END, 1, (":", "=")),
)
"""What introduces a name, what must follow it, how many words it must have, and letters of which some must be
there, so that most patterns need not be tried on most texts."""


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Names that the words around the cue give away."""
    around = Around.of(text, start, stop, ahead=48, behind=140)
    said, reach = around.text, around.cue + len(text[start:stop].decode()) + 1
    lower = said.lower()
    for pattern, end, least, letters in _PATTERNS:
        if letters and not any(some in lower for some in letters):
            continue
        for match in pattern.finditer(said):
            if match.start() > reach:
                break
            stop_at, tokens = name_at(said, match.end())
            if tokens >= least and (end is None or end.match(said, stop_at)):
                yield around.finding(match.end(), stop_at, "person")
    for match in _USERNAME.finditer(said) if "user" in lower else ():
        if match.start() <= reach and (any(sign.isdigit() or sign in "._" for sign in match["value"])):
            yield around.finding(*match.span("value"), "username")


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
        elif not (tokens and word.lower() in _PARTICLES):
            break
        place = max(end, match.end())
        if text[place : place + 1] != " ":
            break
        place += 1
    if tokens == 1 and end - at < _TWO + (text[at:end].isascii()):
        return at, 0
    return end, tokens


def _may_be_name(word: str, text: str, end: int) -> bool:
    """No word that only stands capitalised; `Will` and `May` count before another name."""
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
