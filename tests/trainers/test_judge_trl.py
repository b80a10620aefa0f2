"""TRL's own trainers prepare every row of an export, show it as written, and learn what `train` says."""

from pathlib import Path

import pytest

from trainers.conftest import Ask, Exports
from trainers.environments import needed
from trainers.tokenizer import END, answered, learned, said, shown
from tuneset.core.feedback import thumb_of
from tuneset.exporters.conversation import Conversation
from tuneset.exporters.pairs import rejected_of

pytestmark = needed


@pytest.mark.parametrize("fix", [False, True])
@pytest.mark.parametrize("target", ["trl", "unsloth"])
def test_assistant_only_loss_sees_every_turn_of_the_assistant_and_nothing_else(
    target: str, fix: bool, exports: Exports, ask: Ask, tokenizer: Path
) -> None:
    written = exports(target, fix=fix)
    told = ask("trl", "masked", written.folder, tokenizer)
    assert told.pop("loss") > 0
    assert told.keys() == written.talks.keys() == {"train", "validation", "test"}
    for split, talks in written.talks.items():
        assert [row["input_ids"] for row in told[split]] == list(map(shown, talks))
        assert [row["learned"] for row in told[split]] == [learned(talk.messages) for talk in talks]


def test_without_it_every_token_is_learned(exports: Exports, ask: Ask, tokenizer: Path) -> None:
    written = exports("trl")
    told = ask("trl", "sft", written.folder, tokenizer)
    assert [row["learned"] for row in told["train"]] == [[shown(talk)] for talk in written.train]


@pytest.mark.parametrize("fix", [False, True])
def test_a_completion_is_learned_and_its_prompt_is_not(
    fix: bool, exports: Exports, ask: Ask, tokenizer: Path
) -> None:
    written = exports("trl-prompt-completion", fix=fix)
    told = ask("trl", "sft", written.folder, tokenizer)
    for split, talks in written.talks.items():
        assert [row["input_ids"] for row in told[split]] == list(map(shown, talks))
        assert [row["learned"] for row in told[split]] == [[answered(talk)] for talk in talks]
        # our flags of the same rows say the same
        assert [learned(talk.messages) for talk in talks] == [
            [answered(talk).removesuffix("\n")] for talk in talks
        ]


def test_pairs_become_prompt_chosen_and_rejected(exports: Exports, ask: Ask, tokenizer: Path) -> None:
    written = exports("trl-dpo")
    assert len(written.train) >= 4
    rows = ask("trl", "dpo", written.folder, tokenizer)["train"]
    assert rows == [
        {
            "prompt_ids": asked(talk),
            "chosen_ids": answered(talk),
            "rejected_ids": worse(talk),
            "learned": [answered(talk), worse(talk)],
        }
        for talk in written.train
    ]


def test_thumbs_become_labels(exports: Exports, ask: Ask, tokenizer: Path) -> None:
    written = exports("trl-kto")
    assert {thumb_of(talk.feedback) for talk in written.train} == {True, False}
    rows = ask("trl", "kto", written.folder, tokenizer)["train"]
    found = [(row["prompt_ids"], row["completion_ids"], row["label"]) for row in rows]
    wanted = [(asked(talk), answered(talk), thumb_of(talk.feedback)) for talk in written.train]
    # the trainer puts the good ones before the bad ones
    assert sorted(found) == sorted(wanted)


def asked(talk: Conversation) -> str:
    """The prompt, up to where the assistant begins."""
    return shown(talk).removesuffix(answered(talk))


def worse(talk: Conversation) -> str:
    (message,) = rejected_of(talk) or ()
    return f"{said(message)}{END}\n"
