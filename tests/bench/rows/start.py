"""How soon the window is there, against an empty one of the same toolkit."""

import sys
import tempfile
from collections.abc import Iterator

from tests.bench.rows import measures
from tests.bench.screen import Screen, bare_window
from tests.bench.table import Goal, Row, interleave

SETTLE_RUNS = 3


@measures("start")
def window_start() -> Iterator[Row]:
    """From starting the process to the first picture. The data folder has been used before, as on every day but one."""
    with Screen() as screen, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-P", "-m", "desktop_app", "--data-dir", folder]
        figures = interleave(
            lambda _: screen.seconds_to_paint(command), lambda _: screen.seconds_to_paint(bare_window())
        )
        settled = tuple(screen.seconds_to_settle(command) for _ in range(SETTLE_RUNS))
    yield Row("Window shown", "s", figures[0], Goal("at most", 2), "bare window", figures[1])
    yield Row("Window complete and the model loaded", "s", settled, None)
