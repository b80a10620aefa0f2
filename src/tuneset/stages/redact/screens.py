"""How sure a type is: what besides its shape has to be right before something counts as one."""

from typing import Literal

from tuneset.stages.redact.finding import HARD

Screen = Literal["checksum", "announced", "form", "shape"]
"""`checksum`: digits that check, or a published prefix; `announced`: a word or key beside it says what it is;
`form`: a grammar that little else has (`a@b.example`); `shape`: it only looks like one.
"""

SCREENS: dict[str, Screen] = {
    "card": "checksum",
    "iban": "checksum",
    "credential": "announced",
    "person": "announced",
    "username": "announced",
    "date_of_birth": "announced",
    "account": "announced",
    "booking": "announced",
    "plate": "announced",
    "government_id": "form",
    "email": "form",
    "ip": "form",
    "date": "form",
    "wallet": "shape",
    "device": "shape",
    "phone": "shape",
    "address": "shape",
    "place": "shape",
    "organisation": "shape",
}
"""The weakest screen that a finding of the type has passed. Custom patterns and dictionaries are `shape`."""


def screen(kind: str, *, model: bool = False) -> Screen:
    """The weakest screen of a type; `model`: were names looked for with the model, which asks no word?"""
    return "shape" if model and kind == "person" else SCREENS.get(kind, "shape")


def by_type(counts: dict[str, int], *, model: bool = False) -> list[dict[str, object]]:
    """Type, class, count, screen and confirmed count, the hard types first, then by count.

    `confirmed` is a lower bound: findings of a type with the screen `form` or `shape` are not, however right.
    """
    rows: list[dict[str, object]] = []
    for kind, count in sorted(counts.items(), key=lambda entry: (entry[0] not in HARD, -entry[1], entry[0])):
        passed = screen(kind, model=model)
        sure = count if passed in ("checksum", "announced") else 0
        kind_class = "hard" if kind in HARD else "soft"
        rows.append({"type": kind, "class": kind_class, "count": count, "screen": passed, "confirmed": sure})
    return rows
