"""What a test needs to see what happens to people who may not do everything."""

import os
from contextlib import contextmanager


@contextmanager
def not_the_owner():
    """An ordinary person's rights: the superuser may read and write anything."""
    is_superuser = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_superuser:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_superuser:
            os.seteuid(0)
