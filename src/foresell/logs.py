"""Structured logs: a short sentence, an `action`, ids and counts. Never a person's data."""

from __future__ import annotations

import logging
import sys
from typing import cast

import structlog


def configure(*, verbose: bool = False) -> None:
    """Logs go to standard error as one JSON object a line; quiet (warnings and worse) unless `verbose`."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if verbose else logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # standard error of the moment: it may be replaced
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_LibraryHandler()], force=True)


class _LibraryHandler(logging.Handler):
    """Writes the logs of libraries in the same form: library, level and kind of error, not the message, which may quote data."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log = structlog.get_logger(component=record.name)
        write = log.error if record.levelno >= logging.ERROR else log.warning
        write("library log", action="library", kind=kind, where=f"{record.module}:{record.lineno}")


def logger(component: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one component; call it as `log.info("batch loaded", action="load", batch_id=7)`."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(component=component))
