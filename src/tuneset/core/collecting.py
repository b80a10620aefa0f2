"""How often Python looks for garbage that refers to itself: builds make many objects and hardly any of it."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

SELDOM = 50_000
"""Objects made between two looks; Python's own 700 take a twentieth of a build of 100,000 logs."""


@contextmanager
def collecting_seldom() -> Generator[None]:
    """Inside, the collector looks seldom, in the whole process; it is never off, so memory stays bounded."""
    before = gc.get_threshold()
    gc.set_threshold(max(SELDOM, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
