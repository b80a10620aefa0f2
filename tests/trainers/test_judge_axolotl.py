"""Axolotl loads every row by the config we write, and learns the turns that `train` says, with their ends."""

from pathlib import Path

import pytest

from trainers.conftest import Ask, Exports
from trainers.environments import needed
from trainers.tokenizer import learned, shown

pytestmark = needed


@pytest.mark.parametrize("fix", [False, True])
def test_every_row_is_shown_as_written_and_learned_as_marked(
    fix: bool, exports: Exports, ask: Ask, tokenizer: Path
) -> None:
    written = exports("axolotl", fix=fix)
    told = ask("axolotl", written.folder, tokenizer)
    for split, name in (("train", "train"), ("test", "validation")):
        talks = written.talks[name]
        assert [row["shown"] for row in told[split]] == list(map(shown, talks))
        assert [row["learned"] for row in told[split]] == [learned(talk.messages) for talk in talks]
