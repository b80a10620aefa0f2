"""The promises that every stage, connector, exporter and executor keeps, as checks for a plugin's tests.

    @pytest.mark.parametrize("promise", stage_promises(MyStage(...)), ids=str)
    def test_my_stage_keeps(promise):
        promise()

Each promise raises `AssertionError` with what was broken. Start reading at `promise.py`. `strategies.py`
makes examples of every awkward kind and needs the package hypothesis. tuneset itself imports nothing of this.
"""

from tuneset.testing.connectors import connector_promises
from tuneset.testing.executors import executor_promises
from tuneset.testing.exporters import exporter_promises
from tuneset.testing.promise import Promise
from tuneset.testing.stages import stage_promises

__all__ = ["Promise", "connector_promises", "executor_promises", "exporter_promises", "stage_promises"]
