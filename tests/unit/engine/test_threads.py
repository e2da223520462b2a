"""The engine leaves the cores to others that others keep busy."""

import pytest

from desktop_app.engine.llama.threads import threads_for


@pytest.mark.parametrize(
    ("most", "others", "threads"),
    [
        (2, 0.0, 2),
        (2, 0.2, 2),
        (2, 0.6, 1),
        (2, 1.0, 1),
        (2, 2.0, 1),
        (8, 0.1, 8),
        (8, 1.0, 7),
        (8, 3.5, 4),
        (1, 1.0, 1),
    ],
)
def test_one_thread_less_for_each_busy_core_but_never_none(most, others, threads):
    assert threads_for(most, others) == threads
