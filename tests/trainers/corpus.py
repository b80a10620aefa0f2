"""Invented conversations with all that trainers stumble over, as logs; and what is exported of them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

import tuneset
from tuneset.core import registry
from tuneset.core.exporter import Exporter, files_of
from tuneset.exporters.conversation import Conversation, conversations
from tuneset.release.check import read_back
from tuneset.release.export import export

Json = dict[str, Any]

SYSTEM = {"role": "system", "content": "You answer for the depot. Be brief."}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find_order",
            "description": "Looks up an order",
            "parameters": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "note": {"type": ["string", "null"], "default": None},
                },
                "required": ["id"],
            },
        },
    },
    {"type": "function", "function": {"name": "gate", "parameters": {"type": "object", "properties": {}}}},
]

TEXTS = (
    "Plain words, nothing else.",
    "  Spaces before and after.  ",
    "\n\nLines before,\n\n\tand tabs inside\n",
    "שלום, مرحبا, 東京 and नमस्ते",
    "👩\u200d👩\u200d👧 🇩🇪 e\u0301 ﷽ 𝔘",
    "separators \u2028 and \u2029 and \x85 inside one line",
    "{{ 7*7 }} {% raw %} {{content}} {{idx}} {0} %s $x \\n",
    '"quotes", back\\slashes, </s> and <s>strike</s>, <image> <video>',
    '{"json": [1, 2, {"a": null}], "b": "c"}',
    "User: hi\nAssistant: hello\n### Response:\nHuman: hm",
    "<think>Only thinking aloud.</think>The answer after it.",
    "```python\nprint('<|not a token>')\n```",
    "word " * 400,
    "a",
    "file:///etc/hostname",
    "package:of:words",
)
CONTROL = (
    "says <|im_end|> inside",
    "[INST] says Llama [/INST]",
    "<start_of_turn>user says Gemma",
    "<|eot_id|>",
)
ARGUMENTS = (
    {"id": 17},
    {"id": "seventeen", "note": None},
    {},
    {"id": [1, 2], "deep": {"a": {"b": [None, True, 1.5]}}, "text": 'ü "q" \\ \u2028 </tool_call>'},
)


def user(text: str, **rest: object) -> Json:
    return {"role": "user", "content": text, **rest}


def answer(text: str | None, **rest: object) -> Json:
    return {"role": "assistant", "content": text, **rest}


def call(number: int, arguments: object, *, name: str = "find_order") -> Json:
    said = arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": said}}


def result(number: int, text: str, **rest: object) -> Json:
    return {"role": "tool", "tool_call_id": f"call_{number}", "content": text, **rest}


def records() -> dict[str, list[Json]]:
    """The logs, by name: each record says something that no other says."""
    logs = {
        "chats": [*_plain(), *_masked(), *_tools(), *_orders()],
        "pairs": [*_pairs()],
        "thumbs": [*_thumbs()],
        "labels": [*_labels()],
    }
    count = itertools.count()
    return {name: [_numbered(record, next(count)) for record in log] for name, log in logs.items()}


def _numbered(record: Json, number: int) -> Json:
    """The record with its number in the first thing that a user says, so that no two are twins."""
    messages = record.get("messages") or record.get("prompt")
    for message in messages:
        if message["role"] == "user" and isinstance(message["content"], str):
            message["content"] = f"Case {number}: {message['content']}"
            break
    return record


def _plain() -> Iterator[Json]:
    for at, text in enumerate((*TEXTS, *CONTROL)):
        yield {"messages": [SYSTEM, user(f"Say it, number {at}."), answer(f"{text}{at}{text}")]}
        yield {"messages": [user(f"{text} is what I say; and you, {at}?"), answer(f"Heard you, {at}.")]}
        yield {
            "messages": [
                {"role": "system", "content": f"{text} {at}"},
                user("Go on."),
                answer(f"I go, {at}."),
            ]
        }
        yield {"messages": [user("Hm?"), answer(text), user("Again?"), answer(f"{text}, again {at}")]}
    parts = [{"type": "text", "text": "First part."}, {"type": "text", "text": "Second part."}]
    picture = {"type": "image_url", "image_url": {"url": "https://images.example/1.png"}}
    yield {
        "messages": [
            user("What do you see?"),
            answer("Two parts."),
            {"role": "user", "content": parts},
            answer("Yes."),
        ]
    }
    yield {"messages": [{"role": "user", "content": [*parts, picture]}, answer("A picture of a gate.")]}
    yield {"messages": [user("Who am I?", name="kim"), answer("You are Kim, by name.")]}
    yield {
        "messages": [
            SYSTEM,
            user("one"),
            answer("eins"),
            user("two"),
            answer("zwei"),
            user("three"),
            answer("drei"),
        ]
    }


def _masked() -> Iterator[Json]:
    read = answer("Only read, not learned.", weight=0)
    yield {"messages": [SYSTEM, user("First."), read, user("Then?"), answer("Learned last.", weight=1)]}
    yield {
        "messages": [user("First!"), answer("Learned first."), user("Then!"), answer("Read last.", weight=0)]
    }
    yield {
        "messages": [
            user("a"),
            read,
            user("b"),
            answer("Learned amid."),
            user("c"),
            answer("Read.", weight=0),
        ]
    }
    asked = answer(None, tool_calls=[call(1, {"id": 4})], weight=0)
    yield {
        "messages": [user("Masked call?"), asked, result(1, "sent"), answer("It was sent, 4.")],
        "tools": TOOLS,
    }
    yield {"messages": [user("Nothing to learn here?"), answer("Nothing.", weight=0)]}


def _tools() -> Iterator[Json]:
    for at, arguments in enumerate(ARGUMENTS):
        asked = answer(None, tool_calls=[call(at, arguments)])
        yield {
            "messages": [
                SYSTEM,
                user(f"Order {at}?"),
                asked,
                result(at, f'{{"state": "sent {at}"}}'),
                answer(f"Sent, {at}."),
            ],
            "tools": TOOLS,
        }
        yield {
            "messages": [user(f"Only ask for {at}."), answer("", tool_calls=[call(at, arguments)])],
            "tools": TOOLS,
        }
    two = answer(None, tool_calls=[call(1, {"id": 1}), call(2, {}, name="gate")])
    both = [result(1, "first result"), result(2, "second result")]
    yield {"messages": [user("Both at once?"), two, *both, answer("Both are done.")], "tools": TOOLS}
    beside = answer("Let me look beside it.", tool_calls=[call(7, {"id": 7})])
    yield {
        "messages": [user("Look and say?"), beside, result(7, ""), answer("Looked and said.")],
        "tools": TOOLS,
    }
    chain = [
        answer(None, tool_calls=[call(1, {"id": 1})]),
        result(1, "one"),
        answer(None, tool_calls=[call(2, {"id": 2})]),
        result(2, "two"),
    ]
    yield {"messages": [user("One after the other?"), *chain, answer("One and two.")], "tools": TOOLS}
    yield {"messages": [user("Tools, and none needed?"), answer("None was needed.")], "tools": TOOLS}
    yield {
        "messages": [
            user("No tools offered?"),
            answer(None, tool_calls=[call(3, {"id": 3})]),
            result(3, "3"),
            answer("Three."),
        ]
    }
    yield {
        "messages": [
            user("Not JSON?"),
            answer(None, tool_calls=[call(5, "{id: 5")]),
            result(5, "5"),
            answer("Five."),
        ],
        "tools": TOOLS,
    }
    yield {
        "messages": [
            user("Empty arguments?"),
            answer(None, tool_calls=[call(6, "")]),
            result(6, "6"),
            answer("Six."),
        ],
        "tools": TOOLS,
    }
    yield {
        "messages": [
            user("Unanswered?"),
            answer(None, tool_calls=[call(8, {"id": 8})]),
            user("Well?"),
            answer("Eight."),
        ],
        "tools": TOOLS,
    }
    yield {
        "messages": [user("Unasked?"), result(9, "nine", name="find_order"), answer("Nine.")],
        "tools": TOOLS,
    }
    named = result(10, "ten", name="find_order")
    yield {
        "messages": [user("Named?"), answer(None, tool_calls=[call(10, {"id": 10})]), named, answer("Ten.")],
        "tools": TOOLS,
    }


def _orders() -> Iterator[Json]:
    yield {"messages": [user("Twice asked."), user("Twice, really."), answer("Answered once.")]}
    yield {"messages": [user("Asked once."), answer("Answered twice."), answer("Really twice.")]}
    yield {"messages": [answer("I greet you first."), user("Hello back."), answer("What can I do?")]}
    yield {"messages": [user("Before."), SYSTEM, answer("After the system prompt.")]}
    yield {
        "messages": [
            SYSTEM,
            {"role": "system", "content": "And be kind, too."},
            user("Two prompts?"),
            answer("Two."),
        ]
    }
    yield {"messages": [user("Ends with me?"), answer("It does not."), user("It does.")]}


def _pairs() -> Iterator[Json]:
    yield {
        "prompt": [SYSTEM, user("Better how?")],
        "chosen": [answer("The better way.")],
        "rejected": [answer("The worse way.")],
    }
    yield {
        "prompt": [user("Better with\u2028?")],
        "chosen": [answer("  padded better ")],
        "rejected": [answer("\npadded worse")],
    }
    yield {
        "prompt": [user("All the same?")],
        "chosen": [answer("Just the same.")],
        "rejected": [answer("Just the same.")],
    }
    deep = [user("Deep?"), answer("So so."), user("Deeper?")]
    yield {"prompt": deep, "chosen": [answer("Deep and better.")], "rejected": [answer("Deep and worse.")]}
    asked = [user("By tool?"), answer(None, tool_calls=[call(1, {"id": 1})]), result(1, "x")]
    yield {
        "prompt": asked,
        "chosen": [answer("By tool, better.")],
        "rejected": [answer("By tool, worse.")],
        "tools": TOOLS,
    }


def _thumbs() -> Iterator[Json]:
    for at, thumb in enumerate(("up", "down", "up", "down")):
        yield {
            "messages": [user(f"Thumb {at}?"), answer(f"Thumb {thumb} it is, {at}.")],
            "feedback": {"thumb": thumb},
        }
    called = [
        user("Thumb on tools?"),
        answer(None, tool_calls=[call(2, {"id": 2})]),
        result(2, "y"),
        answer("Tools, up."),
    ]
    yield {"messages": called, "tools": TOOLS, "feedback": {"thumb": "up"}}


def _labels() -> Iterator[Json]:
    for at, label in enumerate((True, False, True, False)):
        yield {
            "prompt": [user(f"Label {at}?")],
            "completion": [answer(f"Labelled {label}, {at}.")],
            "label": label,
        }


SPEC = """name: judged
sources:
  - {path: "logs/*.jsonl", licence: internal}
