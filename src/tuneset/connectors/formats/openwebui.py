"""Open WebUI: chats as the web interface exports them, and its feedback history.

A chat is a tree (`history.messages`, each with its `parentId`): the branch that the user sees (`currentId`)
is the example. Written by Settings → Chats → Export (a list of chats), by the archive and admin exports of
the same form, and by Evaluations → Feedbacks → Export, whose entries carry the chat as a `snapshot`.

https://docs.openwebui.com/features/chat-conversations/
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from tuneset.connectors.details import opened
from tuneset.connectors.envelope import envelope, moment, reach, remove
from tuneset.connectors.tree import Tree
from tuneset.connectors.turns import Turns
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields

Object = Mapping[str, object]

_PLACES = ("chat", "snapshot.chat.chat", "snapshot.chat", "")
"""Where the chat itself may lie: exports, feedback, feedback of older versions, a bare chat."""
_STRUCTURE = frozenset(("role", "content", "parentId", "childrenIds", "done", "files"))


class OpenWebUI:
    """Records with `chat.history.messages`."""

    name = "openwebui"
    version = 1

    def recognises(self, record: Object) -> str | None:
        """By the tree of messages."""
        for place in _PLACES:
            path = f"{place}.history".lstrip(".")
            history = reach(record, path)
            if type(history) is dict and type(history.get("messages")) is dict:
                return f"`{path}.messages` with `parentId`"
        return None

    def parse(self, record: Object, into: ExampleBuilder, *, fields: Fields) -> Parsed:
        """See `Connector.parse`."""
        place, chat = _chat(record)
        tree = Tree.of(reach(chat, "history.messages"), parent="parentId")
        rated = reach(record, "meta.message_id") if place.startswith("snapshot") else None
        branch = tree.branch(rated or reach(chat, "history.currentId"))
        shown = [tree.nodes[key] for key in branch]
        answer = _answer(shown)
        turns = Turns(into)
        system = reach(chat, "params.system") or chat.get("system")
        if type(system) is str and system and shown[0].get("role") != "system":
            turns.say("system", system)
        turns.extend([said for node in shown for said in _said(node)], where="history.messages")
        turns.require_answer()
        extra = _rest(record, place, tree=tree, branch=branch)
        if moment(answer.get("timestamp")) is not None:
            extra.setdefault("captured_at", answer["timestamp"])
        parsed = envelope(extra, fields=fields)
        if turns.leftovers:
            parsed.extra["messages"] = turns.leftovers
        _judge(parsed, record, place=place, answer=answer, others=_regenerated(tree, branch))
        _identify(parsed, record, place=place, chat=chat)
        model = answer.get("model")
        parsed.model = parsed.model or (model if type(model) is str else None)
        if answer.get("done") is False and parsed.finish_reason is None:
            parsed.finish_reason = "incomplete"
        return parsed


def _chat(record: Object) -> tuple[str, Object]:
    for place in _PLACES:
        chat = reach(record, place) if place else record
        if type(chat) is dict and type(chat.get("history")) is dict:
            return place, chat
    raise Rejected("unknown-shape", "no `history`")


def _answer(shown: Sequence[Object]) -> Object:
    """The message that is taught.

    Raises:
        Rejected: no-answer, provider-error.
    """
    answer = next((node for node in reversed(shown) if node.get("role") == "assistant"), None)
    if answer is None:
        raise Rejected("no-answer", "no turn of the assistant")
    if answer.get("error") and not answer.get("content"):
        raise Rejected("provider-error", "`error` in the shown answer")
    return answer


def _said(node: Object) -> Iterator[Object]:
    """A node as messages: one, or several if the answer holds tool calls."""
    role, content = node.get("role"), node.get("content")
    rest = {name: value for name, value in node.items() if name not in _STRUCTURE}
    images, files = _images(node.get("files"))
    if files:
        rest["files"] = files
    if role == "assistant" and type(content) is str:
        *before, last = opened(content)
        yield from before
        yield {**rest, **last}
    elif images and type(content) is str:
        yield {**rest, "role": role, "content": [{"type": "text", "text": content}, *images]}
    else:
        yield {**rest, "role": role, "content": content}


def _images(files: object) -> tuple[list[object], object]:
    """Images as parts, and the other files (documents, whose text the model saw only in pieces)."""
    if type(files) is not list:
        return [], files
    images, others = list[object](), list[object]()
    for file in cast("list[object]", files):
        url = file.get("url") if type(file) is dict and file.get("type") == "image" else None
        if type(url) is str:
            images.append({"type": "image_url", "image_url": {"url": url}})
        else:
            others.append(file)
    return images, others


def _rest(record: Object, place: str, *, tree: Tree, branch: Sequence[str]) -> dict[str, object]:
    """The record without what went into the example; messages on other branches stay."""
    extra = dict(record)
    for name in ("history", "messages", "system", "params.system", "id"):
        remove(extra, f"{place}.{name}".lstrip("."))
    hidden = {key: node for key, node in tree.nodes.items() if key not in set(branch)}
    if hidden:
        extra["branches"] = hidden
    return extra


def _regenerated(tree: Tree, branch: Sequence[str]) -> list[Object]:
    """Other answers to the same question that the user asked for, the newest last.

    Answers of several models side by side have another `modelIdx`: nobody turned one of them down.
    """
    answer = next(key for key in reversed(branch) if tree.nodes[key].get("role") == "assistant")
    slot = tree.nodes[answer].get("modelIdx")
    beside = [tree.nodes[key] for key in tree.beside(answer)]
    return [node for node in beside if node.get("role") == "assistant" and node.get("modelIdx") == slot]


def _judge(parsed: Parsed, record: Object, *, place: str, answer: Object, others: Sequence[Object]) -> None:
    """Ratings, and the answer that was turned down: the one a person rewrote, else a regenerated one."""
    annotation = record.get("data") if place.startswith("snapshot") else answer.get("annotation")
    if parsed.feedback is None and type(annotation) is dict and annotation:
        parsed.feedback = annotation
        parsed.extra.pop("data", None)
    original, content = answer.get("originalContent"), answer.get("content")
    if type(original) is str and original and original != content:
        parsed.kind = "corrected"
        parsed.extra["rejected"] = _plain(original)
        return
    least = _rating(answer)
    worse = [
        node["content"] for node in others if _rating(node) <= least and _is_text(node, other_than=content)
    ]
    if worse:
        parsed.extra["rejected"] = _plain(cast("str", worse[-1]))


def _plain(text: str) -> Object:
    """What an answer says in the end, without calls and reasoning."""
    return {"role": "assistant", "content": opened(text)[-1]["content"]}


def _is_text(node: Object, *, other_than: object) -> bool:
    content = node.get("content")
    return type(content) is str and bool(content.strip()) and content != other_than and not node.get("error")


def _rating(node: Object) -> float:
    """1 for thumbs up, -1 for thumbs down, 0 if nobody said."""
    rating = reach(node, "annotation.rating")
    return float(rating) if isinstance(rating, int | float) else 0.0


def _identify(parsed: Parsed, record: Object, *, place: str, chat: Object) -> None:
    """The chat's own id, wherever this export has it."""
    ids = (reach(record, "meta.chat_id"), reach(record, "snapshot.chat.id"), record.get("id"), chat.get("id"))
    known = ids if place.startswith("snapshot") else ids[2:]
    if parsed.conversation is None:
        parsed.conversation = next((value for value in known if type(value) is str and value), None)
    taken = ("meta.chat_id", "snapshot.chat.id", "snapshot.chat.user_id")
    for path in taken if place.startswith("snapshot") else ("id",):
        remove(parsed.extra, path)
