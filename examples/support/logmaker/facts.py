"""The facts of one conversation: what fills the slots of its sentences."""

import re
from datetime import date, timedelta
from random import Random

from logmaker.bank import Tongue

Facts = dict[str, str]

TODAY = date(2026, 10, 3)
_OWNERS = {"my ": "your ", "our ": "your ", "a ": "the "}
_OWNER = re.compile("^(my |our |a )")
_STATES = ("packing", "in_transit", "at_depot", "handed_over", "on_hold", "returned", "done", "booked")


def draw(tongue: Tongue, rng: Random) -> Facts:
    """One value for every slot; all of it invented, most of it different in every conversation."""
    facts = _picked(tongue, rng)
    facts |= _things(tongue, rng)
    facts |= _dates(tongue, rng)
    facts |= _amounts(tongue.code, rng)
    facts["order"] = order_number(rng)
    facts["order2"] = order_number(rng)
    facts["invoice"] = f"INV-{rng.randrange(10**5, 10**6)}"
    facts["hour"] = f"{rng.randrange(7, 22)}:{rng.choice(('05', '10', '15', '20', '30', '40', '45', '50'))}"
    count = rng.randrange(2, 10)
    facts |= {"count": str(count), "count2": str(count + rng.randrange(3, 30))}
    facts["days"] = str(rng.randrange(11, 60))
    facts["state"] = rng.choice(_STATES)
    return facts


def order_number(rng: Random) -> str:
    """Eight digits in one of the shop's three ways of writing; never starts with 0."""
    return rng.choice(("KL-{}", "KL-{}", "#{}", "{}")).format(rng.randrange(10**7, 10**8))


def _picked(tongue: Tongue, rng: Random) -> Facts:
    source = tongue.facts
    city, city2 = rng.sample(source["cities"], 2)
    street, old_street = rng.sample(source["streets"], 2)
    relative = rng.choice(source["relatives"])
    plans = source.get("plans", ["Loomtel Flex 12", "Loomtel Familia 40", "Loomtel Solo 9"])
    plan, plan2 = rng.sample(plans, 2)
    return {
        "city": city,
        "city2": city2,
        "street": f"{street} {rng.randrange(1, 190)}",
        "old_street": f"{old_street} {rng.randrange(1, 190)}",
        "relative": relative,
        "relative2": _OWNER.sub(lambda match: _OWNERS[match.group()], relative),
        "occasion": rng.choice(source["occasions"]),
        "name": rng.choice(source["names"]),
        "carrier": rng.choice(source.get("carriers", ["Loom Parcel"])),
        "device": rng.choice(source.get("devices", ["app"])),
        "plan": plan,
        "plan2": plan2,
    }


def _things(tongue: Tongue, rng: Random) -> Facts:
    modifier, modifier2 = rng.sample(tongue.facts["modifiers"], 2)
    if tongue.catalogue:
        shelf = rng.choice(tongue.catalogue)
        thing, thing2 = rng.sample(shelf["things"], 2)
        return {
            "thing": thing,
            "product": f"{modifier} {thing}",
            "product2": f"{modifier2} {thing2}",
            "problem": rng.choice(shelf["problems"]),
        }
    thing = rng.choice(tongue.facts["products"])
    problem = rng.choice(tongue.facts["problems"])
    return {"thing": thing, "product": f"{thing} ({modifier})", "problem": problem}


def _dates(tongue: Tongue, rng: Random) -> Facts:
    days = {
        "": TODAY - timedelta(rng.randrange(9, 80)),
        "2": TODAY - timedelta(rng.randrange(1, 8)),
        "3": TODAY + timedelta(rng.randrange(2, 40)),
    }
    months = tongue.facts["months"]
    shape = rng.randrange(4)
    facts = {f"date{key}": _written(day, months, tongue.code, shape) for key, day in days.items()}
    facts |= {f"iso{key}": day.isoformat() for key, day in days.items()}
    return facts | {"weekday": rng.choice(tongue.facts["weekdays"]), "month": rng.choice(months)}


def _written(day: date, months: list[str], code: str, shape: int) -> str:
    month = months[day.month - 1]
    if shape == 0:
        return day.strftime("%d.%m.%Y" if code == "de" else "%d/%m/%Y")
    if code == "en":
        return (f"{day.day} {month}", f"{month} {day.day}", day.isoformat())[shape - 1]
    between = {"de": ". ", "es": " de ", "fr": " "}[code]
    return f"{day.day}{between}{month}"


def _amounts(code: str, rng: Random) -> Facts:
    large, small, third = rng.randrange(2400, 129900), rng.randrange(300, 2300), rng.randrange(300, 2300)
    shape = rng.choice(("£{}", "£{}", "€{}", "{} €", "${}", "{} EUR")) if code == "en" else "{} €"
    return {
        "amount": shape.format(_decimal(large, code)),
        "amount2": shape.format(_decimal(small, code)),
        "amount3": shape.format(_decimal(third, code)),
        "value": f"{large / 100:.2f}",
        "value2": f"{small / 100:.2f}",
    }


def _decimal(cents: int, code: str) -> str:
    text = f"{cents / 100:,.2f}"
    return text if code == "en" else text.translate(str.maketrans(",.", ".,"))
