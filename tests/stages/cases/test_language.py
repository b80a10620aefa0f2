"""The language of what the user writes; unknown rather than wrong."""

import pytest

from stages.conversations import table
from tuneset.stages.cases import Seen, language_of

TEXTS = {
    "en": "Where is my parcel? It should have been here on Monday.",
    "de": "Wo bleibt mein Paket? Es sollte schon am Montag hier sein.",
    "fr": "Où est mon colis ? Il devait arriver lundi matin.",
    "es": "¿Dónde está mi paquete? Tenía que llegar el lunes.",
    "it": "Dov'è il mio pacco? Doveva arrivare già lunedì mattina.",
    "pt": "Onde está a minha encomenda? Devia ter chegado na segunda-feira.",
    "nl": "Waar blijft mijn pakket? Het had maandag al moeten komen.",
    "pl": "Gdzie jest moja paczka? Miała przyjść już w poniedziałek.",
    "sv": "Var är mitt paket? Det skulle ha kommit redan i måndags.",
    "tr": "Paketim nerede kaldı? Pazartesi günü gelmiş olması gerekiyordu.",
    "ru": "Где моя посылка? Она должна была прийти ещё в понедельник.",
    "ja": "荷物はどこにありますか。月曜日に届くはずでした。",
    "zh": "我的包裹在哪里?星期一就应该到了。",
    "ko": "제 소포가 어디에 있나요? 월요일에 왔어야 합니다.",
    "ar": "أين الطرد الخاص بي؟ كان من المفترض أن يصل يوم الاثنين.",
}


def told(*texts: str) -> list[str | None]:
    return language_of(Seen(table(*([("user", text), ("assistant", "Ok.")] for text in texts)))).to_pylist()


def test_fifteen_languages_are_told_apart() -> None:
    assert told(*TEXTS.values()) == list(TEXTS)


@pytest.mark.parametrize(
    "text", ["", "ok", "12345", "thanks!", "[EMAIL_1]", "https://example.org/wo/ist/mein/paket", "\ufffe"]
)
def test_too_little_says_nothing(text: str) -> None:
    assert told(text) == [None]


def test_code_links_and_placeholders_say_nothing() -> None:
    noisy = "Warum geht das nicht, [PERSON_1]? ```\nfor the user in the list of users: print(user)\n```"
    assert told(noisy) == ["de"]


def test_the_answer_does_not_count() -> None:
    german = [("user", TEXTS["de"]), ("assistant", TEXTS["en"])]
    assert language_of(Seen(table(german))).to_pylist() == ["de"]
