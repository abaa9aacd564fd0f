"""What scenarios share: a Weir per file that nobody breaks, and a fresh one
for those that do."""

import pytest
from environment import Environment
from provider import Provider


@pytest.fixture(scope="module")
def weir():
    """Two gateways and the simulator; shared, so leave it running."""
    with Environment(gateways=2) as environment:
        yield environment


@pytest.fixture
def fresh():
    """One gateway and the simulator, for a test that breaks things."""
    with Environment() as environment:
        yield environment


@pytest.fixture
def pair():
    """Two gateways and the simulator, for a test that breaks things."""
    with Environment(gateways=2) as environment:
        yield environment


@pytest.fixture
def provider():
    with Provider() as scripted:
        yield scripted


@pytest.fixture
def scripted(weir, provider):
    """(provider, alias): a model that the scripted provider answers."""
    row = weir.make_provider("openai-compatible", provider.url + "/v1")
    return provider, weir.make_model(row)
