"""Invented records of every provider format: good ones, and bad ones with the reason they are rejected for.

A record is easier to read on a line of its own, however long.
"""
# ruff: noqa: E501

from typing import Any

import orjson

Record = dict[str, Any]

TOOL = {"name": "track", "description": "Where a parcel is", "input_schema": {"type": "object"}}
PARAMETERS = {"type": "object", "properties": {"n": {"type": "integer"}}}
USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}


def sse(*events: object, done: bool = False, named: bool = False) -> str:
    """The text of server-sent events."""
    lines = []
    for event in events:
        name = f"event: {event['type']}\n" if named and isinstance(event, dict) else ""
        lines.append(f"{name}data: {orjson.dumps(event).decode()}\n\n")
    return "".join(lines) + ("data: [DONE]\n\n" if done else "")


def ask(text: str = "Where is parcel 17?") -> Record:
    return {"role": "user", "content": text}


def completion(**more: Any) -> Record:
    choice = {"index": 0, "message": {"role": "assistant", "content": "In Lyon."}, "finish_reason": "stop"}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000, "model": "m-2026",
        "choices": [choice], "usage": USAGE, **more,
    }  # fmt: skip


def message(*blocks: Record, **more: Any) -> Record:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "c-2026",
        "content": list(blocks) or [{"type": "text", "text": "In Lyon."}],
        "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 4}, **more,
    }  # fmt: skip


def response(*output: Record, **more: Any) -> Record:
    said = {
        "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "In Lyon.", "annotations": [], "logprobs": []}],
    }  # fmt: skip
    return {
        "id": "resp_2", "object": "response", "created_at": 1_790_000_000, "status": "completed", "model": "m-2026",
        "output": list(output) or [said], "usage": {"input_tokens": 9, "output_tokens": 4}, **more,
    }  # fmt: skip


def chunk(*choices: Record, **more: Any) -> Record:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "m-2026",
            "choices": list(choices), **more}  # fmt: skip


def delta(index: int = 0, *, stop: str | None = None, **said: Any) -> Record:
    return {"index": index, "delta": said, "finish_reason": stop}


def piece(arguments: str, index: int = 0, **first: Any) -> Record:
    name = {"name": first.pop("name")} if "name" in first else {}
    return {"index": index, **first, "function": {**name, "arguments": arguments}}


CHAT_STREAM = [
    chunk(prompt_filter_results=[], model="", id=""),
    chunk(
        delta(role="assistant", content=None, tool_calls=[piece("", id="c1", type="function", name="track")])
    ),
    chunk(delta(tool_calls=[piece('{"n"')])),
    chunk(delta(tool_calls=[piece(": 17}")])),
    chunk(delta(tool_calls=[piece("{}", 1, id="c2", type="function", name="today")])),
    chunk(delta(1, content="In ")),
    chunk(delta(1, content="Lyon.")),
    chunk(delta(stop="tool_calls"), delta(1, stop="stop")),
    chunk(usage=USAGE),
]
ANTHROPIC_STREAM = [
    {"type": "message_start", "message": message(content=[], stop_reason=None)},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Parcels "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "have numbers."}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2ln"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "ping"},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "I look "}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "it up."}},
    {"type": "content_block_start", "index": 2,
     "content_block": {"type": "tool_use", "id": "toolu_1", "name": "track", "input": {}}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"n":'}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": " 17}"}},
    {"type": "content_block_stop", "index": 2},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 21}},
    {"type": "message_stop"},
]  # fmt: skip
RESPONSES_STREAM = [
    {"type": "response.created", "response": response(status="in_progress", output=[])},
    {"type": "response.output_text.delta", "output_index": 0, "delta": "In "},
    {"type": "response.output_text.delta", "output_index": 0, "delta": "Lyon."},
    {"type": "response.output_item.done", "output_index": 0, "item": response()["output"][0]},
    {"type": "response.completed", "response": response(output=[])},
]

_RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "Lyon"}]}
_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
_ASKED = {"model": "c-2026", "max_tokens": 99, "messages": [ask()]}
_FLAT = {"type": "function", "name": "track", "parameters": PARAMETERS, "strict": True}
_LINE = {"custom_id": "r-1", "method": "POST", "url": "/v1/chat/completions",
         "body": {"model": "m", "messages": [ask()], "temperature": 0.2}}  # fmt: skip
_LOG = {
    "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": "2026-11-01T10:00:00Z",
    "region": "eu-west-1", "requestId": "q1", "modelId": "house.model-v1:0", "operation": "Converse",
}  # fmt: skip


