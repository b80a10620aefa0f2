"""Values and rules of tuneset: examples, events, ids, the spec, errors, the registry.

No I/O, clock, chance or network here. Start reading at `example.py`, then `stage.py`.
"""
