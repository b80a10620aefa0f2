"""The report names how good the detectors are that a spec uses, and no others."""

from tuneset.build.report.detectors import detectors
from tuneset.core.spec import Spec


def named(**more: object) -> dict[tuple[str, str], str]:
    spec = Spec.model_validate({"name": "a", "sources": [{"path": "a.jsonl"}], **more})
    return {(row.group, row.detector): row.found + row.alarms for row in detectors(spec)}


def test_only_what_is_used_is_named() -> None:
    usual = named()
    assert {("suspicion", "cut_off"), ("redact", "email"), ("dedupe", "twins")} <= usual.keys()
    assert not {group for group, _ in usual} & {"cases", "redact with ner", "dedupe, loose"}
    other = named(
        suspicion={"off": ["cut_off"]},
        redact={"ner": True},
        dedupe={"wording": "loose"},
        coverage={"factors": {"case": {"from": "case", "default": "typical"}}},
    )
    assert ("suspicion", "cut_off") not in other
    assert {("redact with ner", "person"), ("cases", "refusal"), ("dedupe, loose", "twins")} <= other.keys()
    assert named(suspicion={"enabled": False}, dedupe={"semantic": False}).keys() < usual.keys()


def test_every_check_of_answers_has_a_row_with_its_alarms_or_its_recall() -> None:
    from tuneset.stages.suspicion import CHECKS

    usual = named()
    structural = {"invalid_output"}  # what the spec itself says is wrong
    assert all(usual[("suspicion", name)] for name in CHECKS if name not in structural)
