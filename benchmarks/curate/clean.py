"""What cleaning repairs, drops and flags: planted faults, and alarms on conversations as published."""

from collections.abc import Callable, Iterator

import numpy as np

from curate.dupes import CATALOGUE, PEERS
from curate.suspicion import Case, alpaca, answering, examples_of, published, said_and_done
from curate.topic import Run, ask, peer, table
from tuneset.core.example import Messages
from tuneset.core.spec import CleanSpec
from tuneset.stages.clean import Clean

TITLE = "Cleaning"

REASONS = ("mojibake", "failed-answer", "looks-failed", "looks-truncated", "empty-turn")
LONG = 300
"""Characters of an answer that is cut: shorter ones are not judged without a finish reason."""


def section(run: Run) -> Iterator[str]:
    if not run.data.is_dir():
        yield "The texts of others are not here, so nothing was measured."
        return
    sets = _sets(run)
    yield (
        "Alarms on answers as their authors published them, without a finish reason: share of conversations "
        "to which each thing happened. xstest completions were cut at a number of tokens: alarms there are "
        "right. The error messages that stand in place of answers are ours, ten of them."
    )
    yield ""
    rows = (
        [name, f"{len(cases):,}", *(_share(cases, reason) for reason in REASONS)]
        for name, cases in sets.items()
    )
    yield from table(["conversations", "number", *REASONS], rows)
    yield ""
    yield "Faults planted into the same answers, and what is found of them."
    yield ""
    yield from table(["fault of an answer", "what happens", "planted", "found"], _planted(sets))


def _sets(run: Run) -> dict[str, list[Case]]:
    clean = published(run.data)
    catalogue = ask(
        peer("dupes", *PEERS),
        CATALOGUE,
        {"catalogue": ["de", "es", "fr", "pl", "cs", "ru", "el", "ja", "vi"]},
    )
    texts = sorted({text for _, text in catalogue["texts"]})  # pyright: ignore[reportIndexIssue, reportCallIssue, reportArgumentType]
    demo = alpaca(run.data / "llama_factory_demo" / "alpaca_en_demo.json")
    found = {
        "SGD": clean["SGD"],
        "Taskmaster-4": clean["Taskmaster-4"],
        "tau_bench": clean["tau_bench"],
        "Alpaca demo": demo,
        "Django's messages in nine languages": [Case(said_and_done("?", text)) for text in texts],
        "xstest": clean["xstest"],
    }
    return {name: list(run.some(cases)) for name, cases in found.items()}


def _hit(cases: list[Case], reason: str) -> np.ndarray:
    """`bool[n]`: which conversations it happens to."""
    happened = Clean(CleanSpec())(examples_of(cases)).events
    ids = {row["origin_id"] for row in happened.to_pylist() if row["reason"] == reason}
    return np.array([number.to_bytes(16, "big") in ids for number in range(len(cases))])


def _share(cases: list[Case], reason: str) -> str:
    return f"{_hit(cases, reason).mean():.2%}"


Fault = Callable[[str, int], str | None]


def _planted(sets: dict[str, list[Case]]) -> Iterator[list[object]]:
    faults: list[tuple[str, str, str, Fault]] = [
        ("UTF-8 read as Windows-1252", "mojibake", "Django's messages in nine languages", _misread),
        ("an error of a server or a library in its place", "failed-answer", "Alpaca demo", _failed),
        (
            f"cut after 60 to 90 % of the words, {LONG} characters or more",
            "looks-truncated",
            "Alpaca demo",
            _cut,
        ),
        ("nothing but white space", "empty-turn", "SGD", lambda _text, _number: " \n"),
    ]
    for name, reason, source, fault in faults:
        broken, texts = [], []
        for number, case in enumerate(sets[source]):
            text = str(case.turns[-1]["content"])
            changed = fault(text, number)
            if changed is not None:
                broken.append(answering(case, changed))
                texts.append(text)
        hit = _hit(broken, reason)
        yield [name, reason, f"{len(broken):,}", f"{hit.mean():.1%}"]
        if reason == "mojibake":
            restored = Messages.of(Clean(CleanSpec())(examples_of(broken)).examples).content.to_pylist()[1::2]
            same = np.array([one == other for one, other in zip(restored, texts, strict=True)])
            yield ["the same", "the right text again", f"{len(broken):,}", f"{same.mean():.1%}"]


def _misread(text: str, number: int) -> str | None:
    try:
        wrong = text.encode().decode("cp1252")
    except UnicodeDecodeError:
        return None
    return wrong if wrong != text else None


ERRORS = (
    "Error code: 429 - {'error': {'message': 'Rate limit reached', 'code': 'rate_limit_exceeded'}}",
    '{"error": {"message": "The server had an error while processing your request", "type": "server_error"}}',
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
    "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
    "Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\nKeyError: 'choices'",
    "openai.APITimeoutError: Request timed out.",
    "HTTPSConnectionPool(host='api.example.org', port=443): Read timed out. (read timeout=60)",
    "Internal Server Error",
    '{"message": "Service Unavailable", "status": 503}',
    "Error: context_length_exceeded",
)


def _failed(text: str, number: int) -> str:
    return ERRORS[number % len(ERRORS)]


def _cut(text: str, number: int) -> str | None:
    words = text.split(" ")
    return " ".join(words[: int(len(words) * (0.6 + number % 4 / 10))]) if len(text) >= LONG else None