def logged(request: Any, answer: Any, **more: Any) -> Record:
    """A model invocation log."""
    return {
        **_LOG,
        "input": {"inputContentType": "application/json", "inputBodyJson": request, "inputTokenCount": 3},
        "output": {"outputContentType": "application/json", "outputBodyJson": answer, "outputTokenCount": 2},
        **more,
    }


def batch_line(**more: Any) -> Record:
    return {
        "id": "batch_req_1", "custom_id": "r-1", "error": None,
        "response": {"status_code": 200, "request_id": "req_1", "body": completion()}, **more,
    }  # fmt: skip


CONVERSE = {
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {"role": "user", "content": [{"text": "Parcel 17?"}, {"image": {"format": "png", "source": {"bytes": "aGk="}}}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "track", "input": {"n": 17}}}]},
        {"role": "user", "content": [
            {"toolResult": {"toolUseId": "t1", "content": [{"json": {"city": "Lyon"}}], "status": "success"}}]},
    ],
    "toolConfig": {"tools": [
        {"toolSpec": {"name": "track", "description": "Where", "inputSchema": {"json": PARAMETERS}}}]},
    "inferenceConfig": {"maxTokens": 99},
}  # fmt: skip
CONVERSED = {
    "output": {"message": {"role": "assistant", "content": [
        {"reasoningContent": {"reasoningText": {"text": "Lyon, it says.", "signature": "c2ln"}}}, {"text": "In Lyon."}]}},
    "stopReason": "end_turn", "usage": {"inputTokens": 9}, "metrics": {"latencyMs": 5},
}  # fmt: skip
GEMINI = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Parcel 17?"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}}]},
        {"role": "model", "parts": [{"functionCall": {"name": "track", "args": {"n": 17}}, "thoughtSignature": "c2ln"}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "track", "response": {"city": "Lyon"}}}]},
    ],
    "tools": [
        {"functionDeclarations": [{"name": "track", "parameters": {"type": "OBJECT", "properties": {
            "n": {"type": "INTEGER"}, "type": {"type": "STRING", "enum": ["A"]}}}}]},
        {"googleSearch": {}},
    ],
}  # fmt: skip
GENERATED = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "I think.", "thought": True}, {"text": "In "},
                                                           {"text": "Lyon."}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"totalTokenCount": 13}, "modelVersion": "g-2026",
}  # fmt: skip
CHATML = (
    "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nParcel 17?<|im_end|>\n<|im_start|>assistant\n"
)
LLAMA3 = (
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nParcel 17?<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n"
)

