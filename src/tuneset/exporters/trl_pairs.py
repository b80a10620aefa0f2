"""Hugging Face TRL: prompt and completion (`SFTTrainer`), pairs (`DPOTrainer`), thumbs (`KTOTrainer`).

{"prompt": […], "completion": […], "tools": "[…]"}
{"prompt": […], "chosen": […], "rejected": […], "tools": "[…]"}
{"prompt": […], "completion": […], "label": true, "tools": "[…]"}
"""

from collections.abc import Iterator, Mapping, Sequence

import orjson
import pyarrow as pa

from tuneset.core.exporter import Rule, Status
from tuneset.core.spec import Fields
from tuneset.exporters import rules as require
from tuneset.exporters.chat import all_rules
from tuneset.exporters.conversation import Conversation, Json, Message, conversations
from tuneset.exporters.pairs import rejected_of, same_answer, thumb_on
from tuneset.exporters.rules import Check, broken
from tuneset.exporters.shape import KEYS, TOOLS, fields_are, is_text_or_messages, shape_rules
from tuneset.exporters.trl import FORMATS, SHAPE, card, parsed_calls

_SFT = "https://huggingface.co/docs/trl/sft_trainer"
_DPO = "https://huggingface.co/docs/trl/dpo_trainer"
_KTO = "https://huggingface.co/docs/trl/kto_trainer"

_ABSENT = Check(
    Rule(
        "pair.absent",
        "the example has no worse answer to compare with",
        _DPO,
        "corrections and answers that users did not choose make pairs; export the others for trl",
    ),
    lambda talk: rejected_of(talk) is None,
)
_EQUAL = Check(
    Rule(
        "pair.equal",
        "both answers of the pair say the same",
        _DPO,
        "leave it out: there is nothing to prefer",
    ),
    lambda talk: talk.taught is not None and same_answer(talk.taught, rejected_of(talk) or []),
)
_DISLIKED = Check(
    Rule(
        "pair.disliked",
        "somebody gave the better answer of the pair a thumb down",
        _DPO,
        "leave it out, or correct the answer",
    ),
    lambda talk: rejected_of(talk) is not None and thumb_on(talk) is False,
)
_NO_THUMB = Check(
    Rule(
        "thumb.absent",
        "nobody has given this answer a thumb, or several people disagree",
        _KTO,
        "give `feedback` a thumb (those on an answer before its correction do not count), or export for trl",
    ),
    lambda talk: thumb_on(talk) is None,
)


def _checks(link: str, *others: Check) -> tuple[Check, ...]:
    return (
        require.assistant_present(link),
        require.last_assistant(link),
        require.prompt_present(FORMATS),
        *others,
        require.text_only(FORMATS),
        require.arguments_are_objects(FORMATS),
        require.special_tokens(link),
    )


class TRLPromptCompletion:
    """`{"prompt": […], "completion": […]}`: only the completion is learned from, whatever the template."""

    name = "trl-prompt-completion"
    version = 1
    status: Status = "active"
    last_verified = "2026-11-28"
    reader = "prompt-completion"
    fields = Fields()
    checks = _checks(_SFT, require.assistant_trained(_SFT), require.mask_last_only(_SFT))
    rules = all_rules(checks, *shape_rules(FORMATS))
    trainer = "`trl.SFTTrainer`"
    columns: Mapping[str, str] = {"prompt": "json", "completion": "json", "tools": "string"}

    def breaks(self, examples: pa.Table) -> list[tuple[int, str]]:
        """`(row, rule id)`, sorted, for each row that the trainer would refuse or learn wrongly."""
        return broken(self.checks, examples)

    def lines(self, examples: pa.Table) -> Iterator[bytes]:
        """One line per example."""
        for talk in conversations(examples):
            row = {"prompt": _told(talk.messages[:-1]), **self.answers(talk)}
            if talk.tools is not None:
                row["tools"] = orjson.dumps(talk.tools).decode()
            yield orjson.dumps(row)

    def answers(self, talk: Conversation) -> dict[str, Json]:
        """What stands beside the prompt."""
        return {"completion": _told(talk.messages[-1:])}

    def side_files(self, name: str) -> dict[str, bytes]:  # noqa: ARG002, RUF100
        """A card that declares the types of the columns."""
        return {"README.md": card(self.columns, what=self.trainer)}

    def faults(self, record: Mapping[str, object]) -> list[str]:
        """Rules that a line breaks as it stands."""
        kinds = {name: _is_said for name, kind in self.columns.items() if kind == "json"}
        found = fields_are(record, kinds)
        if "label" in self.columns and type(record.get("label")) is not bool:
            found = ["shape.row"]
        tools = record.get("tools")
        if tools is not None and type(tools) not in (str, list):
            found.append(TOOLS)
        return [*found, *([] if record.keys() <= self.columns.keys() else [KEYS])]

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line itself."""
        return record


class TRLDPO(TRLPromptCompletion):
    """`{"prompt": […], "chosen": […], "rejected": […]}` from corrections and from answers not chosen."""

    name = "trl-dpo"
    checks = _checks(_DPO, _ABSENT, _EQUAL, _DISLIKED)
    rules = all_rules(checks, *shape_rules(FORMATS))
    trainer = "`trl.DPOTrainer`"
    columns: Mapping[str, str] = {"prompt": "json", "chosen": "json", "rejected": "json", "tools": "string"}

    def answers(self, talk: Conversation) -> dict[str, Json]:
        """The better and the worse answer."""
        worse = [_plain(message) for message in rejected_of(talk) or ()]
        return {"chosen": _told(talk.messages[-1:]), "rejected": worse}


class TRLKTO(TRLPromptCompletion):
    """`{"prompt": […], "completion": […], "label": true}` from thumbs in the feedback."""

    name = "trl-kto"
    checks = _checks(_KTO, _NO_THUMB)
    rules = all_rules(checks, *shape_rules(FORMATS))
    trainer = "`trl.KTOTrainer`"
    columns: Mapping[str, str] = {"prompt": "json", "completion": "json", "label": "bool", "tools": "string"}

    def answers(self, talk: Conversation) -> dict[str, Json]:
        """The answer and whether it is a good one. Both are learned from here, whatever their mask: a bad
        one is masked for everybody else, a good one where a longer call teaches it.
        """
        return {"completion": [_plain(m) for m in talk.messages[-1:]], "label": thumb_on(talk)}

    def opened(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The line with its label as feedback: a bad answer is a row like any other here."""
        rest = {name: value for name, value in record.items() if name != "label"}
        return {**rest, "feedback": {"thumb": record.get("label")}}


def _told(messages: Sequence[Message]) -> list[Json]:
    """Messages as templates take them. A turn that is only read says `"train": false`; they look away."""
    return [_plain(dict(message), train=message["train"]) for message in messages]


def _plain(message: Mapping[str, Json], *, train: bool = True) -> Json:
    said: dict[str, Json] = {"role": message["role"], "content": message["content"]}
    for key in ("name", "tool_call_id"):
        if key in message:
            said[key] = message[key]
    if "tool_calls" in message:
        said["tool_calls"] = parsed_calls(message["tool_calls"])
    if not train and message["role"] == "assistant":
        said["train"] = False
    return said


def _is_said(value: object) -> bool:
    return is_text_or_messages(value, SHAPE)
