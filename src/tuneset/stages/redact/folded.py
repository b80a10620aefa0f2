# ruff: noqa: E501, SIM905 - a pattern is read whole, a list of words as text
"""Names whatever their case: `my name is tobias berger`, `KIND REGARDS, TOBIAS`.

A name is what follows a strong announcement up to the first word that is no name: the lists below do the work
that a capital does elsewhere. What they miss is a word too many taken out. Where a capital stands behind the
announcement, the capitals say where the name ends. Weak announcements (`maria here`, `speaking with maria`)
count before a given name.

Known gaps: greetings and thanks need a capital.
"""

import re
from collections.abc import Iterator

from tuneset.core.later import later
from tuneset.stages.redact.given import is_given
from tuneset.stages.redact.names import NOT_NAMES, PARTICLES

STOP = frozenset(
    """
    about above accepted across actually after ago ahead all almost along although among another anymore anyway
    around as ask asked asking away back bad based because becomes before behind being below better between both
    bought bring broken but buy came cancel cancelled card cards change changed changing come correct correctly
    could couldn't currently declined delayed delivered didn't different difficult do does doesn't don't down
    during each early either else email enough even ever every everything fake false few file filed find first
    following for found free full funny further gave get gets give given go goes gone good got had hard has hasn't
    have having he'll held hers high him his holding home hopefully how i've ill im immediately important
    incorrect incorrectly inside instead into irrelevant isn't ive kept know last late later least left less like
    listed live lived lives living locked long looks lost lot made make makes many match matches maybe me mean
    misspelled misspelt missing mistyped more most much must mine need needed needs never new next nobody none
    nothing off often old once one ones only open opened or other others ours out outside over own paid part
    passport past pay people phone printed private probably problem purchased put question quick quite rather real
    received recently registered related remove removed right said same saw say says second see seem seems send
    sent shown showing shows since small so somebody someone something sometimes soon speaking spelled spelling spelt started
    stopped stuck such supposed sure take taken tell than then therefore thing things think though through thus
    ticket till times too took total tried tries true try turn two typed under underneath unknown until up update
    updated upon use used usually via visible waiting walk want wanted wants was wasn't way week went were weren't
    whatever whether while whole whom whose within without won't wonder wondered work works world would wouldn't
    written wrong wrongly yet you're yourself
    aber apparat auch auf aus bei bin bis brauche da dann dass dem des doch durch ein eine einen einer eines er es falsch
    für gegen habe haben hat hatte hier ich ihr ihre im in ist ja jetzt kann kein keine leider man mein meine mich mir
    mit möchte nach nicht noch nur oder schon sehr seit sich sie sind spricht und uns unter vom von vor war wegen weil wenn
    wie wir wird wohne würde wurde zu zum zur
    avec aussi alors au aux bien c'est car ce cette chez dans depuis elle est et fait j'ai je mais mal ma mes mon
    ne nous ou où par pas plus pour quand que qui sans son suis sur très tu un une vous
    a al algo ahora ante bien como con cuando desde donde el ella en entre era esta este esto fue hay la las le lo
    mal más mi mis muy necesito ni no nos o para pero por porque puedo quiero que quisiera se sin sobre soy su tengo
    también todo un una vivo y ya yo correcto incorrecto incorrecta equivocado equivocada
    che chi ciò come così da dal della di dove ed ha ho il io lei lo ma mi molto nel nella non o ora per perché più
    questo qui sbagliato sei si sono sto su sul un una vorrei
    aan als bij dat deze die door een en er ga gaat geen haar heb heeft hem het hij hoe ik is kan maar me met
    fout onjuist verkeerd mijn naar niet nog nu of om ook op te tot uit van voor wat we wel wil zijn zo
    ao às com como da das do dos e ela ele em está estou eu foi há isso já mais mas me meu minha muito na não no
    errado errada nos o os ou para pela pelo por porque preciso quero são se sem seu sou sua também tem tenho um uma
    """.split()
)
"""Words that follow an announcement and are no names, in seven languages."""
_NAMES_IN_ED = frozenset(
    "ahmed mohammed muhammed mohamed fred alfred wilfred jared ted ned reed saeed khaled".split()
)
_NAME_IS = later(
    r"(?<![^\W_])(?:(?:my|mein|meine|mi|mon|il mio|mijn|meu|o meu) (?:(?:full|first|last|vor|nach) ?)?"
    r"(?:name|nombre|nom|prénom|naam|nome)(?: is| ist| est| es| è| é|['\u2019]s)|ich hei(?:\u00df|ss)e|je m['\u2019]appelle"
    r"|me llamo|mi chiamo|(?:eu )?me chamo|ik heet|nazywam się)(?: (?:mr|mrs|ms|dr|herr|frau)\.?)? "
)
_TITLED = later(r"(?<![^\W_])(?:mr|mrs|herrn?)\.? ")
_CLOSED = later(
    r"(?:^|[\n.!?,] *|[\n.!?] *with )(?:(?:kind(?:est)?|best|warm(?:est)?|many) (?:regards|wishes)|regards|sincerely(?: yours)?"
    r"|yours (?:truly|sincerely|faithfully)|(?:mit )?(?:freundlichen|besten|lieben|viele|liebe|beste) gr(?:\u00fc|ue)(?:\u00df|ss)en?"
    r"|mfg|(?:bien )?cordialement|un saludo|saludos(?: cordiales)?|atentamente|(?:cordiali|distinti) saluti"
    r"|(?:met )?vriendelijke groete?n?|atenciosamente) ?[,.!\u2013-]? ?\s{0,3}"
)
_THIS_IS = later(r"(?<![^\W_])(?:this is|hier (?:ist|spricht)) (?:(?:mr|mrs|ms|dr|herr|frau)\.? )?(?!\w+ly )")
_SPEAKING = later(r",? (?:speaking|am apparat)(?![^\W_])")
_HERE = later(
    r",? (?:here|speaking|calling|writing|hier)(?= ?(?:[,.!?\r\n-]|$)| (?:and|from|und|von)(?![^\W_]))"
)
_OPENED = later(
    r"(?:^|[\n.!?,] *)(?:(?:hi|hello|hey|yes|ok|okay|good (?:morning|afternoon|evening)|hallo|ja)(?: there)?[,!.]? )?"
    r"(?:this is |it['\u2019]?s |it is |i['\u2019]?m |i am |hier (?:ist|spricht) )?(?:(?:mr|mrs|ms|dr)\.? )?"
)
_WITH = later(r"(?<![^\W_])speaking (?:with|to) (?:(?:mr|mrs|ms|dr)\.? )?")
_CLAUSE_END = later(r" ?(?:[,.!?;:)\r\n]|\\n|$| (?:and|from|about|at|in|today|here)(?![^\W_]))")
_LINE_END = later(r"[ \t,.!]*(?:[\r\n]|\\n|$)")
_TOKEN = later(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_MOST = 4
_SAID = ("name", "nom", "naam", "hei", "appelle", "llamo", "chiamo", "chamo", "heet", "nazywam")
_GREETED = ("regards", "wishes", "sincerely", "truly", "faithfully", "gr\u00fc", "grue", "mfg", "cordialement", "saludo",
            "atentamente", "saluti", "groet", "atenciosamente")  # fmt: skip
_PATTERNS: tuple[tuple[re.Pattern[str], re.Pattern[str] | None, bool, tuple[str, ...]], ...] = (
    (_NAME_IS, None, False, _SAID),
    (_TITLED, None, False, ("mr", "herr")),
    (_CLOSED, _LINE_END, False, _GREETED),
    (_THIS_IS, _SPEAKING, False, (" speaking", " apparat")),
    (_OPENED, _HERE, True, (" here", " speaking", " calling", " writing", " hier")),
    (_WITH, None, True, ("speaking ",)),
)
"""What introduces a name, what must follow it, whether it has to begin with a given name, and letters of which
some must be there.
"""


def find(small: str, *, reach: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of the names that an announcement before `reach` gives away, in small letters."""
    for pattern, end, given, letters in _PATTERNS:
        if not holds(small, letters):
            continue
        for match in pattern.finditer(small):
            if match.start() > reach:
                break
            stop = (_given_end if given else _name_end)(small, match.end())
            if stop > match.end() and (end is None or end.match(small, stop)):
                yield match.end(), stop


def holds(small: str, letters: tuple[str, ...]) -> bool:
    """Is one of the words there? A loop, because it is asked of every window."""
    for some in letters:  # noqa: SIM110
        if some in small:
            return True
    return False


def _given_end(small: str, at: int) -> int:
    """Where the name that begins with a given name at `at` ends: behind that one, unless a clause ends behind
    the whole; `at` if none does.
    """
    first = _TOKEN.match(small, at)
    if first is None or not is_given(first[0]):
        return at
    whole = _name_end(small, at)
    return whole if _CLAUSE_END.match(small, whole) or _HERE.match(small, whole) else first.end()


def _name_end(small: str, at: int) -> int:
    """Where the name that begins at `at` ends; `at` itself if none does."""
    end, place, count, whole = at, at, 0, False
    while count < _MOST and (match := _TOKEN.match(small, place)):
        word = match[0]
        if (
            small[match.end() : match.end() + 1] in ("_", "@", "/")
            or small[match.end() : match.end() + 1].isdigit()
        ):
            break
        if len(word) == 1 and small[match.end() : match.end() + 1] == ".":
            count, end, place = count + 1, match.end() + 1, match.end() + 1
        elif word in PARTICLES and count:
            place = match.end()
        elif _is_name(word, first=not count):
            count, end, place, whole = count + 1, match.end(), match.end(), True
        else:
            break
        if small[place : place + 1] != " ":
            break
        place += 1
    return end if whole else at


def _is_name(word: str, *, first: bool) -> bool:
    if word in STOP or word in NOT_NAMES:
        return False
    if first and (len(word) < 2 or (word.endswith("ed") and word not in _NAMES_IN_ED)):
        return False
    return not word.endswith(("'s", "\u2019s", "n't"))
