"""What tests of downloads ask and do again and again."""

import os
from pathlib import Path

from tests.support.downloading import filled
from tests.support.hub import MIB

REPO = "owner/name"
NAME = "tiny-Q4_0.gguf"
MODEL = filled(1).to_bytes()
HANG_MS = 60_000  # far more than anything here takes


def item(queue, name="tiny"):
    return next(each for each in queue.items if each.name == name)


def phase(queue, name="tiny"):
    return next((queue.phase(each) for each in queue.items if each.name == name), None)


def names(folder: Path):
    """Return what is in a folder; what is deleted meanwhile may or may not be there."""
    walked = [Path(path, name) for path, folders, files in os.walk(folder) for name in (*folders, *files)]
    return sorted(str(path.relative_to(folder)) for path in walked)


def slowed(hub):
    """Have so little come that nothing ends while a test looks at it."""
    hub.faults.throttle_bytes_per_s = MIB // 2
