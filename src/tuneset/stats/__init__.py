"""Statistics with numpy and scipy only; every formula has its source and an oracle under `tests/oracles`.

Knows numbers, not examples. Start at `proportion.py`.
"""
