"""System prompts that stand beside the messages instead of among them."""

from tuneset.connectors.envelope import reach, remove
from tuneset.connectors.turns import Turns, decoded
from tuneset.core.spec import Fields

_NAMES = ("system", "system_prompt")


def add_system(extra: dict[str, object], turns: Turns, *, listed: object, fields: Fields) -> None:
    """Moves the prompt from `extra` to the head of the example: a text or a list of text parts.

    If the messages `listed` begin with a system prompt of their own, the other one stays in `extra`.

    Raises:
        Rejected: bad-message.
    """
    first = listed[0] if type(listed) is list and listed else None
    if type(first) is dict and first.get("role", first.get("from")) in ("system", "developer"):
        return
    for path in (fields.system,) if fields.system else _NAMES:
        prompt = decoded(reach(extra, path))
        if not prompt or type(prompt) not in (str, list):
            continue
        turns.extend([{"role": "system", "content": prompt}], where=path)
        remove(extra, path)
        return
