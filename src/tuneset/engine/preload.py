"""Imported once by the server that workers are forked from, so that each of them starts with warm imports.

By name, and failures ignored: a module that cannot be imported is reported by the task that needs it.
"""

import contextlib
from importlib import import_module

from tuneset.engine.own_process import set_up

MODULES = (
    "orjson",
    "pyarrow.compute",
    "pyarrow.parquet",
    "llvmlite.binding",
    "tuneset.engine.worker",
    "tuneset.engine.poison",
    "tuneset.store.workspace",
    "tuneset.connectors.ingest",
    "tuneset.stages.clean",
    "tuneset.stages.redact",
    "tuneset.stages.labels",
    "tuneset.stages.coverage",
    "tuneset.stages.dedupe",
)

set_up()
for _name in MODULES:
    with contextlib.suppress(Exception):
        import_module(_name)
