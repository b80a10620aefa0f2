"""OpenAI chat fine-tuning JSONL; Azure OpenAI and many others read the same lines."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import ASSISTANT, USER, Messages
from tuneset.core.exporter import Files, Status
from tuneset.core.spec import Fields
from tuneset.exporters import rules as require
from tuneset.exporters.chat import all_rules, file_rules, weighted
from tuneset.exporters.shape import WEIGHTED, shape_rules
from tuneset.exporters.toolcalls import bad_function_names, broken_tool_order
from tuneset.exporters.turns import Turns, one_by_one, present

_GUIDE = "https://developers.openai.com/api/docs/guides/supervised-fine-tuning"
_REFERENCE = "https://platform.openai.com/docs/api-reference/fine-tuning/chat-input"
_CALLS = "https://platform.openai.com/docs/guides/function-calling"
_VISION = "https://developers.openai.com/api/docs/guides/vision-fine-tuning"


class OpenAI:
    """`{"messages": […], "tools": […]}`; an assistant turn that is not learned from carries `"weight": 0`."""

    name = "openai"
    version = 1
    status: Status = "legacy"
    status_reason = (
        "OpenAI takes no new fine-tuning jobs after 2027-01-06, none from new customers since 2026-05-07, "
        "and shuts tuned models down with the models below them, those of gpt-4o and gpt-4.1 on 2027-01-14; "
        "the format lives on at Azure OpenAI, Fireworks and Together"
    )
    last_verified = "2026-11-28"
    files = Files(min_examples=10, max_bytes=512 * 2**20)
    most_images = 10
    reader = "openai-chat"
    fields = Fields()
    rules = all_rules(
        (
            require.last_assistant(_GUIDE),
            require.assistant_present(_REFERENCE),
            require.assistant_trained(_REFERENCE),
            require.content_present(_REFERENCE),
            *require.tools_meet(_CALLS),
            require.function_names_plain(_CALLS),
            *require.images_of_users(_VISION, most=most_images),
        ),
        *shape_rules(_REFERENCE, weight=True),
        *file_rules(_GUIDE, least=10, megabytes=512),
    )

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)`, sorted, for each row that an upload would be refused for."""
        return self.broken(Messages.of(examples))

    def broken(self, messages: Messages) -> list[tuple[int, str]]:
        """The same, of messages that are open already."""
        spoken = messages.role == ASSISTANT
        trained = spoken & messages.train.to_numpy(zero_copy_only=False)
        count = len(messages.offsets) - 1
        last = messages.offsets[1:] - 1
        ends_well = np.zeros(count, np.bool_)
        filled = np.diff(messages.offsets) > 0
        ends_well[filled] = spoken[last[filled]]
        masks = {
            "order.last-assistant": ~ends_well,
            "assistant.present": messages.taught < 0,
            "assistant.trained": np.bincount(messages.row[trained], minlength=count) == 0,
            "content.present": np.bincount(messages.row[_silent(messages)], minlength=count) > 0,
        }
        found = [(int(row), rule) for rule, mask in masks.items() for row in np.flatnonzero(mask)]
        found += _bad_images(messages, most=self.most_images)
        return sorted([*found, *broken_tool_order(messages), *bad_function_names(messages)])

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example; arguments of calls stay exactly as they were seen."""
        return one_by_one(self.encoded(Turns.of(examples)))

    def encoded(self, turns: Turns) -> pa.Array:
        """`[n]` the same lines with their line ends, as text."""
        return weighted(turns)

    def side_files(self, name: str) -> dict[str, bytes]:  # noqa: ARG002, RUF100
        """None: the lines are all there is."""
        return {}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        return WEIGHTED.faults(record)

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line itself."""
        return record


def _silent(messages: Messages) -> np.ndarray:
    """`bool[m]`: neither text nor parts nor calls; empty text is silence too, but not of a tool."""
    empty = pc.fill_null(pc.equal(pc.binary_length(messages.content), 0), fill_value=True)
    nothing = pc.and_(messages.parts.is_null(), messages.tool_calls.is_null())
    speaks = (messages.role == USER) | (messages.role == ASSISTANT)
    missing = messages.content.is_null().to_numpy(zero_copy_only=False)
    return nothing.to_numpy(zero_copy_only=False) & np.where(
        speaks, empty.to_numpy(zero_copy_only=False), missing
    )


def _bad_images(messages: Messages, *, most: int) -> list[tuple[int, str]]:
    """Rows in which another than the user shows an image, or too many are shown."""
    shown = dict[int, int]()
    found = set[tuple[int, str]]()
    for i, parts in present(messages.parts):
        count = parts.count('"image')
        if not count:
            continue
        row = int(messages.row[i])
        shown[row] = shown.get(row, 0) + require.images_in(parts)
        if messages.role[i] != USER and require.images_in(parts):
            found.add((row, "images.user-only"))
    return [*found, *((row, "images.most") for row, count in shown.items() if count > most)]
