"""Completions of a prompt: OpenAI's older endpoint, and the text models of Bedrock and vLLM.

A prompt that a chat template made is taken apart again where the template's marks leave no doubt (ChatML,
Llama 3); any other prompt is one turn of the user.

https://platform.openai.com/docs/api-reference/completions
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from dataclasses import dataclass

from tuneset.connectors.calls.call import Call, Object, objects, without
from tuneset.core.errors import Rejected

_PROMPTS = ("prompt", "inputText")
_CHATML = ("<|im_start|>", "\n", "<|im_end|>")
_LLAMA3 = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
_ROLES = ("system", "user", "assistant")
_BLANK = " \t\r\n"


@dataclass(frozen=True)
class Completion:
    """An answer in plain text, why it stopped, and the field that held both."""

    text: str
    finish_reason: object
    field: str


def completion(response: Object) -> Completion | None:
    """The text of a response, whatever it is called there; the first of several."""
    for field, text, reason in (
        ("choices", "text", "finish_reason"),  # OpenAI
        ("outputs", "text", "stop_reason"),  # Mistral on Bedrock
        ("results", "outputText", "completionReason"),  # Titan
        ("generations", "text", "finish_reason"),  # Cohere
    ):
        for entry in objects(response.get(field))[:1]:
            if type(entry.get(text)) is str:
                return Completion(str(entry[text]), entry.get(reason), field)
    for field, reason in (("generation", "stop_reason"), ("outputText", "completionReason")):
        if type(response.get(field)) is str:  # Llama; chunks of Titan
            return Completion(str(response[field]), response.get(reason), field)
    return None


def answers(response: Object) -> bool:
    """Is this the body of a completion?"""
    return completion(response) is not None


def read(request: Object, response: Object) -> Call:
    """The call.

    Raises:
        Rejected: no-request, bad-message.
    """
    found = completion(response)
    if found is None:
        raise Rejected("no-answer", "no completion")
    field = next((name for name in _PROMPTS if request.get(name) is not None), None)
    if field is None:
        raise Rejected("no-request", "the request holds no prompt")
    rest = without(response, found.field, "stop_reason", "completionReason")
    others = objects(response.get(found.field))[1:]
    return Call(
        messages=[*prompted(_one(request[field], where=field)), {"role": "assistant", "content": found.text}],
        finish_reason=found.finish_reason,
        request=without(request, field),
        response={**rest, found.field: others} if others else rest,
    )


def _one(prompt: object, *, where: str) -> str:
    if type(prompt) is list and len(prompt) == 1:
        prompt = prompt[0]
    if type(prompt) is not str:
        raise Rejected("bad-message", f"`{where}` is no text")
    return prompt


def prompted(prompt: str) -> list[object]:
    """The messages of a prompt."""
    return (
        _unrendered(prompt, _CHATML) or _unrendered(prompt, _LLAMA3) or [{"role": "user", "content": prompt}]
    )


def _unrendered(prompt: str, marks: tuple[str, str, str]) -> list[object] | None:
    """The turns between the marks of a chat template; None if anything stands elsewhere.

    The last turn is the assistant's, begun and empty.
    """
    begin, name_end, end = marks
    head, *turns = prompt.removeprefix("<|begin_of_text|>").split(begin)
    if head.strip(_BLANK) or not turns:
        return None
    messages = list[object]()
    for number, turn in enumerate(turns, 1):
        role, named, said = turn.partition(name_end)
        text, ended, rest = said.partition(end)
        role, last = role.strip(_BLANK), number == len(turns)
        if role not in _ROLES or not (named or last) or rest.strip(_BLANK) or bool(ended) == last:
            return None
        if last:
            return messages if role == "assistant" and not text.strip(_BLANK) else None
        messages.append({"role": role, "content": text.removeprefix("\n\n") if begin == _LLAMA3[0] else text})
    return None
