"""Identifiers of every type that another tool makes up, in sentences of ours: behind a word that says what
they are, and without one; and each type on texts that hold none.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa

from curate.suspicion import alpaca
from curate.topic import HERE, Run, ask, peer, table
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import RedactSpec
from tuneset.stages.redact import Redact

TITLE = "Identifiers of every type"

SCRIPT = HERE / "curate" / "peers" / "identifiers.py"
EACH = 200
SAID = {
    "email": "Please write to my mail address {}, thank you.",
    "phone": "You can call me at {} after five.",
    "card": "My credit card is {}, please charge it.",
    "iban": "The IBAN for the refund is {}, thank you.",
    "government_id, US": "My SSN is {}, as you asked.",
    "government_id, Italy": "Il mio codice fiscale è {}, grazie.",
    "government_id, Poland": "Mój PESEL to {}, dziękuję.",
    "government_id, Brazil": "Meu CPF é {}, obrigado.",
    "ip": "My IP address is {}, so please unblock it.",
    "device": "The MAC address of the router is {}, please reset it.",
    "plate": "My license plate is {}, it stands in the second row.",
    "date_of_birth": "My date of birth is {}, as in my passport.",
    "address": "I live at {}, please send it there.",
    "username": "My username is {} and I cannot log in.",
    "account": "My account number is {}, as on the letter.",
    "booking": "My booking reference is {}, for two people.",
    "credential": "My password is {} and it does not work.",
    "person": "Hello, my name is {}, and I have a question.",
}
BARE = "I have this here: {} and do not know what to do with it."


def section(run: Run) -> Iterator[str]:
    made = ask(peer("identifiers", "faker"), SCRIPT, {"each": 20 if run.quick else EACH})
    clean = _clean(run) if run.data.is_dir() else []
    types = Counter(kind for text in _found(clean) for kind in text)
    yield (
        "Values by Faker in nine places of the world, in sentences of ours: behind a word that says what "
        "they are, and without one. All types are on, without the model. *Found*: share that is taken out, "
        f"by whatever type. *Alarms*: of {len(clean):,} texts of Taskmaster-4, banking77 and the Alpaca demo "
        "those in which the type is found; a few hold one (a number to call). Rules for passwords, user "
        "names and old JCB cards were mended after a look at what was missed here."
    )
    yield ""
    rows = []
    for name, values in made.items():  # pyright: ignore[reportAttributeAccessIssue]
        kind = name.partition(",")[0]
        shares = [_taken(values, sentence) for sentence in (SAID[name], BARE)]
        rows.append(
            [name, len(values), *(f"{share:.1%}" for share in shares), f"{types[kind]} of {len(clean):,}"]
        )
    yield from table(["identifier", "planted", "found, announced", "found, bare", "alarms"], rows)


def _stage() -> Redact:
    soft = ("email", "phone", "ip", "person", "username", "address", "date_of_birth", "account", "device",
            "wallet", "plate", "booking")  # fmt: skip
    return Redact(RedactSpec(soft=soft), key=bytes(32))


def _table(texts: list[str]) -> pa.Table:
    builder = ExampleBuilder()
    for number, text in enumerate(texts):
        builder.message("user", text)
        builder.finish(number.to_bytes(16, "big"), line=1, source="s", file="f")
    return builder.table()


def _taken(values: list[str], sentence: str) -> float:
    """Share of the values that no longer stand in their sentence."""
    done = _stage()(_table([sentence.format(value) for value in values])).examples
    texts = [messages[0]["content"] for messages in done.column("messages").to_pylist()]
    return sum(value not in text and "[" in text for value, text in zip(values, texts, strict=True)) / len(
        values
    )


def _found(texts: list[str]) -> list[set[str]]:
    """The types found in each text."""
    found: dict[bytes, set[str]] = {}
    for row in _stage()(_table(texts)).events.to_pylist():
        found.setdefault(row["origin_id"], set()).add(json.loads(row["evidence"])["type"])
    return list(found.values())


def _clean(run: Run) -> list[str]:
    texts = []
    with (run.data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as lines:
        texts += [row["text"] for row in csv.DictReader(lines)]
    for line in (run.data / "derived" / "tm4_openai_00-03.jsonl").read_text(encoding="utf-8").splitlines():
        turns = json.loads(line)["messages"]
        texts += [turn["content"] for turn in turns if turn["role"] != "tool" and turn.get("content")]
    cases = alpaca(run.data / "llama_factory_demo" / "alpaca_en_demo.json")
    texts += [str(turn["content"]) for case in cases for turn in case.turns]
    return list(run.some(texts))
