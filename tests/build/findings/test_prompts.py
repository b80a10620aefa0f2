"""System prompts: versions that follow each other, variants that stand side by side, and what is served."""

import pyarrow as pa

from stages.conversations import table
from tuneset.build.findings.prompts import as_taught, inventory, signals
from tuneset.core.spec import CleanSpec, RedactSpec
from tuneset.stages.clean import Clean
from tuneset.stages.quality import Missing, Signal
from tuneset.stages.redact import Redact

PROMPT = (
    "You help the customers of a small shop with their orders. Be brief and kind, and never promise a date."
)
DAY = 86_400_000_000


def seen(text: str, count: int, *days: int) -> dict[str, object]:
    first, last = (days[0] * DAY, days[-1] * DAY) if days else (None, None)
    return {"text": text, "count": count, "first_seen": first, "last_seen": last}


def told(*prompts: dict[str, object]) -> list[tuple[object, object, object]]:
    return [(p["count"], p["relation"], p["version"]) for p in inventory([{"system_prompts": list(prompts)}])]


def test_a_prompt_that_came_when_the_other_had_gone_is_its_next_version() -> None:
    assert told(seen(PROMPT, 9, 1, 5), seen(PROMPT + " Thanks.", 4, 6, 9)) == [
        (9, "version", 1),
        (4, "version", 2),
    ]


def test_prompts_in_use_at_the_same_time_are_variants_of_the_usual_one() -> None:
    assert told(seen(PROMPT, 4, 1, 9), seen(PROMPT + " Thanks.", 9, 3, 5)) == [
        (9, "version", 1),
        (4, "variant", 1),
    ]


def test_without_times_nothing_is_said_to_come_after() -> None:
    assert {relation for _, relation, _ in told(seen(PROMPT, 9), seen(PROMPT + "!", 4))} == {
        "version",
        "variant",
    }


def test_other_prompts_stand_alone() -> None:
    assert told(seen(PROMPT, 9, 1, 2), seen("Translate.", 4, 1, 2)) == [(9, "alone", 1), (4, "alone", 1)]


def conversations(*prompts: str | None) -> pa.Table:
    turns = [("user", "Where is it?"), ("assistant", "On its way.")]
    return table(*([*([("system", prompt)] if prompt else []), *turns] for prompt in prompts))


def verdicts(examples: pa.Table, *prompts: dict[str, object], serving: str | None = None) -> dict[str, str]:
    known = inventory([{"system_prompts": list(prompts)}])
    found = signals(known, examples, serving=serving)
    return {s.name if isinstance(s, Signal) else s.what: getattr(s, "verdict", "missing") for s in found}


def test_examples_without_a_prompt_among_others_are_noticed() -> None:
    mixed = verdicts(conversations(PROMPT, None), seen(PROMPT, 1, 1))
    assert mixed["prompt_missing"] == "poor"
    assert verdicts(conversations(PROMPT, PROMPT), seen(PROMPT, 2, 1))["prompt_missing"] == "good"
    assert "prompt_missing" not in verdicts(conversations(None, None))


def test_an_old_version_is_a_question() -> None:
    found = verdicts(conversations(PROMPT), seen(PROMPT, 9, 1, 5), seen(PROMPT + " Thanks.", 4, 6, 9))
    assert (found["prompt_versions"], found["prompt_variants"]) == ("undecided", "good")


def test_training_is_held_against_the_prompt_that_is_served() -> None:
    many = conversations(*[f"  {PROMPT}\n"] * 80)
    assert verdicts(many, serving=PROMPT)["prompt_served"] == "good"
    assert verdicts(many, serving="Something else.")["prompt_served"] == "poor"
    assert "missing" in verdicts(many).values()


def test_the_served_prompt_is_compared_as_the_stages_leave_it() -> None:
    chain = (Clean(CleanSpec()), Redact(RedactSpec(), key=b"k" * 32))
    assert as_taught("Write to help@shop.example.com!", chain) == "Write to [EMAIL_1]!"


def test_missing_says_what_would_unlock_it() -> None:
    found = [s for s in signals([], conversations(PROMPT), serving=None) if isinstance(s, Missing)]
    assert [entry.unlock for entry in found] == ["system_prompt.serving: its file"]
