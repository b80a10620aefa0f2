"""Every connector and every exporter keeps every promise of `tuneset.testing`."""

import pytest

from connectors.samples import SAMPLES
from tuneset.core import registry
from tuneset.testing import Promise, connector_promises, exporter_promises


def test_every_connector_has_samples() -> None:
    assert sorted(SAMPLES) == registry.names(registry.CONNECTORS)


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        pytest.param(name, promise, id=f"{name}-{promise}")
        for name, samples in SAMPLES.items()
        for promise in connector_promises(registry.load(registry.CONNECTORS, name)(), samples)
    ],
)
def test_connector_keeps(name: str, promise: Promise) -> None:
    del name
    promise()


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        pytest.param(name, promise, id=f"{name}-{promise}")
        for name in registry.names(registry.EXPORTERS)
        for promise in exporter_promises(registry.load(registry.EXPORTERS, name)())
    ],
)
def test_exporter_keeps(name: str, promise: Promise) -> None:
    del name
    promise()
