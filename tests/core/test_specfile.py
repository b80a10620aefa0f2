"""A mistake in the spec is reported with code, line and fix, and never with the value that stood there."""

import pytest

from tuneset.core.errors import SpecError
from tuneset.core.specfile import parse_spec

HEAD = "name: support\nsources:\n  - path: logs/*.jsonl\n"


def _problem(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse_spec(text, file="tuneset.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "code", "line", "said"),
    [
        (HEAD + "dedup: {}\n", "TS104", 4, "dedupe"),
        ("name: support\nsources:\n  - path: a\n    formt: x\n", "TS104", 4, "format"),
        (HEAD + "name: again\n", "TS102", 4, "twice"),
        (HEAD + "dedupe:\n  near_jaccard: 2\n", "TS101", 5, "near_jaccard"),
        (HEAD + "split: {test: 0.6, validation: 0.5}\n", "TS101", 4, "nothing to train on"),
        (HEAD + "output: {labels: [a], pattern: b}\n", "TS101", 4, "one of"),
        (HEAD + "redact:\n  custom:\n    - {name: booking, pattern: '('}\n", "TS101", 6, "expression"),
        (HEAD + "coverage:\n  cells:\n    - where: {case: x}\n", "TS101", 4, "not defined"),
        ("name: x\n", "TS105", 1, "sources"),
        ("- a\n", "TS101", 1, "mapping"),
        ("a: [\n", "TS103", None, "YAML"),
        ("name: a\n\tb: c\n", "TS103", None, "YAML"),
    ],
)
def test_a_mistake_has_a_code_a_line_and_a_hint(text: str, code: str, line: int | None, said: str) -> None:
    problem = _problem(text)

    assert problem.code == code
    assert said in str(problem)
    assert problem.where is not None
    if line is not None:
        assert problem.where == f"tuneset.yaml:{line}"


def test_a_rejected_value_is_never_repeated() -> None:
    problem = _problem(HEAD + "task: 'card 4111 1111 1111 1111'\n")

    assert "4111" not in str(problem)


def test_the_spec_of_the_design_loads() -> None:
    spec = parse_spec(
        """
name: support-assistant
task: classification
sources:
  - path: logs/*.jsonl.gz
    licence: internal
system_prompt: {policy: keep}
output: {schema: schemas/answer.json}
clean: {}
redact:
  hard: [credential, card, government_id]
  soft: [email, phone]
  custom: [{name: booking, pattern: "BK-[0-9A-Z]{6}"}]
dedupe: {near_jaccard: 0.8, semantic_cosine: 0.9}
coverage:
  factors:
    intent: {from: label}
    case: {values: [typical, refusal, missing_value]}
  cells:
    - {where: {case: refusal}, train: 40, test: 29, critical: true}
split: {validation: 0.1, test: from_matrix, group_by: [conversation, user]}
gates: {mislabelled: 0.01, pii_hard: 0.01, leak_twins: 0.01, hard_conflicts: 0}
export: [openai, trl]
""",
        file="tuneset.yaml",
    )

    assert spec.output.json_schema == "schemas/answer.json"
    assert spec.coverage.factors["intent"].origin == "label"
    assert spec.split.test == "from_matrix"
