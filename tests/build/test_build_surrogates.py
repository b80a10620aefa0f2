"""A build with realistic surrogates keeps, drops and links what one with placeholders does.

All people and numbers are invented.
"""

import json
from pathlib import Path

import pyarrow as pa
import pytest

import tuneset
from tuneset.release.verify import verify

SPEC = """
name: surrogates
sources: [{path: "logs/*.jsonl", name: chat}]
redact: %s
"""
REALISTIC = "{surrogates: realistic, dates: %s}"
CARDS = ("4539148803436467", "4111 1111 1111 1111", "5555555555554444")
ASKS = ("please refund card %s of %s", "Please, refund card %s of %s!", "cancel the order on %s from %s")


def _project(directory: Path, redact: str) -> "tuneset.Project":
    (directory / "logs").mkdir(parents=True)
    (directory / "tuneset.yaml").write_text(SPEC % redact)
    (directory / ".tuneset").mkdir()
    (directory / ".tuneset" / "key").write_bytes(bytes(range(32)))
    with (directory / "logs" / "a.jsonl").open("w") as file:
        for n in range(36):
            card, day = CARDS[n // 3 % 3], f"2024-05-{n // 9 + 1:02d}"
            asked = ASKS[n % 3] % (card, day)
            turns = [("user", f"my name is Jane Doe, {asked}"), ("assistant", f"Done, Jane: {card}, {day}.")]
            messages = [{"role": role, "content": text} for role, text in turns]
            file.write(json.dumps({"messages": messages, "conversation_id": f"c{n}"}) + "\n")
    return tuneset.open(directory)


def _groups(build: "tuneset.Build") -> set[tuple[frozenset[bytes], int, int]]:
    """What belongs together, how many of it stay, and how many examples those stand for. Which of several
    twins stays goes by their bytes, if nothing else tells them apart.
    """
    tables = list(build.verdict_groups(["origin_id", "outcome", "multiplicity", "component"]))
    rows = pa.concat_tables(tables).to_pylist()
    groups: dict[int, list[dict]] = {}
    for row in rows:
        groups.setdefault(row["component"], []).append(row)
    return {
        (
            frozenset(row["origin_id"] for row in group),
            sum(row["outcome"] != "dropped" for row in group),
            sum(row["multiplicity"] for row in group),
        )
        for group in groups.values()
    }


@pytest.mark.parametrize("dates", ["keep", "shift"])
def test_surrogates_make_and_part_no_twins(tmp_path: Path, dates: str) -> None:
    plain = _project(tmp_path / "plain", "{}").build(workers=1)
    project = _project(tmp_path / "lively", REALISTIC % dates)
    lively = project.build(workers=1)
    if dates == "keep":  # the days of May are words; taken out, they are values that protect
        assert _groups(plain) == _groups(lively)
    stay = [sum(kept for _, kept, _ in _groups(build)) for build in (plain, lively)]
    assert stay[0] == stay[1] < 36
    release = project.release(workers=1)
    assert not verify(release.dir).problems
    rows = "".join(path.read_text() for path in release.dir.glob("data/*.jsonl"))
    assert "[PERSON_1]" not in rows
    assert "Jane" not in rows
    assert not any(card in rows for card in CARDS)
    assert ("2024-05-0" in rows) is (dates == "keep")
    key = bytes(range(32))
    files = [path.read_bytes() for path in release.dir.rglob("*") if path.is_file()]
    assert not any(key in content or key.hex().encode() in content for content in files)
    assert not any(b'surrogates":' in content and b'[CARD_1]"' in content for content in files)
