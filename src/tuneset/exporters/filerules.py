"""Rules of whole files that hold for every target, because every loader stumbles over them."""

from tuneset.core.exporter import Exporter, Rule

_JSONL = "https://jsonlines.org/"

JSON = Rule(
    "file.json", "the line is no JSON object", _JSONL, "one object a line: no array around, no comma after"
)
ENCODING = Rule("file.encoding", "the line is not UTF-8", _JSONL, "save the file as UTF-8")
BOM = Rule(
    "file.bom",
    "the file begins with a byte order mark, on which most loaders stop",
    _JSONL,
    "save it as UTF-8 without BOM; `check --fix` takes it out",
)
BLANK = Rule(
    "file.blank-line", "an empty line, on which some loaders stop", _JSONL, "take it out", level="warning"
)
EMPTY = Rule("file.empty", "there is no example in the file", _JSONL, "check the path")
TOKENS = Rule(
    "len.tokens",
    "the example is longer than the context: it is cut, dropped or refused",
    _JSONL,
    "shorten it, or choose a model that reads more",
    level="warning",
)
UNREADABLE = Rule(
    "shape.unreadable",
    "the line cannot be read as an example",
    _JSONL,
    "see the reject reason that stands with it",
)

_ALL = (JSON, ENCODING, BOM, BLANK, EMPTY, TOKENS, UNREADABLE)


def all_rules_of(exporter: Exporter) -> dict[str, Rule]:
    """Every rule that can be named in a check for this target; its own words go before ours."""
    return {rule.id: rule for rule in (*_ALL, *exporter.rules)}
