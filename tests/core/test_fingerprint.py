"""Fingerprints tell what a result is; they refuse what has no plain identity."""

import datetime as dt

import pytest

from tuneset.core.fingerprint import fingerprint
from tuneset.core.spec import (
    CleanSpec,
    Coverage,
    DedupeSpec,
    Output,
    RedactSpec,
    Spec,
    SplitSpec,
    SuspicionSpec,
)


def test_spelling_out_a_default_changes_nothing() -> None:
    assert fingerprint(DedupeSpec()) == fingerprint(DedupeSpec(near_jaccard=0.8, exact=True))


def test_every_change_of_a_value_changes_the_fingerprint() -> None:
    prints = {
        fingerprint(DedupeSpec(near_jaccard=value, near=near))
        for value in (0.7, 0.8, 0.81)
        for near in (True, False)
    }

    assert len(prints) == 6


def test_the_order_of_keys_does_not_matter_but_that_of_lists_does() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])


@pytest.mark.parametrize("value", [object(), {1: 2}, {"a": {1, 2}}, dt.date(2026, 1, 1), lambda: 0])
def test_what_has_no_identity_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        fingerprint(value)


def test_a_changed_default_needs_a_changed_version() -> None:
    """If this fails, a default changed: raise the stage's version, then write the new dump down here."""
    defaults = {
        model.__name__: fingerprint(model().model_dump(mode="json"))
        for model in (CleanSpec, RedactSpec, Output, DedupeSpec, Coverage, SplitSpec, SuspicionSpec)
    }

    assert defaults == PINNED


PINNED = {
    "CleanSpec": "e18612d624079915c3c37eab93a28edc",
    "RedactSpec": "d0abc4a7c2377e54104c58d1e4cd7d43",
    "Output": "7219f2974a20affc26429ee1ea867d9c",
    "DedupeSpec": "ff1bcca6b15397a6d407d0337ef07497",
    "Coverage": "a10a60af2a9d52a74d877cb6dad04be9",
    "SplitSpec": "ee8b2397eb02b6c5c584fed14b56161a",
    "SuspicionSpec": "464d8a4bc5153cbfc2befeee60f5e462",
}


def test_a_spec_is_hashable_data() -> None:
    spec = Spec.model_validate({"name": "a", "sources": [{"path": "x"}]})

    assert fingerprint(spec) == fingerprint(Spec.model_validate(spec.model_dump(by_alias=True)))
