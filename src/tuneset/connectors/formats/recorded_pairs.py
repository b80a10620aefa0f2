"""Recorded calls of any provider: `request` and `response`, as proxies, gateways and cassettes write them.

The bodies are objects, JSON in a string, or wrapped in what HTTP adds (`body`); the response may be a stream.
Chat completions, completions, Responses, Anthropic, Gemini and Bedrock bodies are told apart record by
record. Cassettes of VCR in JSON (`interactions`) and HAR files (`log.entries`) hold several pairs; headers,
cookies and query strings are not kept, because that is where keys are.

https://vcrpy.readthedocs.io
http://www.softwareishard.com/blog/har-12-spec/
"""

from collections.abc import Iterator, Mapping
from typing import cast

from tuneset.connectors.calls.call import as_object
from tuneset.connectors.calls.dialect import is_question
from tuneset.connectors.calls.pair import names_of, pair, parse_pair
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]


class RecordedPairs:
    """Requests and responses, side by side."""

    name = "recorded-pairs"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By the two bodies, if the first asks a model something, or by a list of such pairs."""
        inside = _inside(record)
        if inside is not None:
            name, entries = inside
            found = next((why for entry in entries[:20] if (why := self._recognises(entry))), None)
            return found and f"`{name}` with {found}"
        return self._recognises(record)

    def _recognises(self, record: object) -> str | None:
        names = names_of(cast("Object", record)) if type(record) is dict else None
        if names is None:
            return None
        try:
            found = pair(cast("Object", record))
        except Rejected:
            return None
        if not is_question(found.request):
            return None
        asked = next(name for name in _ASKED if name in (as_object(found.request) or {}))
        return f"`{names[0]}` with `{asked}`, `{names[1]}`"

    def unpack(self, record: Object) -> Iterator[Object]:
        """The pairs of a cassette or HAR file; a pair is itself."""
        inside = _inside(record)
        if inside is None:
            return iter([record])
        return (entry if type(entry) is dict else {"entry": entry} for entry in inside[1])

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        return parse_pair(record, into, fields=fields)


_ASKED = ("messages", "input", "prompt", "contents", "inputText")


def _inside(record: Object) -> tuple[str, list[object]] | None:
    """The pairs of a file that holds many, and the key under which they are."""
    log = record.get("log")
    for name, value in (
        ("interactions", record.get("interactions")),
        ("log.entries", log.get("entries") if type(log) is dict else None),
    ):
        if type(value) is list:
            return name, cast("list[object]", value)
    return None
