"""Realistic surrogates: same shape, right checks, never a value of the example, and invisible to comparisons.

All identifiers are invented.
"""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stdnum import iban as iban_check
from stdnum import luhn

from stages.conversations import table
from tuneset.core.example import EXAMPLES, Messages, set_column
from tuneset.core.spec import DedupeSpec, RedactSpec
from tuneset.stages.dedupe import sign
from tuneset.stages.dedupe.texts import texts_of
from tuneset.stages.redact import Redact, mask
from tuneset.stages.redact.masked import without_surrogates
from tuneset.stages.redact.wallet import is_wallet
from tuneset.stages.traces import thread_digests

KEY = bytes(range(32))
VALUES = {
    "card": ["4539148803436467", "4539 1488 0343 6467", "3714-496353-98431", "6011000990139424"],
    "iban": ["DE75 5121 0800 1245 1261 99", "GB82WEST12345698765432", "NL91 ABNA 0417 1643 00"],
    "government_id": ["536-90-4399", "12345678Z", "RSSMRA85T10A562S", "529.982.247-25", "756.9217.0769.85"],
    "email": ["jo.doe+shop77@mail.acme.io", "ANA@ACME.IO", "x@acme.io"],
    "phone": ["+49 151 2345 6789", "(415) 555-2671", "+1 415-555-2671 x12", "+44 20 7946 0991",
              "0044 7700 900111"],
    "ip": ["81.2.69.142", "2a02:8071:b687:4400::1f3:7334"],
    "person": ["my name is Jane Doe", "my name is Pieter van der Berg", "Best regards,\nJane B. Doe"],
    "username": ["username: jane_doe77"],
    "address": ["710 Sunset Drive, Suite 176, Phoenix, AZ 85034", "Hauptstraße 12, 10115 Berlin",
                "12 rue de la Paix"],
    "date_of_birth": ["born on 12 May 1984", "DOB: 1984-05-12", "born 13/05/1984"],
    "account": ["account number 00123-4567"],
    "device": ["00:1A:2B:3C:4D:5E", "IMEI 490154203237518"],
    "wallet": ["1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"],
    "plate": ["number plate B-MW 1234"],
    "credential": [
        "password: Tr0ub4dor&3", "ghp_abcdEFGH1234ijklMNOPabcdEFGH1234ijkl", "postgres://app:s3cret@db.example/x",
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----",
    ],
}  # fmt: skip
"""Type → texts that hold one value of it."""
TEXTS = [(kind, text) for kind, texts in VALUES.items() for text in texts]
EVERYTHING = {"surrogates": "realistic", "dates": "shift"}


def redacted(examples: pa.Table, *, key: bytes = KEY, **spec: Any) -> pa.Table:
    return Redact(RedactSpec(**spec), key=key)(examples).examples


def realistic(*texts: str, **spec: Any) -> list[str]:
    examples = redacted(table([("user", text) for text in texts]), surrogates="realistic", **spec)
    return Messages.of(examples).content.to_pylist()


def shape(text: str) -> str:
    return "".join("0" if sign.isdigit() else sign for sign in text)


@pytest.mark.parametrize(("kind", "text"), TEXTS)
def test_a_surrogate_is_found_as_what_it_stands_for_and_is_another_value(kind: str, text: str) -> None:
    [new] = realistic(text)
    assert new != text
    assert mask(new, types=(kind,)) == mask(text, types=(kind,)), "it has another type, or another place"
    assert f"[{kind.upper()}_1]" in mask(new, types=(kind,))


@pytest.mark.parametrize("kind", ["card", "iban", "government_id", "phone", "account", "device"])
def test_numbers_keep_their_grouping(kind: str) -> None:
    letters = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", "A" * 32)
    for text in VALUES[kind]:
        [new] = realistic(text)
        assert shape(new.translate(letters)) == shape(text.translate(letters)) or kind == "device"
        assert len(new) == len(text)


def test_checks_are_right() -> None:
    for n in range(20):
        card, iban, wallet, segwit = realistic(
            f"{n} 4539148803436467", f"{n} DE75512108001245126199", VALUES["wallet"][0], VALUES["wallet"][1],
            key=bytes([n]),
        )  # fmt: skip
        assert luhn.is_valid(card.split()[1])
        assert iban_check.is_valid(iban.split()[1], check_country=False)
        assert is_wallet(wallet.encode())
        assert is_wallet(segwit.encode())


