"""The values in which something may stand, and the loop that replaces until nothing is left to find."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field

from tuneset.stages.redact.detect import Detectors
from tuneset.stages.redact.finding import Finding
from tuneset.stages.redact.json_text import Document, Live, Plain, Wanted, every_leaf, parse
from tuneset.stages.redact.known import Known
from tuneset.stages.redact.placeholder import Numbering

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


def redact(slots: Sequence[Slot], *, detectors: Detectors, numbering: Callable[[int], Numbering]) -> None:
    """Replaces in the slots (in reading order) what the detectors find; `numbering(row)` gives an example's
    numbers.
    """
    live = detectors.may_find
    pending = [(slot, parse(slot.text, wanted=slot.wanted, live=live)) for slot in slots]
    for _ in range(_MAX_ROUNDS):
        found = iter(_found([node for _, node in pending], detectors))
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


def _found(nodes: Sequence[Plain | Document], detectors: Detectors) -> list[_Found]:
    plains = [plain for node in nodes for plain in node.plains()]
    texts = [(plain.lead + plain.text).encode() for plain in plains]
    heads = [len(plain.lead.encode()) if plain.lead else 0 for plain in plains]
    findings = detectors.find(texts, heads=heads)
    return list(zip(plains, texts, findings, strict=True))


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