SAMPLES: dict[str, list[Record]] = {
    "openai-stored": [
        completion(messages=[{"role": "system", "content": "Be brief."}, ask()], metadata={"flow": "x"}, tools=None),
        {"object": "list", "has_more": False, "data": [
            completion(input=[ask()]),
            completion(input={"messages": [ask("And 18?")]}),
            completion(messages={"object": "list", "data": [{"id": "m-0", **ask()}]}),
        ]},
    ],
    "openai-responses": [
        {
            "request": {
                "model": "m", "instructions": "Be brief.", "tools": [_FLAT, {"type": "web_search"}],
                "previous_response_id": "resp_1", "safety_identifier": "u-7",
                "input": [
                    {"role": "user", "content": [{"type": "input_text", "text": "Parcel 17?"},
                                                 {"type": "input_image", "image_url": "https://x.example/p.png"}]},
                    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Look it up."}],
                     "encrypted_content": "b3BhcXVl"},
                    {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "track", "arguments": '{ "n": 17 }'},
                    {"type": "function_call", "id": "fc_2", "call_id": "c2", "name": "today", "arguments": "{}"},
                    {"type": "function_call_output", "call_id": "c1", "output": "Lyon"},
                    {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "Monday"}]},
                ],
            },
            "response": response(),
        },
        {"request": {"input": "Look."}, "response": response(
            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "parcel"}},
            {"type": "custom_tool_call", "call_id": "c3", "name": "sql", "input": "select 1"},
            status="incomplete", incomplete_details={"reason": "max_output_tokens"},
        )},
        response(input="Parcel 17?", conversation={"id": "conv_1"}),
        {"object": "list", "data": [response(input_items={"object": "list", "data": [{"type": "message", **ask()}]})]},
        {"request": {"input": "Parcel 17?", "stream": True}, "response": sse(*RESPONSES_STREAM, named=True)},
    ],
    "openai-batch": [
        batch_line(request=_LINE),
        batch_line(request={**_LINE, "url": "/v1/responses", "body": {"model": "m", "input": "Parcel 17?"}},
                   response={"status_code": 200, "request_id": "req_2", "body": response()}),
    ],
    "anthropic-messages": [
        {
            "request": {
                "model": "c", "max_tokens": 99, "system": [{"type": "text", "text": "Be brief.",
                                                            "cache_control": {"type": "ephemeral"}}],
                "tools": [TOOL, {"type": "web_search_20250305", "name": "web_search"}],
                "metadata": {"user_id": "u-7"},
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "Parcel 17?"}, _IMAGE]},
                    {"role": "assistant", "content": [
                        {"type": "thinking", "thinking": "Look it up.", "signature": "c2ln"},
                        {"type": "redacted_thinking", "data": "b3BhcXVl"},
                        {"type": "text", "text": "One moment."},
                        {"type": "tool_use", "id": "toolu_1", "name": "track", "input": {"n": 17}},
                        {"type": "tool_use", "id": "toolu_2", "name": "today", "input": {}}]},
                    {"role": "user", "content": [
                        _RESULT, {"type": "tool_result", "tool_use_id": "toolu_2", "content": "late", "is_error": True},
                        {"type": "text", "text": "And?"}]},
                ],
            },
            "response": message(),
        },
        {"request": {**_ASKED, "messages": [ask(), {"role": "assistant", "content": "It is in"}]},
         "response": message({"type": "text", "text": " Lyon."})},
        message(request=_ASKED),
        message(messages=[ask()], system="Be brief."),
        {**_ASKED, "response": message(stop_reason="max_tokens")},
        {"request": {**_ASKED, "stream": True}, "response": sse(*ANTHROPIC_STREAM, named=True)},
    ],
    "anthropic-batch": [
        {"custom_id": "r-1", "result": {"type": "succeeded", "message": message()},
         "request": {"custom_id": "r-1", "params": {**_ASKED, "system": "Be brief."}}},
    ],
    "recorded-pairs": [
        {"request": {"model": "m", "messages": [ask()], "user": "u-7", "tools": [{"type": "function", "function": TOOL}]},
         "response": completion(), "uri": "https://api.example/v1/chat/completions", "status": 200},
        {"request": orjson.dumps({"messages": [ask()], "stream": True}).decode(),
         "response": sse(*CHAT_STREAM, done=True), "session_id": "s-1"},
        {"request": {"messages": [ask()], "stream": True}, "response": CHAT_STREAM},
        {"request": {"prompt": "Parcel 17 is in", "max_tokens": 3},
         "response": {"object": "text_completion", "created": 1_790_000_000, "model": "t",
                      "choices": [{"index": 0, "text": " Lyon", "finish_reason": "length"}]}},
        {"interactions": [
            {"request": {"method": "POST", "uri": "https://api.example/v1?key=hidden", "headers": {"x-api-key": ["k"]},
                         "body": orjson.dumps(_ASKED).decode()},
             "response": {"status": {"code": 200, "message": "OK"}, "headers": {},
                          "body": {"string": orjson.dumps(message()).decode()}},
             "recorded_at": "2026-11-01T10:00:00"}]},
        {"log": {"version": "1.2", "entries": [
            {"startedDateTime": "2026-11-01T10:00:00Z",
             "request": {"method": "POST", "url": "https://api.example/v1", "postData": {
                 "mimeType": "application/json", "text": orjson.dumps({"messages": [ask()]}).decode()}},
             "response": {"status": 200, "content": {"mimeType": "text/event-stream", "encoding": "base64",
                          "text": "ZGF0YTogeyJjaG9pY2VzIjpbeyJpbmRleCI6MCwiZGVsdGEiOnsiY29udGVudCI6IkluIEx5b24uIn0sImZpbmlzaF9yZWFzb24iOiJzdG9wIn1dfQoKZGF0YTogW0RPTkVdCgo="}}}]}},
    ],
    "gemini-contents": [
        {**GEMINI, "contents": [*GEMINI["contents"], {"role": "model", "parts": [{"text": "In Lyon."}]}]},
        {"request": GEMINI, "response": GENERATED, "status": "", "processed_time": "2026-11-01T10:00:00.000+00:00"},
        {"full_request": orjson.dumps(GEMINI).decode(), "full_response": orjson.dumps([
            {"candidates": [{"content": {"role": "model", "parts": [{"text": "In "}]}}]},
            {"candidates": [{"content": {"role": "model", "parts": [{"text": "Lyon."}]}, "finishReason": "STOP"}],
             "usageMetadata": {"totalTokenCount": 13}}]).decode(),
         "logging_time": "2026-11-01T10:00:00Z", "model": "g"},
        {"contents": [{"role": "user", "parts": [{"text": "Parcel 17?"}]}], "completions": [
            {"score": 0.0, "completion": {"role": "model", "parts": [{"text": "No idea."}]}},
            {"score": 1.0, "completion": {"role": "model", "parts": [{"text": "In Lyon."}]}}]},
        {"system_instruction": "Be brief.", "contents": [
            {"role": "user", "parts": [{"text": "Parcel 17?"}]},
            {"role": "model", "parts": [{"function_call": {"name": "track", "args": {"n": 17}}}]},
            {"role": "user", "parts": [{"function_response": {"name": "track", "response": {"city": "Lyon"}}}]},
            {"role": "model", "parts": [{"text": "In Lyon."}]}]},
    ],
    "bedrock-invocation": [
        logged(CONVERSE, CONVERSED, requestMetadata={"user_id": "u-7", "team": "support"}),
        logged({**_ASKED, "anthropic_version": "bedrock-2023-05-31"}, message(), operation="InvokeModel"),
        logged(_ASKED, ANTHROPIC_STREAM, operation="InvokeModelWithResponseStream"),
        logged({"prompt": LLAMA3, "max_gen_len": 9},
               {"generation": "In Lyon.", "stop_reason": "stop", "generation_token_count": 3}, operation="InvokeModel"),
        logged({"inputText": "User: 17?\nBot:"}, [{"outputText": " In", "index": 0},
               {"outputText": " Lyon.", "index": 0, "completionReason": "FINISH"}]),
    ],
    "bedrock-converse": [
        {"schemaVersion": "bedrock-conversation-2024", **CONVERSE,
         "messages": [*CONVERSE["messages"], {"role": "assistant", "content": [{"text": "In Lyon."}]}]},
    ],
    "vllm-requests": [
        {"request_id": "0", "prompt": CHATML, "prompt_token_ids": [1, 2], "finished": True, "metrics": None,
         "outputs": [{"index": 0, "text": "In Lyon.", "token_ids": [3], "cumulative_logprob": -1.0,
                      "finish_reason": "stop", "stop_reason": None, "lora_request": None}]},
        {"request_id": "1", "prompt": "Parcel 17?", "outputs": [
            {"index": 0, "text": "In Lyon.", "finish_reason": "length"}, {"index": 1, "text": "In Nice."}]},
    ],
}  # fmt: skip
"""Good records; every record inside them becomes an example."""

