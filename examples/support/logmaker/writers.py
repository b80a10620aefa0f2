"""Three log formats on disk. Writers remember the file and the physical line at which a record starts."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from logmaker.conversation import Channel, Conversation
from logmaker.damage import MALFORMED, malformed

CHAT_DAYS = 5
_START = datetime(2026, 10, 1, tzinfo=UTC)
_MODELS = ("kestrel-chat-2026-07", "kestrel-chat-2026-09")
_SHAREGPT = {"system": "system", "user": "human", "assistant": "gpt"}
_BOM = b"\xef\xbb\xbf"


@dataclass
class Line:
    """A broken line instead of a conversation, and where it ended up."""

    expected: str
    place: tuple[str, int] | None = None


Entry = Conversation | Line


def write(conversations: Sequence[Conversation], *, out: Path, seed: int, broken: int) -> list[Line]:
    """Writes `out/logs/**` and sets the place of every conversation; returns the broken lines, placed."""
    rng = Random(f"{seed}:writers")
    people = _People(rng)
    by_channel: dict[Channel, list[Conversation]] = {"chat": [], "widget": [], "email": []}
    for conversation in conversations:
        by_channel[conversation.channel].append(conversation)
    for channel in by_channel.values():
        rng.shuffle(channel)
    lines = [Line(MALFORMED[i % len(MALFORMED)]) for i in range(broken)]
    chat_lines, widget_lines = lines[: broken * 3 // 5], lines[broken * 3 // 5 :]
    _write_chat(_mixed(by_channel["chat"], chat_lines, rng), out, rng, people)
    _write_widget(_mixed(by_channel["widget"], widget_lines, rng), out, rng, people)
    _write_email(by_channel["email"], out, rng)
    return lines


class _People:
    """Gives out user and conversation ids; some customers come back."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._known: list[str] = []

    def user(self) -> str:
        """An id of a new customer, or of one who was here before."""
        if self._known and self._rng.random() < 0.05:
            return self._rng.choice(self._known)
        self._known.append(f"u_{self._rng.getrandbits(40):010x}")
        return self._known[-1]

    def session(self) -> str:
        """An id of a conversation."""
        return f"c_{self._rng.getrandbits(56):014x}"


def _mixed(conversations: list[Conversation], broken: list[Line], rng: Random) -> list[Entry]:
    entries: list[Entry] = list(conversations)
    for line in broken:
        entries.insert(rng.randrange(1, len(entries)), line)
    return entries


def _write_chat(entries: list[Entry], out: Path, rng: Random, people: _People) -> None:
    per_day = -(-len(entries) // CHAT_DAYS)
    for day in range(CHAT_DAYS):
        some = entries[day * per_day : (day + 1) * per_day]
        file = f"logs/chat/2026-10-{day + 1:02d}.jsonl.gz"
        seconds = sorted(rng.randrange(86400) for _ in some)
        raws = [
            _raw(entry, _chat_record, _START + timedelta(day, second), rng, people)
            for entry, second in zip(some, seconds, strict=True)
        ]
        _place(some, file, first=1)
        _save(out / file, _gzipped(b"".join(raw + b"\n" for raw in raws)))


def _write_widget(entries: list[Entry], out: Path, rng: Random, people: _People) -> None:
    file = "logs/widget/widget.jsonl"
    raws = [
        _raw(entry, _widget_record, _START + timedelta(seconds=47 * i), rng, people)
        for i, entry in enumerate(entries)
    ]
    _place(entries, file, first=1)
    _save(out / file, _BOM + b"".join(raw + b"\r\n" for raw in raws))


def _write_email(conversations: list[Conversation], out: Path, rng: Random) -> None:
    file = "logs/email/tickets.csv"
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("ticket", "received", "intent", "question", "answer"))
    line = 2
    for number, conversation in enumerate(conversations):
        received = (_START + timedelta(minutes=7 * number + rng.randrange(7))).strftime("%Y-%m-%dT%H:%M:%SZ")
        question, answer = (message["content"] for message in conversation.messages)
        conversation.place = (file, line)
        before = text.tell()
        writer.writerow((f"T{300000 + 7 * number}", received, conversation.intent, question, answer))
        text.seek(before)
        line += text.read().count("\n")
    _save(out / file, text.getvalue().encode())


def _raw(entry: Entry, make: Any, at: datetime, rng: Random, people: _People) -> bytes:  # noqa: ANN401
    if isinstance(entry, Conversation):
        return json.dumps(make(entry, at, rng, people), ensure_ascii=False, separators=(",", ":")).encode()
    turns = [
        {"role": "user", "content": "Good morning. The shop in Hull is closed."},
        {"role": "assistant", "content": "It opens at ten. Sorry."},
    ]
    if make is _widget_record:
        turns = [{"from": _SHAREGPT[turn["role"]], "value": turn["content"]} for turn in turns]
    key = "messages" if make is _chat_record else "conversations"
    record = {"id": f"broken-{rng.getrandbits(32):08x}", "created": int(at.timestamp()), key: turns}
    return malformed(record, rng, expected=entry.expected)


def _chat_record(conversation: Conversation, at: datetime, rng: Random, people: _People) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": f"chatcmpl-{rng.getrandbits(80):020x}",
        "created": int(at.timestamp()),
        "model": rng.choice(_MODELS),
        "conversation_id": people.session(),
        "user_id": people.user(),
        "messages": conversation.messages,
    }
    if conversation.tools:
        record["tools"] = conversation.tools
    version = (conversation.prompt_version or "none").removesuffix("_drifted")
    record["intent"] = conversation.intent
    record["metadata"] = {"channel": "chat", "prompt_version": version}
    record["finish_reason"] = conversation.finish_reason
    if rng.random() < 0.15:
        thumb = rng.choice(("up", "up", "up", "down"))
        # an answer with a thumb down is a twin of its like only, and contradicts nobody
        record["feedback"] = {"thumb": "up" if conversation.paired else thumb}
    return record


def _widget_record(conversation: Conversation, at: datetime, rng: Random, people: _People) -> dict[str, Any]:
    del rng
    turns = [
        {"from": _SHAREGPT[message["role"]], "value": message["content"]} for message in conversation.messages
    ]
    return {
        "session": people.session(),
        "timestamp": at.isoformat(),
        "intent": conversation.intent,
        "conversations": turns,
    }


def _place(entries: Sequence[Entry], file: str, *, first: int) -> None:
    for line, entry in enumerate(entries, first):
        entry.place = (file, line)


def _gzipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as packed:
        packed.write(content)
    return buffer.getvalue()


def _save(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
