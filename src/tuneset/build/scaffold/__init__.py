"""A first spec from a look at logs: `look` reads a sample, `propose` decides and says why, `write` keeps it.

It never guesses silently: whatever it decides is a sentence in `Proposal.said()` and a comment in the spec.
"""

from tuneset.build.scaffold.look import Look, Seen, look
from tuneset.build.scaffold.propose import Proposal, propose
from tuneset.build.scaffold.write import json_schema, spec_text, write

__all__ = ["Look", "Proposal", "Seen", "json_schema", "look", "propose", "spec_text", "write"]
