"""Logging for every process of the program: a rotating file in the data folder, warnings also on stderr."""

import logging
import logging.handlers
import sys
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"
_MAX_BYTES = 2_000_000


def start_logging(folder: Path, process: str) -> None:
    """Send log records to `<folder>/<process>.log`; without a writable folder, to stderr alone."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    if sys.stderr is not None:  # a windowed program on Windows has none
        console = logging.StreamHandler()
        console.setLevel(logging.WARNING)
        console.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(console)
    try:
        handler = logging.handlers.RotatingFileHandler(
            folder / f"{process}.log", maxBytes=_MAX_BYTES, backupCount=2, encoding="utf-8", delay=True
        )
        (folder / f"{process}.log").open("a", encoding="utf-8").close()
    except OSError:
        logging.getLogger(__name__).warning("no log file can be written in %s", folder)
        return
    handler.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(handler)
