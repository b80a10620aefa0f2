"""Several calls of one conversation: a call whose messages a longer one repeats is no example of its own.

    thread_digests   examples -> a digest of every message with all before it, part by part
    prefixes         the digests of all -> which call each one is a prefix of
    repeats          the same, and some calls -> all calls that repeat them

A chat is logged once per turn and an agent once per step, each time with everything said before. The longest
call holds them all; without this the first turn of a conversation of ten would be learned from ten times.
"""

from tuneset.stages.traces.prefixes import prefixes
from tuneset.stages.traces.repeats import repeats
from tuneset.stages.traces.threads import only_final, thread_digests

__all__ = ["only_final", "prefixes", "repeats", "thread_digests"]
