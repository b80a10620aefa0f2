"""The example's generator keeps its own promises: what it says it planted is where it says."""

import csv
import gzip
import hashlib
import io
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from stdnum import iban, luhn
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.nl import bsn
from stdnum.us import ssn

SUPPORT = Path(__file__).parents[2] / "examples" / "support"
sys.path.insert(0, str(SUPPORT))

from generate import generate  # noqa: E402
from logmaker import identifiers, rough  # noqa: E402

CONVERSATIONS = 900
Place = tuple[str, int]
Truth = list[dict[str, Any]]
Messages = dict[Place, list[dict[str, Any]]]
PAIRS = ("exact_duplicate", "near_duplicate", "near_duplicate_short", "paraphrase", "contrast", "conflict",
         "redacted_contrast", "prompt_drift")  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("support")
    generate(out=out, seed=7, conversations=CONVERSATIONS)
    return out


@pytest.fixture(scope="module")
def truth(made: Path) -> Truth:
    return [json.loads(line) for line in (made / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def messages(made: Path) -> Messages:
    """Place → messages, read with the plain tools of the language; only of records that can be read."""
    found: Messages = {}
    for file in sorted((made / "logs/chat").iterdir()):
        for line, raw in enumerate(gzip.decompress(file.read_bytes()).split(b"\n")[:-1], 1):
            record = readable(raw)
            if "metadata" in record:
                found[f"logs/chat/{file.name}", line] = record["messages"]
    for line, raw in enumerate((made / "logs/widget/widget.jsonl").read_bytes().split(b"\r\n")[:-1], 1):
        record = readable(raw.removeprefix(b"\xef\xbb\xbf"))
        if "session" in record:
            roles = {"human": "user", "gpt": "assistant", "system": "system"}
            found["logs/widget/widget.jsonl", line] = [
                {"role": roles[turn["from"]], "content": turn["value"]} for turn in record["conversations"]
            ]
    return found | tickets((made / "logs/email/tickets.csv").read_text(encoding="utf-8"))


def readable(raw: bytes) -> dict:
    try:
        record = json.loads(raw)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def tickets(text: str) -> Messages:
    """A record starts on the line after the one on which the record before it ended."""
    rows = csv.reader(io.StringIO(text, newline=""))
    assert next(rows) == ["ticket", "received", "intent", "question", "answer"]
    found = {}
    start = rows.line_num + 1
    for row in rows:
        found["logs/email/tickets.csv", start] = [
            {"role": "user", "content": row[3]},
            {"role": "assistant", "content": row[4]},
        ]
        start = rows.line_num + 1
    return found


def place(entry: dict) -> Place:
    return entry["file"], entry["line"]


def other(entry: dict) -> Place:
    return entry["other_file"], entry["other_line"]


def spoken(conversation: list[dict]) -> list[tuple]:
    """Messages without the ids of tool calls."""
    return [
        (m["role"], m.get("content"), [call["function"]["arguments"] for call in m.get("tool_calls", ())])
        for m in conversation
    ]


def digest(directory: Path) -> str:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return hashlib.blake2b(
        b"".join(str(f.relative_to(directory)).encode() + f.read_bytes() for f in files)
    ).hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        generate(out=tmp_path / name, seed=seed, conversations=300)
    assert digest(tmp_path / "one") == digest(tmp_path / "two") != digest(tmp_path / "three")


def test_the_number_of_conversations_is_about_what_was_asked_for(messages: Messages) -> None:
    assert len(messages) == pytest.approx(CONVERSATIONS, rel=0.05)


def test_every_kind_is_planted(truth: Truth) -> None:
    assert {entry["kind"] for entry in truth} == {
        *PAIRS, "pii", "pii_trap", "malformed", "truncated", "refusal", "error_answer", "empty_turn",
        "mojibake", "control_characters", "ambiguous", "missing_value", "out_of_scope", "conflicting",
    }  # fmt: skip


def test_every_place_but_those_of_broken_lines_holds_a_conversation(truth: Truth, messages: Messages) -> None:
    for entry in truth:
        assert (place(entry) in messages) == (entry["kind"] != "malformed"), entry
        if entry["kind"] in PAIRS:
            assert other(entry) in messages


def test_broken_lines_are_broken_as_they_say(made: Path, truth: Truth) -> None:
    for entry in (entry for entry in truth if entry["kind"] == "malformed"):
        raw = (made / entry["file"]).read_bytes()
        raw = gzip.decompress(raw) if entry["file"].endswith(".gz") else raw
        line = raw.split(b"\n")[entry["line"] - 1].rstrip(b"\r")
        assert damage(line) == entry["expected"]


def damage(line: bytes) -> str:
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:
        return "invalid_utf8"
    except ValueError:
        return "truncated_json"
    if not isinstance(value, dict):
        return "not_an_object"
    if not value:
        return "empty_object"
    turns = value.get("messages", value.get("conversations"))
    if turns is None:
        return "missing_messages"
    if not isinstance(turns, list):
        return "messages_not_a_list"
    return "unknown_role" if turns else "empty_messages"


def test_offsets_point_at_the_values(truth: Truth, messages: Messages) -> None:
    for entry in (entry for entry in truth if entry["kind"] in ("pii", "pii_trap")):
        where = entry["where"]
        message = messages[place(entry)][where["message"]]
        if "tool_call" in where:
            assert where["value"] in message["tool_calls"][where["tool_call"]]["function"]["arguments"]
        else:
            assert message["content"][where["start"] : where["end"]] == where["value"]


def test_no_value_occurs_anywhere_the_truth_does_not_say(truth: Truth, messages: Messages) -> None:
    said = defaultdict(list)
    for entry in truth:
        if entry["kind"] in ("pii", "pii_trap"):
            said[place(entry), entry["where"]["value"]].append(entry["where"])
    for (at, value), wheres in said.items():
        contents = sum((message.get("content") or "").count(value) for message in messages[at])
        calls = sum(
            value in call["function"]["arguments"]
            for message in messages[at]
            for call in message.get("tool_calls", ())
        )
        assert contents + calls == len(wheres)


def test_personal_data_stands_in_tool_arguments_and_results_too(truth: Truth, messages: Messages) -> None:
    roles = Counter(
        messages[place(entry)][entry["where"]["message"]]["role"] for entry in truth if entry["kind"] == "pii"
    )
    assert roles["user"] > roles["assistant"] > 0
    assert roles["tool"] > 0
    assert any("tool_call" in entry["where"] for entry in truth if entry["kind"] == "pii")


CHECKS: dict[str, ModuleType] = {"es_dni": dni, "es_nie": nie, "fr_nir": nir, "nl_bsn": bsn, "de_idnr": idnr}


@pytest.mark.parametrize("country", CHECKS)
def test_government_ids_have_right_check_digits(country: str) -> None:
    rng = Random(5)
    for _ in range(300):
        value = identifiers.GOVERNMENT[country](rng)
        assert CHECKS[country].is_valid(value), value


def test_cards_accounts_and_social_security_numbers_are_valid_and_their_look_alikes_are_not() -> None:
    rng = Random(6)
    for _ in range(300):
        assert luhn.is_valid("".join(filter(str.isdigit, identifiers.card(rng))))
        assert iban.is_valid(identifiers.iban(rng))
        assert ssn.is_valid(identifiers.us_ssn(rng))
        assert not luhn.is_valid(identifiers.long_order(rng).replace(" ", ""))
        assert not ssn.is_valid(identifiers.part_number(rng))


def test_addresses_are_in_reserved_domains(truth: Truth) -> None:
    mails = [
        entry["where"]["value"].lower()
        for entry in truth
        if entry.get("type") == "email" and "where" in entry
    ]
    assert mails
    assert all(mail.endswith(("example.com", "example.org", "example.net")) for mail in mails)


def test_exact_duplicates_say_the_same_word_for_word(truth: Truth, messages: Messages) -> None:
    pairs = [entry for entry in truth if entry["kind"] == "exact_duplicate"]
    assert all(spoken(messages[place(entry)]) == spoken(messages[other(entry)]) for entry in pairs)
    assert any(entry["other_format"] for entry in pairs)
    assert any(entry["fresh_call_ids"] for entry in pairs)


def test_near_duplicates_differ_in_the_question_only_and_by_little(truth: Truth, messages: Messages) -> None:
    for entry in (entry for entry in truth if entry["kind"].startswith("near_duplicate")):
        one, two = messages[place(entry)], messages[other(entry)]
        differing = [i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
        assert [one[i]["role"] for i in differing] == ["user"]
        assert one[-1] == two[-1]
        assert (entry["jaccard"] >= 0.8) == (entry["kind"] == "near_duplicate")


def test_paraphrases_keep_every_number_and_the_answer(truth: Truth, messages: Messages) -> None:
    for entry in (entry for entry in truth if entry["kind"] == "paraphrase"):
        one, two = messages[place(entry)], messages[other(entry)]
        assert one[-1] == two[-1]
        assert numbers(one) == numbers(two)
        assert texts(one) != texts(two)


def numbers(conversation: list[dict]) -> Counter[str]:
    return Counter(
        word.strip(".,:;()!?") for word in texts(conversation).split() if any(map(str.isdigit, word))
    )


def texts(conversation: list[dict]) -> str:
    return " ".join(message["content"] or "" for message in conversation[:-1])


def test_contrasts_differ_by_one_sentence_and_answer_as_they_say(truth: Truth, messages: Messages) -> None:
    for entry in (entry for entry in truth if entry["kind"] == "contrast"):
        one, two = messages[place(entry)], messages[other(entry)]
        assert one[-2]["content"] != two[-2]["content"]
        assert (one[-1]["content"] == two[-1]["content"]) == entry["same_answer"]


def test_conflicts_ask_the_same_and_answer_differently(truth: Truth, messages: Messages) -> None:
    for entry in (entry for entry in truth if entry["kind"] == "conflict"):
        one, two = messages[place(entry)], messages[other(entry)]
        assert one[-2]["content"].casefold().split() == two[-2]["content"].casefold().split()
        assert one[-1]["content"] != two[-1]["content"]


def test_garbled_text_differs_from_what_is_expected_after_repair(truth: Truth, messages: Messages) -> None:
    for entry in (entry for entry in truth if entry["kind"] in ("mojibake", "control_characters")):
        assert messages[place(entry)][entry["message"]]["content"] != entry["expected"]


def test_nearly_no_twins_arise_by_chance(truth: Truth, messages: Messages) -> None:
    planted = {frozenset((place(entry), other(entry))) for entry in truth if entry["kind"] in PAIRS}
    holders = defaultdict(list)
    for at, conversation in messages.items():
        for shingle in rough.shingles(texts(conversation)):
            holders[shingle].append(at)
    shared = Counter(
        frozenset((one, two))
        for places in holders.values()
        if len(places) < 60
        for i, one in enumerate(places)
        for two in places[:i]
    )
    close = {pair for pair, count in shared.items() if count >= 20} - planted
    chance = [pair for pair in close if rough.jaccard(*(texts(messages[at]) for at in pair)) >= 0.8]
    copies = {at for pair in planted for at in pair}  # copies of one original are twins of each other
    assert len([pair for pair in chance if not pair <= copies]) <= len(messages) // 100


def test_mails_have_line_breaks_and_the_widget_has_windows_line_ends(made: Path, messages: Messages) -> None:
    mails = [m[0]["content"] for at, m in messages.items() if at[0].endswith(".csv")]
    assert sum("\n" in mail for mail in mails) > len(mails) // 4
    raw = (made / "logs/widget/widget.jsonl").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == raw.count(b"\n")