def test_nobody_can_be_reached_by_a_surrogate() -> None:
    for key in range(20):
        mail, four, six, german, american, british = realistic(
            "jo@acme.io", "81.2.69.142", "2a02:8071::4400:1f3:7334", "+49 30 1234 5678", "(415) 555-2671",
            "+44 20 7946 0991",
            key=bytes([key]),
        )  # fmt: skip
        assert mail.rsplit(".", 2)[1] == "example"
        assert four.rsplit(".", 1)[0] in ("192.0.2", "198.51.100", "203.0.113")
        assert six.startswith("2001:db8:")
        assert "".join(filter(str.isdigit, german))[2:].startswith(
            ("3023125", "6990009", "4066969", "2214710", "8999998")
        )
        assert "".join(filter(str.isdigit, american))[3:8] == "55501"
        assert "".join(filter(str.isdigit, british)).startswith("44")


def test_words_of_a_name_agree_wherever_they_stand() -> None:
    said, signed, mail, login = realistic(
        "my name is Jane Doe", "ask Doe, or JANE", "jane.doe@acme.io", json.dumps({"username": "jane_doe"})
    )
    first, last = said.removeprefix("my name is ").split()
    assert signed == f"ask {last}, or {first.upper()}" or signed == f"ask {last}, or JANE"
    assert mail.split("@")[0] == f"{first}.{last}".lower()
    assert json.loads(login) == {"username": f"{first}_{last}".lower()}


def test_numbers_of_tool_calls_stay_numbers_and_agree_with_the_text() -> None:
    arguments = '{ "card_number" : 4539148803436467,"n":1.50, "note": "card 4539 1488 0343 6467" }'
    call = json.dumps([{"id": "c1", "type": "function", "function": {"name": "pay", "arguments": arguments}}])
    examples = redacted(table([("assistant", None, {"tool_calls": call})]), **EVERYTHING)
    [new] = Messages.of(examples).tool_calls.to_pylist()
    inside = json.loads(new)[0]["function"]["arguments"]
    value = json.loads(inside)
    assert isinstance(value["card_number"], int)
    assert value["note"].removeprefix("card ").replace(" ", "") == str(value["card_number"])
    assert inside.replace(str(value["card_number"]), "4539148803436467").startswith(
        '{ "card_number" : 4539148803436467,"n":1.50,'
    )


def test_the_same_key_gives_the_same_and_another_key_others() -> None:
    examples = table([("user", "card 4539 1488 0343 6467")])
    one, again, other = (
        redacted(examples, key=key, surrogates="realistic") for key in (KEY, KEY, b"another" * 5)
    )
    assert one.equals(again)
    assert not one.equals(other)


def test_conversations_share_surrogates_only_if_they_are_one_or_a_users() -> None:
    def card(spec: dict[str, str], **ids: str) -> str:
        examples = redacted(table([("user", "4539148803436467")], **ids), surrogates="realistic", **spec)
        return Messages.of(examples).content[0].as_py()

    by_conversation, by_user = {}, {"consistent": "user"}
    assert card(by_conversation, conversation="a") == card(by_conversation, conversation="a", user="u")
    assert card(by_conversation, conversation="a", user="u") != card(
        by_conversation, conversation="b", user="u"
    )
    assert card(by_user, conversation="a", user="u") == card(by_user, conversation="b", user="u")
    assert card(by_user, user="u") != card(by_user, user="v")


def test_placeholders_of_a_user_have_numbers_that_do_not_depend_on_the_conversation() -> None:
    one, two, other = (
        Messages.of(redacted(table([("user", text)], user=user), consistent="user")).content[0].as_py()
        for text, user in (("jo@acme.io", "u"), ("ana@acme.io or jo@acme.io", "u"), ("jo@acme.io", "v"))
    )
    assert two.endswith(one)
    assert other != one
    assert "[EMAIL_1]" not in one


def test_types_can_be_chosen_one_by_one_and_tags_never_get_surrogates() -> None:
    said, password = realistic("jo@acme.io", "password: Tr0ub4dor&3")
    assert "[" not in said + password
    examples = redacted(
        table([("user", "jo@acme.io password: Tr0ub4dor&3")], tags=[("from", "jo@acme.io")]),
        surrogates={"default": "realistic", "credential": "placeholder"},
    )
    [new] = Messages.of(examples).content.to_pylist()
    assert new.endswith("example.org password: [CREDENTIAL_1]") or "example." in new
    assert "[CREDENTIAL_1]" in new
    assert examples.column("tags").to_pylist() == [[("from", "[EMAIL_1]")]]


