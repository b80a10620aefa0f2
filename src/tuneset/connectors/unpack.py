"""Records that hold several records: a trace with its calls, a chat with its branches."""

from collections.abc import Iterator

from tuneset.connectors.readers.batch import RecordBatch
from tuneset.connectors.turns import json_text
from tuneset.core.connector import Connector, Unpacking
from tuneset.core.errors import Rejected


def unpacked(batches: Iterator[RecordBatch], *, connector: Connector) -> Iterator[RecordBatch]:
    """The batches with each record replaced by those inside it, if the connector's records hold any.

    All of them stand on the line of the record that held them. A record with nothing inside is rejected as
    `nothing-inside`: what was read must end somewhere.
    """
    return (_opened(batch, connector) for batch in batches) if isinstance(connector, Unpacking) else batches


def _opened(batch: RecordBatch, connector: Unpacking) -> RecordBatch:
    opened = RecordBatch(rejects=batch.rejects, physical_lines=batch.physical_lines)
    for line, value in zip(batch.lines, batch.values, strict=True):
        before = opened.read
        try:
            for inner in connector.unpack(value):
                opened.add(inner, line=line, raw=json_text(inner).encode())
        except Rejected as outcome:
            opened.reject(line, reason=outcome.reason, detail=outcome.detail)
        except Exception as problem:  # a plugin's bug costs one record, not the build
            opened.reject(line, reason="connector-failed", detail=type(problem).__name__)
        if opened.read == before:
            opened.reject(line, reason="nothing-inside")
    return opened
