"""From a spec and logs to a build: what became of every record, which examples are linked, who goes where.

`plan.py` says what would be done, `run.py` does it, `result.py` is what comes out. It never packs or exports:
that is `release`. Start at `run.py`.
"""