def test_a_spec_that_names_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="not redacted"):
        RedactSpec(surrogates={"booking": "realistic"})


FORM = '{"card_number": 4539148803436467, "when": "2024-05-12", "who": {"first_name": "Jane"}}'
pieces = st.sampled_from(
    [text for _, text in TEXTS]
    + ["hello", "{", '"', "[EMAIL_1]", "on 2024-05-12", "13/04/2024 or 03/04/2024", "é", "Jane"]
    + ["jo@acme.io", FORM]
)
texts = st.lists(pieces, max_size=5).map(" ".join) | pieces
conversations = st.lists(
    st.tuples(st.sampled_from(["system", "user", "assistant", "tool"]), texts), min_size=1, max_size=4
)


@settings(deadline=None, max_examples=60)
@example(
    [[("system", f"born on 12 May 1984 {FORM}")]], "conversation"
)  # the second date is near enough to "born" once the card is short
@given(st.lists(conversations, min_size=1, max_size=3), st.sampled_from(["conversation", "user"]))
def test_without_its_surrogates_an_example_is_what_placeholders_make_of_it(
    batch: Any, consistent: str
) -> None:
    examples = table(*batch, user="u")
    plain = redacted(examples, consistent=consistent)
    lively = redacted(examples, surrogates="realistic", consistent=consistent)
    assert without_surrogates(lively).equals(plain)
    for mine, theirs in zip(_signed(lively), _signed(plain), strict=True):
        assert (mine == theirs).all()


def _signed(examples: pa.Table) -> list[Any]:
    signatures = sign(examples, spec=DedupeSpec())
    threads = thread_digests(Messages.of(without_surrogates(examples)))
    return [
        *(getattr(signatures, name) for name in ("exact", "input", "output", "protected", "bits", "vector")),
        threads,
    ]


@settings(deadline=None, max_examples=60)
@given(st.lists(conversations, min_size=1, max_size=3))
def test_no_surrogate_is_a_value_of_its_example_and_running_twice_changes_nothing(batch: Any) -> None:
    examples = table(*batch)
    once = redacted(examples, **EVERYTHING)
    assert redacted(once, **EVERYTHING).equals(once)
    for row, told in enumerate(once.column("surrogates").to_pylist()):
        said = " ".join(text for _, text in batch[row]).lower()
        shown = {name: forms for name, forms in json.loads(told or "{}").items() if "DATE_" not in name}
        every = [form for forms in shown.values() for form in forms]
        assert not [form for form in every if form.lower() in said]
        assert len({form.lower() for form in every}) >= len(shown) - sum("PERSON" in name for name in shown)


def test_two_peoples_messages_that_differ_in_a_surrogate_are_as_far_apart_as_with_placeholders() -> None:
    messages = ["refund card 4539148803436467 please", "refund card 4111111111111111 please"]
    examples = table(*([("user", text), ("assistant", "Done.")] for text in messages))
    plain, lively = redacted(examples), redacted(examples, surrogates="realistic")
    assert Messages.of(lively).content[0] != Messages.of(lively).content[2]
    assert texts_of(lively).inputs.equals(texts_of(plain).inputs)
    protected = [sign(each, spec=DedupeSpec()).protected.tolist() for each in (plain, lively)]
    assert protected[0] == protected[1]
    assert len(set(protected[0])) == 2


def test_what_is_not_compared_says_nothing_of_what_it_stands_for() -> None:
    examples = redacted(table([("user", " and ".join(text for _, text in TEXTS))]), **EVERYTHING)
    [told] = examples.column("surrogates").to_pylist()
    for value in (
        "4539148803436467",
        "jo.doe",
        "acme",
        "Jane",
        "Doe",
        "Tr0ub4dor",
        "536-90",
        "Sunset",
        "1984",
    ):
        assert value not in told
    assert examples.schema.equals(EXAMPLES)


def test_a_table_without_surrogates_is_handed_back_as_it_is() -> None:
    examples = table([("user", "hello")])
    assert without_surrogates(examples) is examples
    narrow = set_column(examples, "surrogates", pa.array(['{"[EMAIL_1]":["hello"]}'])).select(
        ["messages", "output", "surrogates"]
    )
    assert Messages.of(without_surrogates(narrow)).content.to_pylist() == ["[EMAIL_1]"]
