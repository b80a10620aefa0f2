"""The signals stand in the spec's closed list and beside their code: one list."""

from typing import get_args

from tuneset.core.spec import SuspicionSignal
from tuneset.stages.suspicion import CHECKS, SIGNALS


def test_the_spec_can_turn_off_exactly_the_signals_there_are() -> None:
    assert set(get_args(SuspicionSignal)) == set(SIGNALS)
    assert set(CHECKS) < set(SIGNALS)
