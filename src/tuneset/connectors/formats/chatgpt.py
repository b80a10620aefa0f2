"""ChatGPT: `conversations.json` of a data export (Settings → Data controls → Export data).

One record is one conversation: a tree (`mapping`) of which the branch to `current_node` is what the user
saw. OpenAI publishes no schema; what is read here is what exports of 2023 to 2026 hold. Thumbs lie beside,
in `message_feedback.json`.

https://help.openai.com/en/articles/7260999-how-do-i-export-my-chatgpt-history-and-data
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from tuneset.connectors.envelope import envelope, moment, reach
from tuneset.connectors.tree import Tree
from tuneset.connectors.turns import Turns, json_text
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]
Message = dict[str, object]

FEEDBACK = "message_feedback.json"
_INSTRUCTIONS = ("user_profile", "user_instructions", "model_set_context")
_OLD_INSTRUCTIONS = ("about_user_message", "about_model_message")
_TEXTS = ("text", "result", "content")
"""Where content that is no list of parts has its text: code and output, browsing, recaps."""
_THOUGHTS = ("thoughts", "reasoning_recap")
_STRUCTURE = ("id", "author", "content", "recipient", "end_turn", "weight", "create_time", "update_time")


@dataclass(frozen=True)
class ChatGPT:
    """Records with `mapping`. `feedback`: entries of `message_feedback.json`, by id of conversation."""

    feedback: Mapping[str, Sequence[Object]] = field(default_factory=dict)
    name = "chatgpt-export"
    version = 1
    beside = (FEEDBACK,)
    no_logs = (
        *("user.json", "user_settings.json", "shared_conversations.json", "model_comparisons.json"),
        *("group_chats.json", "shopping.json", "sora.json", "library_files.json", "export_manifest.json"),
        *("conversation_asset_file_names.json", "tasks.json", "projects.json", "memories.json"),
    )

    def recognises(self, record: Object) -> str | None:
        """By the tree of messages."""
        mapping = record.get("mapping")
        if type(mapping) is not dict or not mapping:
            return None
        first = next(iter(mapping.values()))
        known = type(first) is dict and "message" in first and ("parent" in first or "children" in first)
        return "`mapping` of nodes with `message`" if known else None

    def joined(self, beside: Mapping[str, Sequence[Object]]) -> "ChatGPT":
        """The same with the ratings that lie beside the conversations."""
        rated: dict[str, list[Object]] = {}
        for entry in beside.get(FEEDBACK, ()):
            conversation = entry.get("conversation_id")
            if type(conversation) is str:
                rated.setdefault(conversation, []).append(entry)
        return ChatGPT(rated)

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        tree = Tree.of(record.get("mapping"), parent="parent")
        branch = tree.branch(record.get("current_node"))
        spoken = list(_messages(tree, branch))
        if not spoken:
            raise Rejected("no-messages", "no node of the shown branch says anything")
        turns = Turns(into)
        turns.extend(spoken, where="mapping")
        turns.require_answer()
        extra = {name: value for name, value in record.items() if name not in ("mapping", "current_node")}
        hidden = {key: node for key, node in tree.nodes.items() if key not in set(branch)}
        if hidden:
            extra["branches"] = hidden
        answer = _last_answer(tree, branch)
        extra["captured_at"] = answer.get("create_time") or record.get("create_time")
        if moment(extra["captured_at"]) is None:
            del extra["captured_at"]
        identified = extra.pop("id", None)
        parsed = envelope(extra, fields=fields)
        if turns.leftovers:
            parsed.extra["messages"] = turns.leftovers
        if parsed.conversation is None and type(identified) is str:
            parsed.conversation = identified
        _describe(parsed, record, answer)
        if parsed.feedback is None:
            parsed.feedback = self._rated(record, branch=branch)
        turned_down = _turned_down(tree, branch)
        if turned_down is not None:
            parsed.extra["rejected"] = turned_down
        return parsed

    def _rated(self, record: Object, *, branch: Sequence[str]) -> object:
        """What the user said about messages of the branch; ids and names of people are left out."""
        conversation = record.get("conversation_id") or record.get("id")
        entries = self.feedback.get(conversation, ()) if type(conversation) is str else ()
        shown = set(branch)
        about = [e for e in entries if e.get("message_id", e.get("id")) in shown] or [
            e for e in entries if "message_id" not in e
        ]
        kept = [{n: v for n, v in e.items() if v is not None and not n.endswith("id")} for e in about]
        return kept[-1] if kept else None


def _message(tree: Tree, key: str) -> Object:
    message = tree.nodes[key].get("message")
    return message if type(message) is dict else {}


def _role(message: Object) -> object:
    return reach(message, "author.role")


def _last_answer(tree: Tree, branch: Sequence[str]) -> Object:
    spoken = (_message(tree, key) for key in reversed(branch))
    return next((message for message in spoken if _role(message) == "assistant"), {})


def _describe(parsed: Parsed, record: Object, answer: Object) -> None:
    model = reach(answer, "metadata.model_slug") or record.get("default_model_slug")
    reason = reach(answer, "metadata.finish_details.type") or (
        "incomplete" if answer.get("status") == "in_progress" else None
    )
    if parsed.model is None and type(model) is str:
        parsed.model = model
    if parsed.finish_reason is None and type(reason) is str:
        parsed.finish_reason = reason


def _messages(tree: Tree, branch: Sequence[str]) -> Iterator[Message]:
    """The branch as OpenAI messages: calls joined to the words before them, thoughts to the words after."""
    held: Message | None = None
    thoughts: list[str] = []
    call_id: str | None = None
    for key in branch:
        node = _message(tree, key)
        content = node.get("content")
        if type(content) is not dict:
            continue
        if content.get("content_type") in _THOUGHTS:
            thoughts += _thoughts(content)
            continue
        message = _spoken(node, content)
        if message is None:
            continue
        if message["role"] == "assistant" and thoughts:
            message["reasoning_content"] = "\n".join(thoughts)
            thoughts = []
        calls = cast("list[Object]", message.get("tool_calls", ()))
        if calls:
            call_id = cast("str", calls[0]["id"]) or None
        if message["role"] == "tool" and call_id:
            message["tool_call_id"] = call_id
        if held is not None and calls and held["role"] == "assistant":
            held = _with_calls(held, message)
            continue
        if held is not None:
            yield held
        held = message
    if held is not None:
        yield held


def _with_calls(held: Message, message: Message) -> Message:
    """What was said and what is called right after it are one message."""
    calls = [*cast("list[object]", held.get("tool_calls", [])), *cast("list[object]", message["tool_calls"])]
    return {**message, **held, "tool_calls": calls}


def _spoken(node: Object, content: Object) -> Message | None:
    """A node as a message; None if it says nothing."""
    role, recipient = _role(node), node.get("recipient")
    rest = {name: value for name, value in node.items() if name not in _STRUCTURE and value not in (None, {})}
    if rest.get("status") == "finished_successfully":
        del rest["status"]
    hidden = reach(node, "metadata.is_visually_hidden_from_conversation") is True
    instructions = _instructions(node, content)
    if instructions:
        return {"role": "system", "content": instructions}
    said = _content(content)
    if role == "assistant" and type(recipient) is str and recipient not in ("all", ""):
        arguments = said if type(said) is str else json_text(said)
        function = {"name": recipient, "arguments": arguments}
        call_id = node.get("id")
        call = {"id": call_id if type(call_id) is str else "", "type": "function", "function": function}
        return {**rest, "role": role, "content": None, "tool_calls": [call]}
    if said in ("", []):
        return None
    if role == "tool":
        name = reach(node, "author.name")
        return {**rest, "role": role, "content": said, **({"name": name} if type(name) is str else {})}
    return {**rest, "role": "system" if hidden and role == "user" else role, "content": said}


def _instructions(node: Object, content: Object) -> str:
    """Custom instructions and memories: what the model was told about the user, in whatever role."""
    told = [content.get(name) for name in _INSTRUCTIONS]
    old = reach(node, "metadata.user_context_message_data")
    if type(old) is dict:
        told += [old.get(name) for name in _OLD_INSTRUCTIONS]
    return "\n\n".join(text for text in told if type(text) is str and text.strip())


def _content(content: Object) -> object:
    """Text, or a list of parts if there is more than text.

    Raises:
        Rejected: bad-message.
    """
    parts = content.get("parts")
    if type(parts) is list:
        read = [_part(part) for part in cast("list[object]", parts) if part not in ("", None)]
        texts = [part["text"] for part in read if part["type"] == "text" and len(part) == 2]
        if len(texts) == len(read):
            return "\n".join(cast("list[str]", texts))
        return read
    text = next((content[name] for name in _TEXTS if type(content.get(name)) is str), None)
    if type(text) is str:
        return text
    kind = content.get("content_type")
    return [{**content, "type": kind}] if type(kind) is str and len(content) > 1 else ""


def _part(part: object) -> Message:
    if type(part) is str:
        return {"type": "text", "text": part}
    if type(part) is not dict:
        raise Rejected("bad-message", "a part is neither text nor an object")
    kind = part.get("content_type")
    if kind == "audio_transcription" and type(part.get("text")) is str:
        return {"type": "text", "text": part["text"]}
    rest = {name: value for name, value in part.items() if name != "content_type" and value is not None}
    return {**rest, "type": kind if type(kind) is str else "unknown"}


def _thoughts(content: Object) -> Iterator[str]:
    """Reasoning as far as the export shows it; a recap (`Thought for 5 seconds`) is none."""
    listed = content.get("thoughts")
    for thought in cast("list[object]", listed) if type(listed) is list else ():
        said = (thought.get("content") or thought.get("summary")) if type(thought) is dict else None
        if type(said) is str and said:
            yield said


def _turned_down(tree: Tree, branch: Sequence[str]) -> Message | None:
    """The newest other answer to the last question, if it and the shown one are a single message each."""
    asked = next(
        (i for i in reversed(range(len(branch))) if _role(_message(tree, branch[i])) == "user"), None
    )
    if asked is None or asked + 1 >= len(branch):
        return None
    shown = _single(tree, branch[asked + 1 :])
    if shown is None:
        return None
    for start in reversed(tree.beside(branch[asked + 1])):
        other = _single(tree, _down(tree, start))
        if other is not None and other != shown:
            return {"role": "assistant", "content": other}
    return None


def _down(tree: Tree, start: str) -> list[str]:
    """From a node along the newest branch up to the user's next turn."""
    path = [start]
    while following := tree.children.get(path[-1]):
        if _role(_message(tree, following[-1])) == "user" or following[-1] in path:
            break
        path.append(following[-1])
    return path


def _single(tree: Tree, path: Sequence[str]) -> str | None:
    """The text of a branch that is one answer; None if it is several messages, a call or no text."""
    messages = [message for message in _messages(tree, path) if message["role"] != "system"]
    if len(messages) != 1 or messages[0]["role"] != "assistant" or "tool_calls" in messages[0]:
        return None
    content = messages[0]["content"]
    return content if type(content) is str and content.strip() else None
