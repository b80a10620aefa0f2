"""Classification: a text and its label, often a table. The text becomes the user's turn, the label the
answer.
"""

from collections.abc import Mapping

from tuneset.connectors.envelope import envelope, reach, remove
from tuneset.connectors.readers.batch import json_type
from tuneset.connectors.turns import Turns
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

TEXTS = (
    "text",
    "utterance",
    "query",
    "sentence",
    "message",
    "question",
    "input",
    "content",
    "body",
    "document",
)
LABELS = ("label_text", "label_name", "label", "category", "intent", "class", "target", "topic", "labels")
"""Column names that data sets use, likelier ones first."""


class Classification:
    """Records with a text and a label; the names are guessed unless `fields.text` and `fields.label` say
    them.
    """

    name = "classification"
    version = 1

    def recognises(self, record: Mapping[str, object]) -> str | None:
        """By a field with text and one with a short label, under their usual names."""
        guess = guessed_fields(record)
        if guess is None or guess.label is None or not _is_short(record[guess.label]):
            return None
        return f"`{guess.text}`, `{guess.label}`"

    def parse(self, record: Mapping[str, object], into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        text_field, label_field = _names(record, fields=fields)
        text, label = reach(record, text_field), reach(record, label_field)
        if type(text) is not str:
            raise Rejected("bad-message", f"`{text_field}` is a {json_type(text)}")
        turns, extra = Turns(into), dict(record)
        if fields.system and type(reach(record, fields.system)) is str:
            turns.say("system", str(reach(record, fields.system)))
            remove(extra, fields.system)
        turns.say("user", text)
        turns.say("assistant", _label(label, field=label_field))
        remove(extra, text_field)
        remove(extra, label_field)
        return envelope(extra, fields=fields)


def guessed_fields(record: Mapping[str, object]) -> Fields | None:
    """Which field holds the text and which the label, by their names without regard to case."""
    lower = {name.strip().lower(): name for name in reversed(list(record))}
    text = next((lower[name] for name in TEXTS if name in lower and type(record[lower[name]]) is str), None)
    label = next((lower[name] for name in LABELS if name in lower), None)
    return None if text is None or label is None else Fields(text=text, label=label)


def _names(record: Mapping[str, object], *, fields: Fields) -> tuple[str, str]:
    if fields.text and fields.label:
        return fields.text, fields.label
    guess = guessed_fields(record) or Fields()
    text, label = fields.text or guess.text, fields.label or guess.label
    if text is None or label is None:
        raise Rejected("unknown-shape", "no field with a text and one with a label")
    return text, label


def _is_short(value: object) -> bool:
    return type(value) is int or (type(value) is str and len(value) <= 100 and "\n" not in value)


def _label(value: object, *, field: str) -> str:
    """The label as text: numbers as they are written, a list of one as its entry."""
    if type(value) is list and len(value) == 1:
        value = value[0]
    if value is None or value == "":
        raise Rejected("no-answer", f"`{field}` is empty")
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) not in (str, int, float):
        raise Rejected("bad-label", f"`{field}` is a {json_type(value)}")
    return str(value)
