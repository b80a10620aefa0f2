"""All commands with one line of help each, so that listing them imports none of them.

A test compares the lines with the docstrings of the commands.
"""

COMMANDS: dict[str, dict[str, str]] = {
    "Make a dataset": {
        "init": "Looks at logs and writes a spec for them.",
        "sniff": "Says what tuneset sees in a file, and why.",
        "redact": "Takes personal data and secrets out of any log file.",
        "plan": "Shows what a build would do.",
        "build": "Turns the logs into curated, split examples.",
        "release": "Packs the latest build into an immutable release.",
        "export": "Writes a release as a trainer or provider reads it.",
        "check": "Checks any file against what a trainer or provider requires.",
    },
    "Look": {
        "status": "Shows where the project stands.",
        "coverage": "Shows which values the examples have, and how far their tags can be trusted.",
        "dedupe": "Shows what was merged and why, and calibrates it on pairs that you judge.",
        "suspects": "Lists the examples to look at first, and why.",
        "explain": "Tells the whole life of one example or log line.",
        "diff": "Compares two releases.",
        "verify": "Checks that a release is whole and keeps its promises.",
    },
    "Help": {
        "spec": "Checks and explains tuneset.yaml.",
        "doctor": "Checks this machine, this installation and this project.",
    },
}
"""Section → command → summary."""

SUMMARIES: dict[str, str] = {name: line for section in COMMANDS.values() for name, line in section.items()}
"""Command → summary."""
