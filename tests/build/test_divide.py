"""What a division says of the closest pairs across splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.build.divide import reported, similarity


@given(st.floats(0, 1, width=32))
def test_a_pair_below_a_threshold_is_not_said_to_reach_it(score: float) -> None:
    said = reported(score)
    assert said <= score + 1e-6
    assert score - said < 1.1e-4


@pytest.mark.parametrize("threshold", [0.95, 0.8, 0.6667, 1.0])
def test_a_pair_at_a_threshold_is_said_to_reach_it(threshold: float) -> None:
    assert reported(float(np.float32(threshold))) == threshold
    assert reported(float(np.float32(threshold - 4e-5))) < threshold


@pytest.mark.parametrize("threshold", [0.95, 0.8, 0.57, 1.0])
def test_what_people_read_does_not_reach_a_threshold_either(threshold: float) -> None:
    assert float(similarity(reported(float(np.float32(threshold))))) == threshold
    assert float(similarity(threshold - 0.0004)) < threshold
