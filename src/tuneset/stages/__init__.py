"""The work on examples: pure functions over columns, one folder a word of the pipeline.

No file, clock or network here. Start at `core/stage.py` for the contract, then `clean/`.
"""
