"""Identifiers as Faker makes them, by type and place; answers {"type": [[what, value], ...]}."""

import json
import sys
from collections.abc import Callable, Sequence

from faker import Faker

SEED = 20_241
PLACES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_BR")

DATES = ("%d.%m.%Y", "%Y-%m-%d", "%B %d, %Y", "%d/%m/%Y")


def main() -> None:
    wanted = json.load(sys.stdin)["each"]
    Faker.seed(SEED)
    faker = {place: Faker(place) for place in PLACES}
    us = faker["en_US"]

    def many(make: Callable[[Faker], object], places: Sequence[str] = PLACES) -> list[str]:
        return [str(make(faker[places[i % len(places)]])) for i in range(wanted)]

    made = {
        "email": many(lambda f: f.email()),
        "phone": many(lambda f: f.phone_number()),
        "card": many(lambda f: f.credit_card_number(), ("en_US",)),
        "iban": many(lambda f: f.iban()),
        "government_id, US": many(lambda f: f.ssn(), ("en_US",)),
        "government_id, Italy": many(lambda f: f.ssn(), ("it_IT",)),
        "government_id, Poland": many(lambda f: f.pesel(), ("pl_PL",)),
        "government_id, Brazil": many(lambda f: f.cpf(), ("pt_BR",)),
        "ip": [us.ipv4_public() if i % 2 else us.ipv6() for i in range(wanted)],
        "device": many(lambda f: f.mac_address(), ("en_US",)),
        "plate": many(lambda f: f.license_plate(), ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES")),
        "date_of_birth": [us.date_of_birth().strftime(DATES[i % len(DATES)]) for i in range(wanted)],
        "address": many(lambda f: f.street_address()),
        "username": many(lambda f: f.user_name()),
        "account": [us.numerify("########") for _ in range(wanted)],
        "booking": [us.bothify("??####").upper() for _ in range(wanted)],
        "credential": many(lambda f: f.password(length=14), ("en_US",)),
        "person": many(lambda f: f"{f.first_name()} {f.last_name()}"),
    }  # fmt: skip
    print(json.dumps(made))


main()
