"""The collector of garbage is told to look seldom, and afterwards what the caller had told it."""

import gc

import pytest

from tuneset.core.collecting import SELDOM, collecting_seldom


def test_the_collector_is_left_as_it_was_found() -> None:
    before = gc.get_threshold()
    with collecting_seldom():
        assert gc.get_threshold() == (SELDOM, *before[1:])
        assert gc.isenabled()
    assert gc.get_threshold() == before
    with pytest.raises(ValueError, match="inside"), collecting_seldom():
        raise ValueError("inside")
    assert gc.get_threshold() == before


def test_who_collects_more_seldom_still_does() -> None:
    before = gc.get_threshold()
    gc.set_threshold(2 * SELDOM, 5, 5)
    try:
        with collecting_seldom():
            assert gc.get_threshold() == (2 * SELDOM, 5, 5)
    finally:
        gc.set_threshold(*before)
