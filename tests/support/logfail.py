"""Silence is asserted: a log record of WARNING or above fails the test, unless the test says that it is expected.

A test says so by logging inside `with caplog.at_level(logging.WARNING):` (or ERROR), and should then look at
`caplog.records` for the one it means.
"""

import logging

from _pytest.logging import LogCaptureHandler


class UnexpectedRecords(logging.Handler):
    """Collects what no test has announced."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not _is_expected(record):
            self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


def _is_expected(record: logging.LogRecord) -> bool:
    handlers = (handler for handler in logging.getLogger().handlers if isinstance(handler, LogCaptureHandler))
    return any(logging.WARNING <= handler.level <= record.levelno for handler in handlers)
