"""Log lines of every JSON Lines format, as their tools write them, around the chats of `corpus`.

A format is one or more records with marks for what differs from line to line: `@Q@` question, `@A@` answer,
`@N@` number. Marks in a text of JSON inside JSON are filled in too, so chats hold no quotes or line ends. All of it
is invented.
"""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import orjson

Record = dict[str, Any]

SYSTEM = {"role": "system", "content": "You are the assistant of Northwind Parcels. Answer in two sentences."}
ASK = {"role": "user", "content": "@Q@"}
SAY = {"role": "assistant", "content": "@A@"}
CHAT = [SYSTEM, ASK]
TOOL = {
    "type": "function",
    "function": {"name": "find_order", "parameters": {"type": "object", "properties": {}}},
}
CALL = {
    "id": "call_@N@",
    "type": "function",
    "function": {"name": "find_order", "arguments": '{"order": @N@}'},
}
USAGE = {"prompt_tokens": 120, "completion_tokens": 60, "total_tokens": 180}
TIME = "2026-11-01T10:00:00.000Z"


def text(value: object) -> str:
    """JSON in a string."""
    return orjson.dumps(value).decode()


def completion(**more: object) -> Record:
    """A chat completion of OpenAI."""
    choice = {"index": 0, "message": SAY, "finish_reason": "stop"}
    head = {"id": "chatcmpl-@N@", "object": "chat.completion", "created": 1_790_000_000, "model": "m-1"}
    return {**head, "choices": [choice], "usage": USAGE, **more}


def message(**more: object) -> Record:
    """A message of Anthropic."""
    usage = {"input_tokens": 120, "output_tokens": 60}
    head = {"id": "msg_@N@", "type": "message", "role": "assistant", "model": "m-2"}
    return {
        **head,
        "content": [{"type": "text", "text": "@A@"}],
        "stop_reason": "end_turn",
        "usage": usage,
        **more,
    }


def streamed() -> str:
    """The answer as eight events."""
    deltas: list[Record] = [
        {"role": "assistant", "content": ""},
        *[{"content": "a piece of it "}] * 5,
        {"content": "@A@"},
    ]
    head = {"id": "chatcmpl-@N@", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "m-1"}
    events = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return "".join(f"data: {text(event)}\n\n" for event in events) + "data: [DONE]\n\n"


def attributes(said: Record) -> list[Record]:
    """Attributes as OTLP's JSON has them."""
    return [
        {"key": key, "value": {"intValue": str(value)} if type(value) is int else {"stringValue": value}}
        for key, value in said.items()
    ]


def genai(role: str, content: str) -> Record:
    """A message of OpenTelemetry's GenAI conventions."""
    return {"role": role, "parts": [{"type": "text", "content": content}]}


REQUEST = {"model": "m-1", "messages": CHAT, "temperature": 0.2, "user": "u@N@"}
ASKED = {"model": "m-2", "max_tokens": 500, "system": SYSTEM["content"], "messages": [ASK]}
SPAN_IDS = {"traceId": "5b8efff798038103d269b633813f@N@", "spanId": "eee19b7ec3c1b174"}
CONVERSE = {
    "messages": [{"role": "user", "content": [{"text": "@Q@"}]}],
    "system": [{"text": SYSTEM["content"]}],
}
GEMINI = {
    "systemInstruction": {"parts": [{"text": SYSTEM["content"]}]},
    "contents": [{"role": "user", "parts": [{"text": "@Q@"}]}],
}
LANGFUSE = {
    "id": "obs@N@", "traceId": "tr@N@", "projectId": "p", "type": "GENERATION", "name": "answer", "startTime": TIME,
    "endTime": TIME, "parentObservationId": None, "model": "m-1", "modelParameters": {"temperature": 0.2},
    "input": text(CHAT), "output": text(SAY), "usageDetails": {"input": 120, "output": 60},
    "costDetails": {"total": 0.0001}, "userId": "u@N@", "sessionId": "s@N@", "tags": ["prod"],
}  # fmt: skip
SPAN = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m-1",
    "gen_ai.conversation.id": "c@N@",
    "gen_ai.system_instructions": text([{"type": "text", "content": SYSTEM["content"]}]),
    "gen_ai.input.messages": text([genai("user", "@Q@")]),
    "gen_ai.output.messages": text([{**genai("assistant", "@A@"), "finish_reason": "stop"}]),
    "gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 60,
}  # fmt: skip
OPENINFERENCE = {
    "openinference.span.kind": "LLM", "llm.model_name": "m-1", "session.id": "s@N@",
    "llm.invocation_parameters": '{"temperature": 0.2}',
    **{f"llm.input_messages.{i}.message.{key}": said[key] for i, said in enumerate(CHAT) for key in said},
    "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": "@A@",
    "llm.token_count.prompt": 120, "llm.token_count.completion": 60,
}  # fmt: skip
LANGCHAIN = [
    {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", f"{kind}Message"],
     "kwargs": {"content": content, "type": kind.lower()}}
    for kind, content in (("System", SYSTEM["content"]), ("Human", "@Q@"), ("AI", "@A@"))
]  # fmt: skip

