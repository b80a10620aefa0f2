"""vLLM's own record of a request: `RequestOutput` as JSON, a prompt and its `outputs`.

Offline runs (`LLM.generate`, `LLM.chat`) return it. The prompt is what the chat template made; where the
template is ChatML or Llama 3 it is taken apart into its turns again, any other is one turn of the user. What
`vllm run-batch` writes is read by `openai-batch`; the server's own log is text and cannot be read.

https://docs.vllm.ai/en/latest/api/vllm/outputs.html
"""

from collections.abc import Mapping

from tuneset.connectors.calls import text
from tuneset.connectors.calls.call import Call, add_call, objects, without
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_TOKENS = ("prompt_token_ids", "prompt_logprobs", "token_ids", "logprobs", "cumulative_logprob")
"""Numbers of one tokenizer, as long as the texts and of no use to another."""


class VLLMRequests:
    """Finished requests of vLLM."""

    name = "vllm-requests"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By `request_id` and `outputs` of texts."""
        first = next(iter(objects(record.get("outputs"))), {})
        if "request_id" in record and "prompt" in record and "text" in first:
            return "`request_id`, `prompt`, `outputs` with `text`"
        return None

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        outputs = objects(record.get("outputs"))
        if not outputs:
            raise Rejected("no-answer", "`outputs` is empty")
        first, *others = outputs
        if type(first.get("text")) is not str:
            raise Rejected("bad-message", "`outputs[0].text` is no text")
        if first.get("finish_reason") is None and record.get("finished") is False:
            raise Rejected("unfinished", "`finished` is false")
        left = without(first, "text", "finish_reason", "index", *_TOKENS)
        kept = [entry for entry in (left, *(without(other, *_TOKENS) for other in others)) if entry]
        call = Call(
            [*_asked(record), {"role": "assistant", "content": first["text"]}],
            finish_reason=first.get("finish_reason"),
            response={"outputs": kept} if kept else {},
        )
        extra = without(record, "prompt", "messages", "outputs", *_TOKENS)
        return add_call(call, into, extra=extra, fields=fields, response_at=None)


def _asked(record: Object) -> list[object]:
    """The messages beside the prompt if somebody put them there, else the prompt's own turns."""
    messages = record.get("messages")
    if type(messages) is list and messages:
        return list(messages)
    prompt = record.get("prompt")
    if type(prompt) is not str:
        raise Rejected("no-request", "`prompt` is no text")
    return text.prompted(prompt)
