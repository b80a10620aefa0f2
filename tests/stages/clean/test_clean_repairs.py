"""Repairs of text: what is mended, and above all what is left alone."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.conversations import answers, happened, table
from tuneset.core.example import Messages
from tuneset.core.spec import CleanSpec
from tuneset.core.stage import Staged
from tuneset.stages.clean import Clean
from tuneset.testing import Promise, stage_promises

clean = Clean(CleanSpec())


def content(result: Staged) -> list[str | None]:
    return Messages.of(result.examples).content.to_pylist()


@pytest.mark.parametrize(
    "promise",
    [
        *stage_promises(clean, tries=10),
        *stage_promises(Clean(CleanSpec(truncated="flag", failed="flag", empty="keep")), tries=3),
    ],
    ids=str,
)
def test_clean_keeps_the_promises_of_a_stage(promise: Promise) -> None:
    promise()


@pytest.mark.parametrize(
    ("broken", "mended", "reason"),
    [
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree\n", "newlines"),
        ("cafe\u0301", "café", "nfc"),
        ("5\u2126", "5Ω", "nfc"),
        ("the cafÃ© is open", "the café is open", "mojibake"),
        ("it isnâ€™t â€œhereâ€\x9d", "it isn’t “here”", "mojibake"),
        ("Â£20 or 30Â°C", "£20 or 30°C", "mojibake"),
        ("Ã  l'Ã©tÃ©", "à l'été", "mojibake"),
        ("voilÃ\u00a0 !", "voilà !", "mojibake"),
        ("it\x92s fine", "it’s fine", "mojibake"),
        ("ðŸ˜€ hello", "😀 hello", "mojibake"),
        ("a\x00b\x08c\x1b[0m", "abc[0m", "control-characters"),
        ("\ufeffhello\u200b wor\u2060ld", "hello world", "control-characters"),
        ("au\u200cto \u200dx", "auto x", "control-characters"),
        ("evil \u202etxet\u202c text", "evil txet text", "control-characters"),
        ("hidden\U000e0041\U000e0042 tags", "hidden tags", "control-characters"),
    ],
)
def test_broken_text_is_mended_and_says_why(broken: str, mended: str, reason: str) -> None:
    result = clean(answers(broken))
    assert content(result)[1] == mended
    assert happened(result) == [("edit", reason)]
    assert result.examples["output"].to_pylist() == [mended]


GOOD = [
    "def f(x):\n\treturn x ** 2  # tabs stay\n",
    "“Curly” ‘quotes’ – dashes — and ellipsis…",
    "Müller, façade, naïve, Ångström, São João, NÃO É, ÀÉÎÕÜ, ß, Łódź, İstanbul",
    "Voilà : « déjà vu » – c’est l’été à la crème brûlée",
    "¿Dónde está el baño? ¡Aquí! 50 € ½ año",
    "Привет, как дела? Ещё ёлка",
    "你好，世界。東京は「綺麗」です。한국어 텍스트",
    "नमस्ते दुनिया, क्\u200dष and क्\u200cष",
    "می\u200cخواهم کتاب\u200cها را بخوانم",
    "שלום \u200fעולם, مرحبا \u200eabc",
    "ภาษา\u200bไทย",
    "👩\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 🧑🏽\u200d💻 ❤\ufe0f\u200d🔥",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "1234567890",
    "a²+b² ≤ c², 30 °C ± 2, Ω µ × ÷",
    "│ box │ ─ drawing ┘ ░▒▓ and → arrows ✓",
    "Tiếng Việt có dấu; Čeština; Română: ă â î ș ț",
    '```python\nprint("cafÃ©")\n```',
    "Type `Ã©` to see it.",
    "Why does my page show Ã© instead of é?",
    "The file is UTF-8 but shows â€™ everywhere.",
    "Â",
    "50 Â or Ã in a table of letters: À Á Â Ã Ä Å",
]


@pytest.mark.parametrize("text", GOOD)
def test_good_text_of_any_kind_is_left_alone(text: str) -> None:
    result = clean(table([("user", text), ("assistant", text)]))
    assert content(result) == [text, text]
    assert happened(result) == []


@given(
    st.lists(st.text(st.characters(codec="utf-8", categories=["L", "M", "N", "P", "Zs", "S"])), min_size=1)
)
def test_text_in_normal_form_without_latin_mojibake_is_never_edited(texts: list[str]) -> None:
    plain = [
        "".join(c for c in unicodedata.normalize("NFC", t) if not "\x80" <= c < "\u0250" or c.isalpha())
        for t in texts
    ]
    mended = content(Clean(CleanSpec(mojibake=False, empty="keep"))(answers(*plain)))
    assert mended[1::2] == plain


def test_one_event_counts_the_messages_of_its_example() -> None:
    result = clean(table([("user", "a\r\n"), ("assistant", "b\r"), ("user", "c"), ("assistant", "d\r\n")]))
    assert [json.loads(e["evidence"]) for e in result.events.to_pylist()] == [{"messages": 3}]


def test_parts_and_the_text_derived_from_them_are_mended_together() -> None:
    parts = [
        {"type": "text", "text": "cafÃ©\r"},
        {"type": "image_url", "image_url": {"url": "a\r\nb"}},
        {"type": "text", "text": "fine"},
    ]
    result = clean(table([("user", "cafÃ©\r\nfine", {"parts": json.dumps(parts)}), ("assistant", "A cat.")]))
    messages = Messages.of(result.examples)
    mended = json.loads(messages.parts[0].as_py())
    assert [part.get("text") for part in mended] == ["café\n", None, "fine"]
    assert mended[1] == parts[1]
    assert messages.content[0].as_py() == "café\n\nfine"


def test_tool_calls_stay_exactly_as_seen() -> None:
    call = json.dumps([{"id": "1", "function": {"name": "f", "arguments": '{"q": "cafÃ©\\r\\n\u0000"}'}}])
    result = clean(table([("user", "hi"), ("assistant", None, {"tool_calls": call})]))
    assert Messages.of(result.examples).tool_calls.to_pylist() == [None, call]
    assert len(result.events) == 0


def test_nothing_is_repaired_that_the_spec_does_not_ask_for() -> None:
    text = "cafe\u0301 cafÃ© \x00"
    result = Clean(CleanSpec(unicode="none", mojibake=False, control_characters=False))(answers(text))
    assert content(result)[1] == text


def test_the_broken_letter_beside_the_right_one_is_a_conversation_about_it() -> None:
    text = "I typed é and got Ã©"
    assert content(clean(answers(text)))[1] == text
