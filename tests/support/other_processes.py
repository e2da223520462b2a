"""Waiting for what another process does, which no signal of ours tells about."""

import time

HANG_GUARD_S = 90


def wait_until(condition):
    """Look again and again until a condition holds."""
    deadline = time.monotonic() + HANG_GUARD_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
