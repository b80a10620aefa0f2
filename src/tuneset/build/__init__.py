"""From a spec and logs to a build: what became of every record, which examples are linked, who goes where.

`plan.py` says what would be done, `run.py` does it, `result.py` is what comes out. It never packs or exports:
that is `release`. `findings/` looks at what stays as a whole, `tagging/` asks models about it, `report/` is
the page, `scaffold/` proposes a first spec. Start at `run.py`.
"""
