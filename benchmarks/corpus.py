"""Seeded chat logs for benchmarks: about 600 bytes a line, with planted twins.

Of all rows 10 % repeat an earlier one with other ids, 15 % repeat one with one to six small edits, 5 % change
a number
or a negation of an earlier one (and must stay), and 5 % hold an identifier. Sentences are composed from
slots; the
text is our own.
"""

from pathlib import Path
from random import Random

import orjson

SYSTEM = (
    "You are the assistant of Northwind Parcels. Answer in two sentences, be friendly, never promise a date."
)
_OPENINGS = [
    "Hello,",
    "Hi there,",
    "Good morning,",
    "Hey,",
    "Dear team,",
    "Excuse me,",
    "Evening all,",
    "Quick one:",
    "",
    "",
    "",
]
_THINGS = [
    "parcel",
    "invoice",
    "router",
    "blue suitcase",
    "kitchen scale",
    "refund",
    "subscription",
    "gift card",
    "winter jacket",
    "coffee grinder",
    "train pass",
    "phone contract",
    "garden hose",
    "desk lamp",
    "running shoes",
    "backpack",
    "toaster",
    "language course",
    "concert ticket",
    "water bottle",
    "yoga mat",
    "keyboard",
    "monitor stand",
    "rain cover",
    "bike lock",
]
_STATES = [
    "has not arrived yet",
    "came with a dent in the corner",
    "was charged twice",
    "stopped working after {n} days",
    "is the wrong colour",
    "was left at the neighbour's door",
    "shows the old address",
    "is still marked as in transit",
    "was delivered to depot {n}",
    "makes a rattling noise",
    "has a missing cable",
    "was cancelled without notice",
    "is listed under my maiden name",
    "never got a confirmation mail",
    "expired on the {n}th",
    "costs {n} euros more than agreed",
    "lost its warranty card",
    "arrived open and half empty",
    "is not in my account",
    "was booked for {n} people instead of two",
]
_CONTEXT = [
    "I ordered it {n} days ago for my {who}.",
    "My {who} needs it before the weekend.",
    "The driver said something about door {n}.",
    "I have already written to you {n} times.",
    "The order number ends in {n}.",
    "I paid with the card of my {who}.",
    "It was a present from my {who}, so I have no receipt.",
    "On the web page it says {n} left in stock.",
    "We moved to house {n} last month.",
    "I would like to keep it if you lower the price by {n} percent.",
    "There is a photo of it in my last message, taken by my {who}.",
    "I spoke to a colleague of yours at half past {n}.",
    "Nobody in the shop on {street} could help me.",
    "I waited on {street} until closing time.",
]
_WHO = [
    "sister",
    "neighbour",
    "father",
    "boss",
    "flatmate",
    "daughter",
    "colleague",
    "grandmother",
    "tenant",
    "trainer",
    "uncle",
]
_STREETS = [
    "Harbour Street",
    "Mill Lane",
    "Station Road",
    "Oak Avenue",
    "Church Row",
    "Canal Walk",
    "Hill Top",
    "Market Square",
]
_ASKS = [
    "What can I do now?",
    "Could you check that for me?",
    "Can I send it back?",
    "Please change it.",
    "How long will that take?",
    "Who pays for the return?",
    "Is there a form for this?",
    "Do I need to call someone?",
    "Can you book a new date?",
]
_ANSWERS = [
    "I am sorry to hear that; I have opened a case for your {thing}. You will hear from us within {n} days.",
    "Thank you for telling us. Please keep the {thing} and the box, we will send you a label today.",
    "I have checked it: the {thing} is at the depot now and will be handed to the driver on the next round.",
    "You can return the {thing} free of charge. Would you like a refund or a new one?",
    "That should not happen. I have corrected the entry for the {thing}, please look again in {n} minutes.",
    "I have passed this on to the team that handles the {thing}. Is there anything else I can do for you?",
]
_FILLERS = ["really", "just", "please", "actually", "kindly", "simply"]


def write_logs(path: Path, *, rows: int, seed: int = 1, start: int = 0) -> None:
    """Writes `rows` lines of OpenAI chat logs; ids count from `start`."""
    rng = Random(seed)
    history: list[tuple[str, str]] = []
    with path.open("wb", buffering=1 << 20) as out:
        for number in range(start, start + rows):
            user, answer = _pair(rng, history)
            out.write(
                orjson.dumps(
                    {
                        "id": f"chatcmpl-{number:09d}",
                        "created": 1_790_000_000 + number,
                        "model": "house-4",
                        "conversation_id": f"c{number:09d}",
                        "messages": [
                            {"role": "system", "content": SYSTEM},
                            {"role": "user", "content": user},
                            {"role": "assistant", "content": answer},
                        ],
                    }
                )
            )
            out.write(b"\n")


def _pair(rng: Random, history: list[tuple[str, str]]) -> tuple[str, str]:
    """One exchange; new ones enter the history that twins are taken from."""
    draw = rng.random()
    if draw < 0.30 and len(history) > 100:
        user, answer = rng.choice(history)
        if draw < 0.10:
            return user, answer
        if draw < 0.25:
            return _edited(rng, user), answer
        return _contrast(rng, user), answer
    pair = _fresh(rng)
    if len(history) < 200_000:
        history.append(pair)
    return pair


def _fresh(rng: Random) -> tuple[str, str]:
    thing = rng.choice(_THINGS)
    context = [_filled(rng, sentence) for sentence in rng.sample(_CONTEXT, rng.randint(2, 4))]
    parts = [
        rng.choice(_OPENINGS),
        f"my {thing} {_filled(rng, rng.choice(_STATES))}.",
        *context,
        rng.choice(_ASKS),
    ]
    user = " ".join(part for part in parts if part)
    if rng.random() < 0.05:
        user += f" My address is user{rng.randint(1, 10**6)}@example.org."
    return user, rng.choice(_ANSWERS).format(thing=thing, n=rng.randint(2, 90))


def _filled(rng: Random, sentence: str) -> str:
    return sentence.format(n=rng.randint(2, 9999), who=rng.choice(_WHO), street=rng.choice(_STREETS))


def _edited(rng: Random, text: str) -> str:
    words = text.split(" ")
    for _ in range(rng.randint(1, 3)):
        words.insert(rng.randrange(len(words)), rng.choice(_FILLERS))
    return " ".join(words)


def _contrast(rng: Random, text: str) -> str:
    digits = [i for i, char in enumerate(text) if char.isdigit()]
    if not digits:
        return text.replace(" has ", " has not ").replace(" was ", " was not ")
    i = rng.choice(digits)
    return text[:i] + str((int(text[i]) + 1) % 10) + text[i + 1 :]
