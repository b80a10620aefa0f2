"""Gemini and Vertex AI: training rows, request and response logs, and results of batch prediction.

    {"systemInstruction", "contents", "tools"}            a row for supervised tuning
    {"contents", "completions": [{"score", "completion"}]}   a row for preference tuning: the better one is
                                                          the answer, the worst is `rejected` in `extra`
    {"request", "response"}                               batch prediction, and what applications record
    {"full_request", "full_response"}                     request and response logging of Vertex AI

https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare
https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/request-response-logging
"""

from collections.abc import Mapping
from typing import cast

from tuneset.connectors.calls import gemini
from tuneset.connectors.calls.call import Call, add_call, as_object, objects
from tuneset.connectors.calls.pair import names_of, parse_pair
from tuneset.connectors.turns import decoded
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]


class GeminiContents:
    """Contents of parts: rows and logs."""

    name = "gemini-contents"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By `contents` with `parts`, in the record or in its request."""
        if _has_parts(record.get("contents")):
            return "`contents` with `parts`" + (", `completions`" if "completions" in record else "")
        names = names_of(record)
        if names is not None and _has_parts((as_object(record[names[0]]) or {}).get("contents")):
            return f"`{names[0]}.contents` with `parts`, `{names[1]}`"
        return None

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if names_of(record) is not None:
            return parse_pair(record, into, fields=fields)
        try:
            return _row(record, into, fields=fields)
        except RecursionError:
            raise Rejected("too-deep") from None


def _has_parts(contents: object) -> bool:
    contents = decoded(contents)
    first = contents[0] if type(contents) is list and contents else None
    return type(first) is dict and "parts" in first


def _row(record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
    """A row for tuning."""
    extra = {name: value for name, value in record.items() if name not in gemini.QUESTION}
    messages = gemini.asked(record)
    scored = sorted(objects(record.get("completions")), key=_score)
    if scored:
        del extra["completions"]
        messages += _completion(scored[-1])
        if len(scored) > 1:
            extra["rejected"] = _completion(scored[0])[-1]
    call = Call(messages, tools=gemini.tools(record.get("tools")))
    return add_call(call, into, extra=extra, fields=fields)


def _score(entry: Object) -> float:
    score = entry.get("score")
    return float(cast("float", score)) if type(score) in (int, float) else 0.0


def _completion(entry: Object) -> list[object]:
    content = entry.get("completion")
    said = {**content, "role": "model"} if type(content) is dict else content
    messages = list(gemini.message(said, where="completions"))
    if not messages:
        raise Rejected("no-answer", "a completion has no parts")
    last = cast("Object", messages[-1])
    return [*messages[:-1], {**last, "role": "assistant"}]
