"""LangSmith runs, as its client lists them and its bulk export writes them.

A run of the type `llm` is a call to a model; chains, tools, retrievers and parsers are not. Its inputs are
messages as LangChain serialises them or as a provider takes them, its outputs `generations`, a message or a
provider's response. In the bulk export (Parquet) objects are JSON texts. `session_id` is the id of the
project, not of a conversation: that is in the metadata.
https://docs.langchain.com/langsmith/run-data-format
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from tuneset.connectors.calls.errors import provider_error
from tuneset.connectors.envelope import reach, remove
from tuneset.connectors.traces.example import Call, example_of
from tuneset.connectors.traces.payloads import (
    after,
    answered_in,
    asked_in,
    left_of_input,
    left_of_output,
    without_nothing,
)
from tuneset.connectors.turns import decoded
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_KINDS = ("llm", "chain", "tool", "retriever", "embedding", "prompt", "parser")
_PARAMETERS = "extra.invocation_params"
_SESSION = tuple(f"extra.metadata.{name}" for name in ("session_id", "thread_id", "conversation_id"))
_USER = tuple(f"extra.metadata.{name}" for name in ("user_id", "userId", "user"))
_TOOLS = tuple(f"{_PARAMETERS}.{name}" for name in ("tools", "functions"))
_MODEL = (
    f"{_PARAMETERS}.model",
    f"{_PARAMETERS}.model_name",
    "extra.metadata.ls_model_name",
)
_JSON = ("inputs", "outputs", "extra", "feedback_stats", "feedback")
_PROJECT = "session_id"
_THROWN = re.compile(r"\s*([A-Za-z_.]+)\(")
"""What `repr` writes of an exception begins with its class."""
_OF_PEOPLE = ("user_id", "user_name", "ls_user_id", "session_id", "trace_id", "run_id", "id")


class LangSmith:
    """Runs with `run_type`."""

    name = "langsmith"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By the run's type beside its place in a trace."""
        if record.get("run_type") not in _KINDS:
            return None
        also = [name for name in ("dotted_order", "trace_id", "inputs", "outputs") if name in record]
        return f"`run_type`, `{also[0]}`" if also else None

    def unpack(self, record: Object) -> Iterator[Object]:
        """The run, and after it the runs inside it."""
        todo: list[Object] = [record]
        while todo:
            run = todo.pop()
            inner = run.get("child_runs")
            yield {name: value for name, value in run.items() if name != "child_runs"} if inner else run
            if type(inner) is list:
                listed = cast("list[object]", inner)
                todo += [cast("Object", child) for child in reversed(listed) if type(child) is dict]

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if record.get("run_type") != "llm":
            raise Rejected("not-a-model-call", "`run_type` is not `llm`")
        rest = {name: decoded(value) if name in _JSON else value for name, value in record.items()}
        given, output = rest.pop("inputs", None), rest.pop("outputs", None)
        asked, answer = asked_in(given), answered_in(output)
        if not answer.messages and record.get("error"):
            raise provider_error(_thrown(record["error"]))
        project = rest.pop(_PROJECT, None)
        call = Call(
            asked=asked.messages,
            answered=after(asked.messages, answer.messages),
            tools=asked.tools or _take(rest, _TOOLS),
            model=_take(rest, _MODEL) or answer.model,
            finish_reason=answer.finish_reason,
            conversation=_take(rest, _SESSION) or _take(rest, ("trace_id",)),
            user=_take(rest, _USER),
            time=rest.get("start_time"),
        )
        _add_feedback(call, rest)
        rest |= without_nothing(inputs=left_of_input(given), outputs=left_of_output(output, answer))
        parsed = example_of(call, rest, into, fields=fields)
        if project is not None:
            parsed.extra[_PROJECT] = project
        return parsed


def _take(rest: dict[str, object], paths: tuple[str, ...]) -> object:
    """The first value that is there, taken out."""
    for path in paths:
        value = reach(rest, path)
        if value not in (None, "", [], {}):
            remove(rest, path)
            return value
    return None


def _thrown(said: object) -> str | None:
    found = _THROWN.match(said) if type(said) is str else None
    return found[1].rpartition(".")[2] if found else None


def _add_feedback(call: Call, rest: dict[str, object]) -> None:
    """Rows of feedback, if they were joined, and their statistics; a correction is the better answer."""
    rows = rest.pop("feedback", None)
    stats = rest.pop("feedback_stats", None)
    listed = [row for row in cast("list[object]", rows) if type(row) is dict] if type(rows) is list else []
    for row in listed:
        correction = _plain(cast("Object", row).get("correction"))
        if correction not in (None, "", {}):
            call.corrected = answered_in(correction).messages
    said: dict[str, object] = {}
    if listed:
        said["feedback"] = [
            {name: value for name, value in cast("Object", row).items() if name not in _OF_PEOPLE}
            for row in listed
        ]
    elif rows is not None:
        said["feedback"] = rows
    if stats:
        said["feedback_stats"] = stats
    call.feedback = said or None


def _plain(correction: object) -> object:
    """A correction is a text, or an object around one: `{"output": "…"}`."""
    value = decoded(correction)
    if type(value) is dict and len(value) == 1 and type(only := next(iter(value.values()))) is str:
        return only
    return correction if type(correction) is str else value
