"""The values in which something may stand, and the loop that replaces until nothing is left to find."""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tuneset.stages.redact.detect import Detectors
from tuneset.stages.redact.finding import Finding
from tuneset.stages.redact.json_text import Document, Live, Plain, Wanted, every_leaf, parse
from tuneset.stages.redact.known import Known
from tuneset.stages.redact.placeholder import Numbering, Token

_Found = tuple[Plain, bytes, list[Finding]]
_MAX_ROUNDS = 8
"""Taking one identifier out can bring to light another that touched it; more than two rounds have not been
seen.
"""


@dataclass(slots=True)
class Slot:
    """One value of one column: `text` changes as it is redacted, `types` counts what was taken out."""

    row: int
    order: tuple[int, int]
    column: str
    place: int
    text: str
    wanted: Wanted = every_leaf
    types: Counter[str] = field(default_factory=Counter)


def redact(
    slots: Sequence[Slot],
    *,
    detectors: Detectors,
    numbering: Callable[[int], Numbering],
    tokens: Callable[[int], Mapping[str, Token]] = lambda _: {},
) -> None:
    """Replaces in the slots (in reading order) what the detectors find; `numbering(row)` gives an example's
    numbers, `tokens(row)` what its tokens stand for.
    """
    live = detectors.may_find
    pending = [(slot, parse(slot.text, wanted=slot.wanted, live=live)) for slot in slots]
    for _ in range(_MAX_ROUNDS):
        found = iter(_found(pending, detectors, tokens))
        changed = [(slot, node) for slot, node in pending if _replaced(slot, node, found, numbering)]
        if not changed:
            return
        pending = [(slot, _renewed(slot, node, live)) for slot, node in changed]


def redact_known(
    slots: Sequence[Slot], *, known: Known, detectors: Detectors, numbering: Callable[[int], Numbering]
) -> list[Slot]:
    """Replaces in the slots the values that are `known` of their examples; the slots that changed."""
    nodes = [parse(slot.text, wanted=slot.wanted) for slot in slots]
    plains = [(plain, slot.row) for node, slot in zip(nodes, slots, strict=True) for plain in node.plains()]
    texts = [plain.text.encode() for plain, _ in plains]
    for plain, _ in plains:
        plain.lead = ""
    hits = known.find(texts, [row for _, row in plains])
    findings = [detectors.settled(text, found) for text, found in zip(texts, hits, strict=True)]
    found = zip((plain for plain, _ in plains), texts, findings, strict=True)
    return [slot for slot, node in zip(slots, nodes, strict=True) if _replaced(slot, node, found, numbering)]


def _renewed(slot: Slot, node: Plain | Document, live: Live) -> Plain | Document:
    """What is to be searched of a slot that changed."""
    if isinstance(node, Document):
        return node.renewed(live=live)
    return parse(slot.text, wanted=slot.wanted, live=live)


def _found(
    pending: Sequence[tuple[Slot, Plain | Document]],
    detectors: Detectors,
    tokens: Callable[[int], Mapping[str, Token]],
) -> list[_Found]:
    """Detectors look at placeholders, never at tokens: these are longer, and a cue reaches only so far."""
    plains = [(plain, slot.row) for slot, node in pending for plain in node.plains()]
    texts = [(plain.lead + plain.text).encode() for plain, _ in plains]
    heads = [len(plain.lead.encode()) if plain.lead else 0 for plain, _ in plains]
    hidden = [hide(text, tokens(row)) for text, (_, row) in zip(texts, plains, strict=True)]
    findings = detectors.find([text for text, _ in hidden], heads=heads)
    found = [[shown(one, moves) for one in some] for some, (_, moves) in zip(findings, hidden, strict=True)]
    return [(plain, text, some) for (plain, _), text, some in zip(plains, texts, found, strict=True)]


_Moves = Sequence[tuple[int, int, int]]
"""Per token, in order: start and stop of its placeholder in the hidden text; how many bytes longer it is."""


def hide(text: bytes, tokens: Mapping[str, Token]) -> tuple[bytes, _Moves]:
    """The text with placeholders for its tokens, and where these stood."""
    there = [token for token in tokens if token.encode() in text] if tokens else []
    if not there:
        return text, ()
    pieces, moves, at, length = list[bytes](), list[tuple[int, int, int]](), 0, 0
    for match in re.finditer(b"|".join(re.escape(token.encode()) for token in there), text):
        placeholder = tokens[match[0].decode()].placeholder.encode()
        length += match.start() - at + len(placeholder)
        moves.append((length - len(placeholder), length, len(match[0]) - len(placeholder)))
        pieces += [text[at : match.start()], placeholder]
        at = match.end()
    return b"".join([*pieces, text[at:]]), moves


def shown(finding: Finding, moves: _Moves) -> Finding:
    """The finding in the text with its tokens; one that cuts into a placeholder takes all of the token."""
    if not moves:
        return finding
    start, stop = finding.start, finding.stop
    for begin, end, longer in moves:
        start += (
            longer if finding.start >= end else begin - finding.start if begin < finding.start < end else 0
        )
        stop += longer if finding.stop > begin else 0
        stop += end - finding.stop if begin < finding.stop < end else 0
    return finding._replace(start=start, stop=stop)


def _replaced(
    slot: Slot, node: Plain | Document, found: Iterator[_Found], numbering: Callable[[int], Numbering]
) -> bool:
    """Writes placeholders into one slot; did it change?"""
    changed = False
    for _ in node.plains():
        plain, text, findings = next(found)
        if findings:
            changed = True
            head = len(plain.lead.encode())
            whole = plain.is_number and findings[0][:2] == (head, len(text))
            plain.new = _with_placeholders(
                text, findings, head=head, numbers=numbering(slot.row), is_number=whole
            )
            for finding in findings:
                slot.types[finding.type] += 1
    if changed:
        slot.text = node.render()
    return changed


def _with_placeholders(
    text: bytes, findings: Sequence[Finding], *, head: int, numbers: Numbering, is_number: bool
) -> str:
    pieces, at = [], head
    for finding in findings:
        written = text[finding.start : finding.stop].decode()
        pieces += [
            text[at : finding.start],
            numbers.placeholder(finding, written, is_number=is_number).encode(),
        ]
        at = finding.stop
    return b"".join([*pieces, text[at:]]).decode()


def rewrite(slot: Slot, new: Callable[[str], str], *, bare: Container[str] = ()) -> bool:
    """Puts `new(text)` for each text of a slot, inside JSON too; did it change? `bare`: texts that were
    numbers.
    """
    node = parse(slot.text, wanted=slot.wanted)
    changed = False
    for plain in node.plains():
        other = new(plain.text)
        if other != plain.text:
            changed, plain.new, plain.bare = True, other, plain.text in bare
    if changed:
        slot.text = node.render()
    return changed
