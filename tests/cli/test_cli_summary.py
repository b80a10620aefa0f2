"""What the lines of a build point out."""

import json
from pathlib import Path

import tuneset
from tuneset.cli.summary import summary_lines


def test_many_examples_that_the_sealed_test_set_drives_out_are_worth_a_line(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "tuneset.yaml").write_text("name: shop\nsources: [{path: logs/*.jsonl}]\n")
    _write(
        tmp_path / "logs" / "old.jsonl", [_chat(f"Question {i}?", user=i, conversation=i) for i in range(60)]
    )
    assert not _told(tmp_path)
    # one conversation in which all users of before take part
    _write(
        tmp_path / "logs" / "new.jsonl", [_chat(f"Me too, {i}.", user=i, conversation=99) for i in range(60)]
    )
    (line,) = _told(tmp_path)
    dropped = tuneset.open(tmp_path).build(workers=1).summary["dropped_by_reason"]
    gone = sum(count for reason, count in dropped.items() if reason.endswith("-of-sealed-test"))
    assert line.split()[0] == str(gone)
    assert dropped["split/group-of-sealed-test"] == 6, "of each sealed user the new question"


def _told(project: Path) -> list[str]:
    summary = tuneset.open(project).build(workers=1).summary
    return [line for line in summary_lines(summary) if "sealed test examples" in line]


def _chat(asked: str, *, user: int, conversation: int) -> dict:
    said = [{"role": "user", "content": asked}, {"role": "assistant", "content": f"Thanks for {asked}"}]
    return {"messages": said, "user": f"user {user}", "conversation_id": f"talk {conversation}"}


def _write(file: Path, rows: list[dict]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
