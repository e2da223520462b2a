"""Real engine processes, one a module where a test does not need its own."""

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import Load, Loaded


@pytest.fixture(scope="module")
def engine(starter_model):
    """An engine with the starter model in 1,024 tokens of context; on one thread the same numbers come each time."""
    with EngineClient() as client:
        client.ask(Load(client.next_request(), str(starter_model), LoadSettings(n_ctx=1024, n_threads=1)), Loaded)
        yield client
