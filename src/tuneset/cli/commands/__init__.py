"""One file a command: its docstring is its help, its `command` (or `app`, with subcommands) is its entry."""
