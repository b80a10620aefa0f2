"""What curation finds and what it wrongly finds, one topic a module, run by `benchmarks/curate.py`.

A topic has `TITLE`, and `section(run)` that returns the lines of its section in Markdown, without the title.
It measures beside the tools people would use instead, in the same run, on text that neither of us wrote.
Start at `topic.py`: where the data lies, how a peer gets an environment of its own, how CPU time is taken.
What runs in a peer's environment lies in `peers/`, one script a peer; a module here is imported to see
whether it is a topic, so it imports nothing that the project does not install.
"""
