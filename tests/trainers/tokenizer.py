"""A small real tokenizer and its chat template: byte-level BPE trained on the corpus, ChatML."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from trainers.corpus import records
from tuneset.exporters.conversation import Conversation, Message, arguments_of, calls_of, spoken

END = "<|im_end|>"
CONTROL = ("<|endoftext|>", "<|im_start|>", END)
WORDS = 1200

TEMPLATE = """{%- if tools %}
{{- '<|im_start|>system\\n' }}
{%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
{{- 'Tools:' }}
{%- for tool in tools %}{{- '\\n' }}{{- tool | tojson }}{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- elif messages[0].role == 'system' %}
{{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'system' and not loop.first %}
{{- '<|im_start|>system\\n' + message.content + '<|im_end|>\\n' }}
{%- elif message.role == 'user' %}
{{- '<|im_start|>user\\n' + message.content + '<|im_end|>\\n' }}
{%- elif message.role == 'tool' %}
{{- '<|im_start|>tool\\n' + (message.content or '') + '<|im_end|>\\n' }}
{%- elif message.role == 'assistant' %}
{{- '<|im_start|>assistant\\n' }}
{%- generation %}
{{- message.content or '' }}
{%- if message.tool_calls %}
{%- for call in message.tool_calls %}
{%- set given = call.function.arguments %}
{{- '<tool_call>' + call.function.name + '(' }}
{{- given if given is string else given | tojson }}
{{- ')</tool_call>' }}
{%- endfor %}
{%- endif %}
{{- '<|im_end|>' }}
{%- endgeneration %}
{{- '\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
"""ChatML that shows texts as they are, arguments as the object or text they are given as; the answer with its
end is marked as generated."""


def make_tokenizer(folder: Path) -> Path:
    """Writes `tokenizer.json` and its config; `folder` again."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=WORDS,
        special_tokens=list(CONTROL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END,
        "pad_token": CONTROL[0],
        "unk_token": CONTROL[0],
        "model_max_length": 1 << 20,
        "clean_up_tokenization_spaces": False,
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def shown(talk: Conversation, *, as_logged: bool = False) -> str:
    """What the template makes of a conversation: its twin, without jinja.

    `as_logged`: are arguments given as the text that was logged? Else as the object.
    """
    messages, text = list(talk.messages), ""
    if talk.tools:
        first = spoken(messages.pop(0)) + "\n\n" if messages[0]["role"] == "system" else ""
        text = f"<|im_start|>system\n{first}Tools:" + "".join("\n" + _json(tool) for tool in talk.tools)
        text += f"{END}\n"
    turns = [f"<|im_start|>{m['role']}\n{said(m, as_logged=as_logged)}{END}\n" for m in messages]
    return text + "".join(turns)


def said(message: Message, *, as_logged: bool = False) -> str:
    """One turn as the template writes it: its text, and its calls."""
    told = [
        (c["function"]["name"], c["function"]["arguments"] if as_logged else _json(arguments_of(c)))
        for c in calls_of(message)
    ]
    return spoken(message) + "".join(f"<tool_call>{name}({given})</tool_call>" for name, given in told)


def learned(messages: Sequence[Message], *, as_logged: bool = False) -> list[str]:
    """What is to be learned: each turn of the assistant that is not masked, with its end."""
    taught = [m for m in messages if m["role"] == "assistant" and m["train"]]
    return [said(m, as_logged=as_logged) + END for m in taught]


def answered(talk: Conversation) -> str:
    """The last turn as the template closes it."""
    return f"{said(talk.messages[-1])}{END}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _texts() -> Iterator[str]:
    for log in records().values():
        yield from (orjson.dumps(record).decode() for record in log)
