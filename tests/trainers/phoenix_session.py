"""Runs inside Phoenix's own environment: an instrumented agent talks to a stub of OpenAI's API, its spans go
to a Phoenix server over OTLP, a person corrects an answer, and everything is exported again.

python phoenix_session.py SERVER FOLDER
"""

import json
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

PROJECT = "depot"
CALL = {"id": "call_1", "type": "function", "function": {"name": "gate", "arguments": '{"number": 2}'}}
ANSWERS = [
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "assistant", "content": "Gate 2 is free."},
    {"role": "assistant", "content": "The ramp is closed."},
]
TOOLS = [{"type": "function", "function": {"name": "gate", "parameters": {"type": "object"}}}]


LEFT = list(ANSWERS)


class _Stub(BaseHTTPRequestHandler):
    """Answers one after the other, and an error when there are none left."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        message = LEFT.pop(0) if LEFT else None
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice]}
        if message is None:
            body = {
                "error": {"message": "no more", "type": "insufficient_quota", "code": "insufficient_quota"}
            }
        self._write(200 if message else 400, json.dumps(body).encode())

    def _write(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


def main(server: str, folder: Path) -> None:
    from openinference.instrumentation import using_attributes
    from openinference.instrumentation.openai import OpenAIInstrumentor
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider(resource=Resource({"openinference.project.name": PROJECT}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{server}/v1/traces")))
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    stub = HTTPServer(("127.0.0.1", 0), _Stub)
    threading.Thread(target=stub.serve_forever, daemon=True).start()
    with using_attributes(session_id="session-1", user_id="user-1"):
        _agent(provider.get_tracer("depot"), f"http://127.0.0.1:{stub.server_port}/v1")
    provider.shutdown()
    stub.shutdown()
    _export(server, folder)


def _agent(tracer: object, url: str) -> None:
    import openai

    client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Is gate 2 free?"}]
    with tracer.start_as_current_span("agent", attributes={"openinference.span.kind": "AGENT"}):  # type: ignore[attr-defined]
        client.chat.completions.create(model="m", messages=asked, tools=TOOLS)
        with tracer.start_as_current_span("gate", attributes={"openinference.span.kind": "TOOL"}):  # type: ignore[attr-defined]
            pass
        asked += [ANSWERS[0], {"role": "tool", "tool_call_id": "call_1", "content": "free"}]
        client.chat.completions.create(model="m", messages=asked, tools=TOOLS)
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Is the ramp open?"}])
    with suppress(openai.OpenAIError):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "And the lift?"}])


def _export(server: str, folder: Path) -> None:
    from phoenix.client import Client

    client = Client(base_url=server)
    spans = []
    for _ in range(30):  # the server writes spans a moment after it took them
        spans = client.spans.get_spans(project_identifier=PROJECT)
        if len(spans) >= 6:
            break
        time.sleep(1)
    wrong = next(span for span in spans if "The ramp is closed." in json.dumps(span["attributes"]))
    client.spans.add_span_annotation(
        span_id=wrong["context"]["span_id"],
        annotation_name="correction",
        annotator_kind="HUMAN",
        score=0.0,
        explanation="The ramp opens at nine.",
        sync=True,
    )
    notes = client.spans.get_span_annotations(
        span_ids=[span["context"]["span_id"] for span in spans], project_identifier=PROJECT
    )
    with (folder / "spans.jsonl").open("w") as file:
        for span in spans:
            own = [note for note in notes if note["span_id"] == span["context"]["span_id"]]
            file.write(json.dumps({**span, "annotations": own}, default=str) + "\n")
    frame = client.spans.get_spans_dataframe(project_identifier=PROJECT)
    frame.to_json(folder / "table.jsonl", orient="records", lines=True, date_format="iso")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
