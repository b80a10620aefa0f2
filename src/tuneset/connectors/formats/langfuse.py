"""Langfuse: observations of the API and of the blob-storage export, and traces with their observations.

The API (`/api/public/v2/observations`) and the interface's downloads write camelCase, the blob-storage
export (`observations_v2/`, `observations/`) snake_case with columns that may be missing; `input` and `output`
are strings of whatever the instrumented code passed around. A trace as JSON (`trace-<id>.json`,
`/traces/<id>`) has its observations and scores inside. Observations of the type GENERATION are calls to a
model.
https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields
"""

from collections.abc import Iterator, Mapping
from typing import cast

from tuneset.connectors.calls.errors import provider_error
from tuneset.connectors.traces.dialects import openai_messages
from tuneset.connectors.traces.example import Call, example_of, one_answer
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

_CALL = "GENERATION"
_TYPES = (
    *("SPAN", "EVENT", _CALL, "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING"),
    "GUARDRAIL",
)
_TRACE_ID = ("traceId", "trace_id")
_SESSION = ("sessionId", "session_id")
_USER = ("userId", "user_id")
_PARENT = ("parentObservationId", "parent_observation_id")
_START = ("startTime", "start_time")
_MODEL = ("model", "providedModelName", "provided_model_name", "internalModel", "internal_model")
_TOOLS = ("toolDefinitions", "tool_definitions")
_OBSERVATION = ("observationId", "observation_id")
_VALUE = ("longStringValue", "long_string_value", "stringValue", "string_value", "value")
_REPEATS = "repeatsObservation"
"""What `unpack` adds to a call that an observation around it records too."""
_REPEATED = (
    *("input.value", "output.value", "llm.input_messages.", "llm.output_messages.", "llm.tools."),
    *("gen_ai.prompt", "gen_ai.completion", "gen_ai.input.messages", "gen_ai.output.messages"),
    *("ai.prompt", "ai.response.text", "gcp.vertex.agent.llm_"),
)
_OF_PEOPLE = (
    *("authorUserId", "author_user_id", "projectId", "project_id", "traceId", "trace_id"),
    *("configId", "config_id", "queueId", "queue_id", "id"),
)
"""Ids inside scores: they say nothing about the answer, and some name a person."""


class Langfuse:
    """Observations, alone or in a trace."""

    name = "langfuse"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By an observation's type beside the id of its trace, or by a list of such."""
        observations = record.get("observations")
        if type(observations) is list:
            found = any(type(entry) is dict and _is_observation(entry) for entry in observations)
            return "`observations` with `type` and `traceId`" if found else None
        return "`type`, `traceId`, `input`, `output`" if _is_observation(record) else None

    def unpack(self, record: Object) -> Iterator[Object]:
        """Observations, each with the session, user, tags and scores of its trace."""
        traces = record.get("traces")
        if type(traces) is list:
            for trace in cast("list[object]", traces):
                yield from self.unpack({"sessionId": record.get("id"), **_object(trace)})
            return
        if type(record.get("observations")) is not list:
            yield record
            return
        yield from _opened(record)

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if record.get("type") != _CALL:
            raise Rejected("not-a-model-call", "`type` is not `GENERATION`")
        if _REPEATS in record:
            raise Rejected("repeated-call", "an observation around it records the same call")
        rest = dict(record)
        given, output = rest.pop("input", None), rest.pop("output", None)
        asked, answer = asked_in(given), answered_in(output)
        if not answer.messages and record.get("level") == "ERROR":
            raise provider_error()
        call = Call(
            asked=asked.messages,
            answered=after(asked.messages, answer.messages),
            tools=asked.tools or _take(rest, _TOOLS),
            model=_take(rest, _MODEL) or answer.model,
            finish_reason=answer.finish_reason,
            conversation=_take(rest, _SESSION) or _take(rest, _TRACE_ID),
            user=_take(rest, _USER),
            time=_first(rest, _START),
        )
        _add_scores(call, rest)
        rest |= without_nothing(input=left_of_input(given), output=left_of_output(output, answer))
        if "metadata" in rest:
            rest["metadata"] = _metadata(rest["metadata"])
        return example_of(call, rest, into, fields=fields)


def _is_observation(record: Object) -> bool:
    return record.get("type") in _TYPES and bool(_first(record, _TRACE_ID))


def _first(record: Object, names: tuple[str, ...]) -> object:
    return next((record[name] for name in names if record.get(name) not in (None, "", {}, [])), None)


def _take(record: dict[str, object], names: tuple[str, ...]) -> object:
    """The first value there is, taken out; fields that say nothing are taken out too."""
    for name in names:
        if name in record:
            value = record.pop(name)
            if value not in (None, "", {}, []):
                return value
    return None


