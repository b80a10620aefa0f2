"""What the examples of a part are called: sorted by who they are, named by what they say."""

import pyarrow as pa
import pyarrow.compute as pc

from tuneset.core.example import EXAMPLES, ID, set_column
from tuneset.core.ids import content_ids
from tuneset.exporters.text import each, member, spliced
from tuneset.exporters.turns import Turns

_AT_ONCE = 4096
"""Examples whose canonical text is held at one time: that of a part is as long as the part."""


def signed(examples: pa.Table) -> pa.Table:
    """The examples by origin_id, each with the content_id of its canonical conversation (`core.canonical`)."""
    order = pc.sort_indices(examples, sort_keys=[("origin_id", "ascending")])
    examples = examples.take(order).combine_chunks()
    ids = list[bytes]()
    for start in range(0, len(examples), _AT_ONCE):
        ids += content_ids(each(_canonical(examples.slice(start, _AT_ONCE))))
    return set_column(examples, "content_id", pa.array(ids, ID)).cast(EXAMPLES)


def _canonical(examples: pa.Table) -> pa.Array:
    turns = Turns.of(examples)
    return spliced('{"messages":[', turns.canonical(), "]", member("tools", turns.tools), "}")