_PAIR = SAMPLES["recorded-pairs"][0]
BAD: dict[str, list[tuple[Record, str, str]]] = {
    "openai-stored": [
        (completion(), "no-request", "no `messages` and no `input` beside the completion"),
        (completion(messages=[ask()], choices=[]), "no-answer", "`choices` is empty"),
        ({"object": "list", "data": []}, "nothing-inside", ""),
    ],
    "openai-responses": [
        (response(), "no-request", "the request holds no `input`"),
        ({"request": {"input": "x"}, "response": response(status="failed", error={"code": "server_error"})},
         "provider-error", "server_error"),
        ({"request": {"input": "x"}, "response": response(status="in_progress")}, "unfinished",
         "`status` is none of completed, incomplete and failed"),
        ({"request": {"input": "x"}, "response": response(output=[])}, "no-answer",
         "`output` holds nothing of the assistant"),
        ({"request": {"input": [{"type": "item_reference", "id": "msg_1"}]}, "response": response()}, "no-request",
         "`input[0]` refers to an item that is not in the record"),
        ({"request": {"input": "x"}, "response": sse(*RESPONSES_STREAM[:-1], named=True)}, "unfinished",
         "the stream breaks off before its end"),
    ],
    "openai-batch": [
        (batch_line(), "no-request", "no request, or more than one, has its `custom_id`"),
        (batch_line(response=None, error={"code": "batch_expired", "message": "long gone"}), "provider-error",
         "batch_expired"),
        (batch_line(request=_LINE, response={"status_code": 429, "body": {"error": {"code": None, "message": "no",
                    "type": "rate_limit_error"}}}), "provider-error", "rate_limit_error"),
        (batch_line(request=_LINE, response={"status_code": 500, "body": "oops"}), "provider-error", "http-500"),
        (batch_line(request=_LINE, response={"status_code": 200, "body": {"object": "list", "data": [
            {"embedding": [0.1]}]}}), "not-a-model-call", "neither asks nor answers as a model does"),
    ],
    "anthropic-messages": [
        ({"request": _ASKED, "response": {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}},
         "provider-error", "overloaded_error"),
        (message(), "no-request", "the request holds no `messages`"),
        ({"request": _ASKED, "response": message(content=[])}, "no-answer", "`content` is empty"),
        ({"request": _ASKED, "response": sse(*ANTHROPIC_STREAM[:-2], named=True)}, "unfinished",
         "the stream breaks off before its end"),
    ],
    "anthropic-batch": [
        ({"custom_id": "r-1", "result": {"type": "errored", "error": {"type": "error", "error": {
            "type": "invalid_request_error", "message": "no"}}}}, "provider-error", "invalid_request_error"),
        ({"custom_id": "r-1", "result": {"type": "expired"}}, "provider-error", "expired"),
        ({"custom_id": "r-1", "result": {"type": "succeeded", "message": message()}}, "no-request",
         "no request, or more than one, has its `custom_id`"),
    ],
    "recorded-pairs": [
        ({**_PAIR, "response": {"error": {"code": "DeploymentNotFound", "message": "no"}}, "status": 404},
         "provider-error", "DeploymentNotFound"),
        ({**_PAIR, "response": {"error": {"code": "ann_smith", "type": "ann"}}, "status": 404}, "provider-error",
         "http-404"),
        ({**_PAIR, "response": "<html>bad gateway</html>", "status": 502}, "provider-error", "http-502"),
        ({**_PAIR, "response": sse(*CHAT_STREAM[:4])}, "unfinished", "the stream breaks off before its end"),
        ({**_PAIR, "response": sse(*CHAT_STREAM, done=True)[:700]}, "unfinished", "event 4 of the stream is no JSON"),
        ({**_PAIR, "response": sse(CHAT_STREAM[1], {"error": {"code": 429, "message": "no"}})}, "provider-error",
         "http-429"),
        ({**_PAIR, "response": {"object": "list", "data": [{"embedding": [1]}]}}, "not-a-model-call",
         "neither asks nor answers as a model does"),
        ({**_PAIR, "response": completion(choices=[{"index": 0, "finish_reason": "content_filter"}])},
         "provider-error", "content_filter"),
        ({"request": {"q": 1}, "response": completion()}, "no-request", "the request holds no `messages`"),
        ({"request": None, "response": completion()}, "no-request", "the body of the request is a null"),
        ({**_PAIR, "response": None}, "no-answer", "the body of the response is empty"),
        ({**_PAIR, "response": "Hello"}, "unknown-shape", "the body of the response is a string"),
    ],
    "gemini-contents": [
        ({"request": GEMINI, "response": {"promptFeedback": {"blockReason": "SAFETY"}}}, "provider-error", "SAFETY"),
        ({"request": GEMINI, "response": {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "no"}}},
         "provider-error", "http-429"),
        ({"request": GEMINI, "response": {"candidates": [{"finishReason": "MAX_TOKENS"}]}}, "no-answer",
         "the candidate has no parts"),
        ({"contents": [{"role": "user", "parts": [{"text": "x"}]}]}, "no-answer", "no turn of the assistant"),
    ],
    "bedrock-invocation": [
        (logged(CONVERSE, None, errorCode="ThrottlingException"), "provider-error", "ThrottlingException"),
        ({**_LOG, "input": {"inputBodyS3Path": "s3://b/k"}, "output": {}}, "content-not-recorded",
         "`inputBodyS3Path` names an object of its own"),
        (logged({"inputText": "x"}, {"embedding": [0.1]}), "not-a-model-call",
         "neither asks nor answers as a model does"),
    ],
    "bedrock-converse": [
        ({"schemaVersion": "bedrock-conversation-2024", "messages": []}, "no-messages", "`messages` is empty"),
    ],
    "vllm-requests": [
        ({"request_id": "0", "prompt": None, "outputs": [{"text": "x"}]}, "no-request", "`prompt` is no text"),
        ({"request_id": "0", "prompt": "x", "finished": False, "outputs": [{"text": "x"}]}, "unfinished",
         "`finished` is false"),
    ],
}  # fmt: skip