FORMATS: dict[str, tuple[str, list[Record]]] = {
    "openai-chat": ("openai-chat", [{"id": "@N@", "created": 1_790_000_000, "model": "m-1", "messages": [*CHAT, SAY]}]),
    "openai-chat, tools": ("openai-chat", [
        {"id": "@N@", "created": 1_790_000_000, "model": "m-1", "user_id": "u@N@", "metadata": {"conversation_id": "c@N@"},
         "messages": [ASK, {"role": "assistant", "content": None, "tool_calls": [CALL]},
                      {"role": "tool", "tool_call_id": "call_@N@", "content": '{"state":"depot"}'}, SAY], "tools": [TOOL]},
    ]),
    "openai-stored": ("openai-stored", [completion(messages=CHAT, request_id="req_@N@", metadata={"flow": "refund"})]),
    "openai-responses": ("openai-responses", [
        {"request": {"model": "m-1", "instructions": SYSTEM["content"], "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "@Q@"}]}]},
         "response": {"id": "resp_@N@", "object": "response", "created_at": 1_790_000_000, "status": "completed", "model": "m-1",
                      "output": [{"type": "message", "id": "msg_@N@", "role": "assistant", "status": "completed",
                                  "content": [{"type": "output_text", "text": "@A@", "annotations": []}]}], "usage": USAGE}},
    ]),
    "openai-batch": ("openai-batch", [
        {"id": "batch_req_@N@", "custom_id": "r-@N@", "error": None, "request": {"custom_id": "r-@N@", "body": REQUEST},
         "response": {"status_code": 200, "request_id": "req_@N@", "body": completion()}},
    ]),
    "anthropic-messages": ("anthropic-messages", [{"request": ASKED, "response": message()}]),
    "anthropic-batch": ("anthropic-batch", [
        {"custom_id": "r-@N@", "request": {"custom_id": "r-@N@", "params": ASKED},
         "result": {"type": "succeeded", "message": message()}},
    ]),
    "recorded-pairs": ("recorded-pairs", [
        {"request": REQUEST, "response": completion(), "uri": "https://api.example/v1/chat/completions", "status": 200},
    ]),
    "recorded-pairs, streams": ("recorded-pairs", [
        {"request": {**REQUEST, "stream": True}, "response": streamed(), "status": 200},
    ]),
    "gemini-contents": ("gemini-contents", [
        {"request": GEMINI, "response": {"candidates": [{"content": {"role": "model", "parts": [{"text": "@A@"}]},
         "finishReason": "STOP"}], "usageMetadata": {"totalTokenCount": 180}, "modelVersion": "m-3"}, "processed_time": TIME},
    ]),
    "bedrock-invocation": ("bedrock-invocation", [
        {"schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": TIME, "accountId": "0", "region": "eu-west-1",
         "requestId": "q@N@", "operation": "Converse", "modelId": "m-4",
         "input": {"inputContentType": "application/json", "inputBodyJson": CONVERSE, "inputTokenCount": 120},
         "output": {"outputContentType": "application/json", "outputTokenCount": 60, "outputBodyJson": {
             "output": {"message": {"role": "assistant", "content": [{"text": "@A@"}]}}, "stopReason": "end_turn"}}},
    ]),
    "bedrock-converse": ("bedrock-converse", [
        {"schemaVersion": "bedrock-conversation-2024", "system": CONVERSE["system"],
         "messages": [*CONVERSE["messages"], {"role": "assistant", "content": [{"text": "@A@"}]}]},
    ]),
    "vllm-requests": ("vllm-requests", [
        {"request_id": "@N@", "prompt": f"<|im_start|>system\n{SYSTEM['content']}<|im_end|>\n<|im_start|>user\n@Q@<|im_end|>\n"
         "<|im_start|>assistant\n", "finished": True, "outputs": [{"index": 0, "text": "@A@", "finish_reason": "stop"}]},
    ]),
    "langfuse": ("langfuse", [LANGFUSE]),
    "langfuse, traces": ("langfuse", [
        {"id": "tr@N@", "name": "support", "sessionId": "s@N@", "userId": "u@N@", "scores": [], "observations": [
            {**LANGFUSE, "id": "a@N@", "type": "SPAN"}, LANGFUSE,
            {**LANGFUSE, "id": "b@N@", "input": text([*CHAT, SAY, {**ASK, "content": "And then?"}])}]},
    ]),
    "langsmith": ("langsmith", [
        {"id": "run@N@", "name": "ChatOpenAI", "run_type": "llm", "start_time": TIME, "end_time": TIME, "trace_id": "t@N@",
         "dotted_order": "20261101T100000000000Zrun@N@", "session_id": "p", "tags": ["prod"], "error": None,
         "inputs": {"messages": [LANGCHAIN[:2]]}, "outputs": {"generations": [[{"text": "@A@", "message": LANGCHAIN[2]}]]},
         "extra": {"invocation_params": {"model": "m-1", "temperature": 0.2}, "metadata": {"thread_id": "th@N@"}}},
    ]),
    "phoenix": ("phoenix", [
        {"name": "ChatCompletion", "context": {"trace_id": "5b8e@N@", "span_id": "eee19b7e@N@"}, "span_kind": "LLM",
         "parent_id": None, "start_time": TIME, "end_time": TIME, "status_code": "OK", "attributes": OPENINFERENCE},
    ]),
    "otlp": ("otlp", [
        {"resourceSpans": [{"resource": {"attributes": attributes({"service.name": "support-bot"})}, "scopeSpans": [
            {"scope": {"name": "opentelemetry.instrumentation.openai_v2"}, "spans": [
                {**SPAN_IDS, "name": "chat m-1", "kind": 3, "startTimeUnixNano": "1790000000000000000",
                 "endTimeUnixNano": "1790000001000000000", "attributes": attributes(SPAN)}]}]}]},
    ]),
    "vercel-ai": ("vercel-ai", [
        {"name": "ai.generateText.doGenerate", **SPAN_IDS, "attributes": {
            "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m-1", "ai.model.provider": "openai.chat",
            "ai.prompt.messages": text([SYSTEM, {"role": "user", "content": [{"type": "text", "text": "@Q@"}]}]),
            "ai.response.text": "@A@", "ai.response.finishReason": "stop", "gen_ai.usage.input_tokens": 120}},
    ]),
    "helicone": ("helicone", [
        {"request_id": "r@N@", "request_created_at": TIME, "request_path": "https://api.example/v1/chat/completions",
         "request_body": REQUEST, "request_user_id": "u@N@", "request_properties": {"feature": "chat"}, "response_status": 200,
         "response_body": completion(), "provider": "OPENAI", "feedback_rating": True},
    ]),
    "litellm": ("litellm", [
        {"id": "chatcmpl-@N@", "trace_id": "t@N@", "litellm_call_id": "c@N@", "call_type": "acompletion", "stream": False,
         "status": "success", "custom_llm_provider": "openai", "model": "m-1", "startTime": 1_790_000_000.5,
         "endTime": 1_790_000_001.5, **USAGE, "response_cost": 0.00001, "end_user": "u@N@", "messages": CHAT,
         "response": completion(), "model_parameters": {"temperature": 0.2}, "metadata": {}},
    ]),
    "openwebui": ("openwebui", [
        {"id": "chat@N@", "user_id": "u@N@", "title": "Refund", "created_at": 1_790_000_000, "updated_at": 1_790_000_005, "chat": {
            "title": "Refund", "models": ["m-5"], "history": {"currentId": "m3", "messages": {
                "m1": {"id": "m1", "parentId": None, "childrenIds": ["m2", "m3"], **ASK, "timestamp": 1_790_000_000},
                "m2": {"id": "m2", "parentId": "m1", "childrenIds": [], **SAY, "content": "No.", "model": "m-5", "done": True},
                "m3": {"id": "m3", "parentId": "m1", "childrenIds": [], **SAY, "model": "m-5", "done": True}}}}},
    ]),
    "inspect-ai": ("inspect-ai", [
        {"id": "@N@", "epoch": 1, "input": "@Q@", "target": "x", "messages": [*CHAT, SAY], "scores": {"match": {"value": "C"}},
         "output": {"model": "m-1", "choices": [{"message": SAY, "stop_reason": "stop"}]}},
    ]),
    "sharegpt": ("sharegpt", [{"id": "@N@", "conversations": [{"from": "human", "value": "@Q@"}, {"from": "gpt", "value": "@A@"}]}]),
    "alpaca": ("alpaca", [{"instruction": "Answer the customer, case @N@.", "input": "@Q@", "output": "@A@"}]),
    "prompt-completion": ("prompt-completion", [{"prompt": [ASK], "completion": [SAY], "id": "@N@"}]),
    "classification": ("classification", [{"text": "@Q@ @N@", "label": "lost_parcel"}]),
}  # fmt: skip
"""Kind of log → its connector, and the records that its lines take turns to be."""


def lines(kind: str, chats: list[tuple[bytes, bytes]], *, rows: int) -> Iterator[bytes]:
    """Lines of a kind of log, no two of them alike."""
    templates = cycle([orjson.dumps(record) + b"\n" for record in FORMATS[kind][1]])
    for number, (question, answer), template in zip(range(rows), cycle(chats), templates):
        line = template.replace(b"@N@", b"%d" % number).replace(b"@Q@", question)
        yield line.replace(b"@A@", answer)