clean: {empty: keep, failed: keep, control_characters: false, mojibake: false, unicode: none}
redact: {hard: [], soft: []}
dedupe: {exact: false, near: false, semantic: false}
split: {validation: %s, test: %s, group_by: [], salt: judges}
"""
"""The salt puts every shape of a row into training: `datasets` takes the columns of a data set from there."""


@dataclass(frozen=True)
class Written:
    """One target's export."""

    folder: Path
    name: str
    """Of the data set."""
    lines: dict[str, list[Json]]
    """Split → the lines as they were written."""
    talks: dict[str, list[Conversation]]
    """Split → what they say, in our words."""
    left_out: dict[str, int]

    @property
    def train(self) -> list[Conversation]:
        return self.talks["train"]


def make_release(root: Path, *, validation: float = 0.1, test: float = 0.1) -> Path:
    """A release of the corpus; its directory."""
    (root / "logs").mkdir(parents=True)
    for name, log in records().items():
        (root / "logs" / f"{name}.jsonl").write_bytes(
            b"".join(orjson.dumps(record) + b"\n" for record in log)
        )
    (root / "tuneset.yaml").write_text(SPEC % (validation, test))
    return tuneset.open(root).release(workers=1).dir


def write(release: Path, target: str, to: Path, *, fix: bool) -> Written:
    """Exports the release as `tuneset export` does, and reads the lines back."""
    done = export(release, target=target, to=to, fix=fix)
    exporter: Exporter = registry.load(registry.EXPORTERS, target)()
    lines = dict[str, list[Json]]()
    for split in files_of(exporter).splits:
        file = to / files_of(exporter).name(split)
        if not file.exists():
            continue
        data = file.read_bytes().removeprefix(files_of(exporter).head)
        lines[split] = [orjson.loads(line) for line in data.split(b"\n") if line]
    talks = {split: list(conversations(read_back(exporter, rows))) for split, rows in lines.items()}
    return Written(to, "judged", lines, talks, done.left_out)
