"""How much of what: ordinary conversations first, then everything that is planted in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from logmaker import cases, damage, identifiers, personal, twins
from logmaker.bank import Bank
from logmaker.conversation import Channel, Conversation
from logmaker.dialogue import compose
from logmaker.twins import Pair

PER_5000 = {
    "exact_duplicate": 150,
    "near_duplicate": 150,
    "near_duplicate_short": 40,
    "paraphrase": 60,
    "contrast": 80,
    "conflict": 40,
    "redacted_contrast": 10,
    "truncated": 40,
    "error_answer": 20,
    "empty_turn": 20,
    "mojibake": 30,
    "control_characters": 20,
    "refusal": 60,
    "out_of_scope": 40,
    "ambiguous": 60,
    "missing_value": 60,
    "conflicting": 30,
    "pii": 600,
    "pii_trap": 150,
}
"""How many of each kind are planted in 5,000 conversations; pairs count once."""

MALFORMED = 25
_CHANNELS: tuple[Channel, ...] = ("chat", "chat", "chat", "widget", "email")
_FOREIGN_SHARE = 0.06


@dataclass(frozen=True)
class Corpus:
    """All conversations and the pairs among them."""

    conversations: list[Conversation]
    pairs: list[Pair]


def corpus(bank: Bank, *, seed: int, conversations: int) -> Corpus:
    """About `conversations` conversations with everything planted; decided by the seed alone."""
    counts = {kind: max(3, round(count * conversations / 5000)) for kind, count in PER_5000.items()}
    kinds = [kind for kind in _PAIRS if kind in counts]
    ordinary = max(conversations - sum(counts[kind] for kind in kinds), conversations // 2)
    rng = Random(f"{seed}:ordinary")
    pool = _Pool([_ordinary(bank, rng) for _ in range(ordinary)])
    pairs: list[Pair] = []
    for kind in kinds:
        pairs += _pairs(bank, pool, Random(f"{seed}:{kind}"), kind=kind, count=counts[kind])
    for kind, change in _SINGLES.items():
        _change(bank, pool, Random(f"{seed}:{kind}"), change, count=counts[kind])
    return Corpus([*pool.all, *(pair.two for pair in pairs)], pairs)


def _ordinary(bank: Bank, rng: Random) -> Conversation:
    language = rng.choice(("de", "es", "fr")) if rng.random() < _FOREIGN_SHARE else "en"
    return compose(bank, rng, channel=rng.choice(_CHANNELS), language=language)


class _Pool:
    """Hands out ordinary conversations, each at most once."""

    def __init__(self, conversations: list[Conversation]) -> None:
        self.all = conversations
        self._free = list(conversations)

    def take(self, fits: Callable[[Conversation], bool], rng: Random) -> Conversation:
        """A free conversation that fits, from a random place on."""
        start = rng.randrange(len(self._free))
        for offset in range(len(self._free)):
            at = (start + offset) % len(self._free)
            if fits(self._free[at]):
                return self._free.pop(at)
        raise LookupError("too few conversations for everything that is planted; ask for more")


def _pairs(bank: Bank, pool: _Pool, rng: Random, *, kind: str, count: int) -> Iterator[Pair]:
    made = 0
    while made < count:
        pair = _PAIRS[kind](bank, pool, rng)
        if pair is not None:
            made += 1
            yield pair


def _exact(bank: Bank, pool: _Pool, rng: Random) -> Pair:
    del bank
    return twins.exact(pool.take(_any, rng), rng)


def _near(bank: Bank, pool: _Pool, rng: Random) -> Pair | None:
    del bank
    edit = rng.choice(("case", "spacing", "punctuation", "typo", "filler"))
    return twins.near(pool.take(_any, rng), rng, edit=edit)


def _near_short(bank: Bank, pool: _Pool, rng: Random) -> Pair | None:
    del bank
    return twins.near_short(pool.take(_short_english, rng), rng)


def _paraphrase(bank: Bank, pool: _Pool, rng: Random) -> Pair | None:
    del bank
    return twins.paraphrase(pool.take(_plain_english, rng), rng, strength=rng.choice(("light", "full")))


def _contrast(bank: Bank, pool: _Pool, rng: Random) -> Pair:
    return twins.contrast(bank, pool.take(_one_turn_english, rng), rng)


def _conflict(bank: Bank, pool: _Pool, rng: Random) -> Pair:
    return twins.conflict(bank, pool.take(_one_turn_english, rng), rng)


def _redacted_contrast(bank: Bank, pool: _Pool, rng: Random) -> Pair:
    one = pool.take(_one_turn_english, rng)
    two = one.twin()
    kind = rng.choice(("email", "phone", "iban"))
    personal.plant_apart(bank, one, two, rng, kind=kind)
    return twins.hidden_contrast(one, two, kind=kind)


_PAIRS: dict[str, Callable[[Bank, _Pool, Random], Pair | None]] = {
    "contrast": _contrast,
    "conflict": _conflict,
    "redacted_contrast": _redacted_contrast,
    "paraphrase": _paraphrase,
    "near_duplicate_short": _near_short,
    "near_duplicate": _near,
    "exact_duplicate": _exact,
}


def _change(
    bank: Bank, pool: _Pool, rng: Random, change: Callable[[Bank, _Pool, Random, int], bool], *, count: int
) -> None:
    made = 0
    while made < count:
        made += change(bank, pool, rng, made)


def _personal(bank: Bank, pool: _Pool, rng: Random, number: int) -> bool:
    kind = personal.TYPES[number % len(personal.TYPES)]
    chosen = pool.take(_any, rng)
    personal.plant(bank, chosen, rng, kind=kind)
    if rng.random() < 0.3:
        personal.plant(
            bank, chosen, rng, kind=rng.choice([other for other in personal.TYPES if other != kind])
        )
    return True


def _trap(bank: Bank, pool: _Pool, rng: Random, number: int) -> bool:
    kinds = list(identifiers.TRAPS)
    personal.trap(bank, pool.take(_any, rng), rng, kind=kinds[number % len(kinds)])
    return True


def _case(name: str) -> Callable[[Bank, _Pool, Random, int], bool]:
    def change(bank: Bank, pool: _Pool, rng: Random, number: int) -> bool:
        del number
        cases.turn_into(bank, pool.take(_english, rng), rng, case=name)
        return True

    return change


def _emptied(bank: Bank, pool: _Pool, rng: Random, number: int) -> bool:
    del bank, number
    damage.empty(pool.take(_one_turn, rng), rng)
    return True


def _with_controls(bank: Bank, pool: _Pool, rng: Random, number: int) -> bool:
    del bank, number
    damage.add_controls(pool.take(_from_json, rng), rng)
    return True


def _truncated(bank: Bank, pool: _Pool, rng: Random, number: int) -> bool:
    del bank, number
    damage.truncate(pool.take(_from_chat, rng), rng)
    return True


def _failed(bank: Bank, pool: _Pool, rng: Random, number: int) -> bool:
    del bank, number
    damage.fail(pool.take(_from_chat, rng), rng)
    return True


def _garbled(bank: Bank, pool: _Pool, rng: Random, number: int) -> bool:
    del bank
    return damage.garble(pool.take(_any, rng), last=number % 2 == 0)


_SINGLES: dict[str, Callable[[Bank, _Pool, Random, int], bool]] = {
    **{case: _case(case) for case in cases.CASES},
    "truncated": _truncated,
    "error_answer": _failed,
    "empty_turn": _emptied,
    "mojibake": _garbled,
    "control_characters": _with_controls,
    "pii": _personal,
    "pii_trap": _trap,
}


def _any(conversation: Conversation) -> bool:
    return bool(conversation.messages)


def _english(conversation: Conversation) -> bool:
    return conversation.language == "en"


def _one_turn_english(conversation: Conversation) -> bool:
    return _english(conversation) and conversation.style == "plain" and _one_turn(conversation)


def _plain_english(conversation: Conversation) -> bool:
    return _english(conversation) and conversation.style == "plain"


def _short_english(conversation: Conversation) -> bool:
    return _english(conversation) and _one_turn(conversation)


def _one_turn(conversation: Conversation) -> bool:
    return len([m for m in conversation.messages if m["role"] != "system"]) == 2


def _from_chat(conversation: Conversation) -> bool:
    return conversation.channel == "chat"


def _from_json(conversation: Conversation) -> bool:
    return conversation.channel != "email"
