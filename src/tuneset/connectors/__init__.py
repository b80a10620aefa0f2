"""From files on disk to tables of examples: nothing else here knows what a log looks like.

`files` finds and classifies, `parts` cuts, `read` yields records, a connector (one file per format) parses
them (`columns` and `plain` many at once), `ingest` puts it together, `sniff` guesses the format. Must not:
clean, judge or drop; what cannot be parsed is a reject with a line and a reason. Start reading at
`ingest.py`, then `formats/openai_chat.py`.
"""
