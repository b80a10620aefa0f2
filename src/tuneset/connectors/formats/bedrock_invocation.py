"""Model invocation logs of Amazon Bedrock, as CloudWatch and S3 get them.

The bodies are those of Converse, of Anthropic's models, of chat completions, or a prompt and its completion
(Llama, Mistral, Titan). Bedrock puts bodies of more than 100 kB into objects of their own; such a record is
rejected as `content-not-recorded`.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
"""

from collections.abc import Mapping

from tuneset.connectors.calls.call import add_call, as_object
from tuneset.connectors.calls.dialect import read_call
from tuneset.connectors.calls.errors import provider_error
from tuneset.connectors.envelope import envelope
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_NO_FIELDS = Fields()


class BedrockInvocation:
    """Records with `schemaType: ModelInvocationLog`."""

    name = "bedrock-invocation"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By `schemaType`."""
        return (
            "`schemaType` is `ModelInvocationLog`"
            if record.get("schemaType") == "ModelInvocationLog"
            else None
        )

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        if record.get("errorCode"):
            raise provider_error(record["errorCode"])
        request, asked = _body(record, "input")
        response, answered = _body(record, "output")
        call = read_call(request, response, status=record.get("status"))
        call.request.update(asked)
        call.response.update(answered)
        extra = {name: value for name, value in record.items() if name not in ("input", "output")}
        parsed = add_call(call, into, extra=extra, fields=fields, request_at="input", response_at="output")
        if parsed.model is None and type(parsed.extra.get("modelId")) is str:
            parsed.model = str(parsed.extra.pop("modelId"))
        _take_ids(parsed)
        return parsed


def _body(record: Object, side: str) -> tuple[object, dict[str, object]]:
    """The body of one side, and what stands beside it."""
    around = as_object(record.get(side))
    if around is None:
        raise Rejected("unknown-shape", f"no `{side}`")
    name = f"{side}BodyJson"
    if around.get(name) is None and f"{side}BodyS3Path" in around:
        raise Rejected("content-not-recorded", f"`{side}BodyS3Path` names an object of its own")
    return around.get(name), {key: value for key, value in around.items() if key != name}


def _take_ids(parsed: Parsed) -> None:
    """Ids that the caller put into `requestMetadata`."""
    metadata = parsed.extra.get("requestMetadata")
    if type(metadata) is not dict:
        return
    said = envelope({"metadata": metadata}, fields=_NO_FIELDS)
    parsed.conversation = parsed.conversation or said.conversation
    parsed.user = parsed.user or said.user
    parsed.extra["requestMetadata"] = said.extra.get("metadata", {})
