"""Statistics with numpy and, where it pays, scipy; every formula has its source and an oracle under
`tests/oracles`.

Knows numbers, not examples. Start at `proportion.py`.
"""
