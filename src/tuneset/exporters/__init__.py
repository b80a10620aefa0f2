"""Examples → the bytes a trainer or provider reads. One file a target; start at `openai.py`.

An exporter is stateless, writes one line per example and knows the target's rules by id. It never decides
which examples are exported and never touches the disk: that is `release`.
"""