def _object(value: object) -> Object:
    return cast("Object", value) if type(value) is dict else {}


def _objects(value: object) -> list[Object]:
    listed = cast("list[object]", value) if type(value) is list else []
    return [cast("Object", entry) for entry in listed if type(entry) is dict]


def _opened(record: Object) -> Iterator[Object]:
    """The observations of a trace, in their order; what is no object is passed on, to be rejected."""
    trace = _object(record.get("trace")) or record
    listed = cast("list[object]", record["observations"])
    observations = _objects(listed)
    scores = [
        *_objects(trace.get("scores")),
        *(_objects(record.get("scores")) if trace is not record else []),
    ]
    scores += [{**entry, "dataType": "CORRECTION"} for entry in _objects(trace.get("corrections"))]
    repeats, final = _repeats(observations), _final(observations, trace)
    shared = {"sessionId": _first(trace, _SESSION), "userId": _first(trace, _USER)}
    shared |= {"traceId": trace.get("id"), "traceName": trace.get("name")}
    shared |= {name: trace.get(name) for name in ("tags", "release")}
    for entry in listed:
        if type(entry) is not dict:
            yield {"type": None}
            continue
        own = _scores_of(entry, scores, is_final=entry.get("id") == final)
        unit = dict(entry) if not own else {**entry, "scores": own}
        unit |= {name: value for name, value in shared.items() if value and not unit.get(name)}
        if _id(entry) in repeats:
            unit[_REPEATS] = True
        yield unit


def _scores_of(observation: Object, scores: list[Object], *, is_final: bool) -> list[Object]:
    """Scores of the observation, and of its trace; a correction of the trace is one of its last answer."""
    found = _objects(observation.get("scores"))
    for score in scores:
        on = _first(score, _OBSERVATION)
        if on == observation.get("id") or (on is None and (is_final or not _is_correction(score))):
            found.append(score)
    return found


def _final(observations: list[Object], trace: Object) -> object:
    """The id of the call whose answer is the trace's: the last one that says the same, else the last one."""
    calls = sorted(
        (entry for entry in observations if entry.get("type") == _CALL and entry.get("output")),
        key=lambda entry: str(_first(entry, _START)),
    )
    said = _text(trace.get("output"))
    same = [entry for entry in calls if said and _text(entry.get("output")) == said]
    return (same or calls or [{}])[-1].get("id")


def _repeats(observations: list[Object]) -> set[str]:
    """Calls that are recorded twice, by the instrumentations of a framework and of the provider's client.

    Of a call inside a call with the same answer the one whose input has structure stays.
    """
    by_id = {_id(entry): entry for entry in observations}
    found = set[str]()
    for inner in observations:
        parent = _first(inner, _PARENT)
        outer = by_id.get(parent) if type(parent) is str else None
        if outer is None or outer is inner or not inner.get("type") == outer.get("type") == _CALL:
            continue
        if _same_answer(inner, outer):
            found.add(_id(outer if _has_structure(inner) else inner))
    return found


def _id(observation: Object) -> str:
    found = observation.get("id")
    return found if type(found) is str else ""


def _same_answer(inner: Object, outer: Object) -> bool:
    """An instrumentation in Python that knows no calls writes "None" for an answer without text."""
    said, around = _text(inner.get("output")), _text(outer.get("output"))
    return said == around or (said == "None" and around is None)


def _has_structure(observation: Object) -> bool:
    return type(decoded(observation.get("input"))) is not str


def _text(output: object) -> object:
    messages = cast("list[object]", openai_messages(answered_in(output).messages))
    return one_answer(messages)["content"]


def _metadata(value: object) -> object:
    """The metadata without the span's attributes that repeat input and output."""
    metadata = decoded(value)
    if type(metadata) is not dict or type(metadata.get("attributes")) is not dict:
        return metadata
    attributes = {
        name: said for name, said in metadata["attributes"].items() if not name.startswith(_REPEATED)
    }
    return {**metadata, "attributes": attributes}


def _add_scores(call: Call, rest: dict[str, object]) -> None:
    """Scores are feedback; a correction is the answer as it should have been."""
    scores = _objects(decoded(rest.get("scores")))
    scores += [
        {**entry, "dataType": "CORRECTION"} for entry in _objects(decoded(rest.pop("corrections", None)))
    ]
    if not scores:
        return
    rest.pop("scores", None)
    for score in scores:
        value = _first(score, _VALUE)
        if _is_correction(score) and type(value) is str:
            call.corrected = answered_in(value).messages
    call.feedback = [
        {name: value for name, value in score.items() if value is not None and name not in _OF_PEOPLE}
        for score in scores
    ]


def _is_correction(score: Object) -> bool:
    return _first(score, ("dataType", "data_type")) == "CORRECTION"
