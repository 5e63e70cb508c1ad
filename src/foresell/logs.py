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
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Others()], force=True)


class _Others(logging.Handler):
    """What libraries log, in the same form: which, how bad and what kind of failure. Their words may quote anything."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log = structlog.get_logger(component=record.name)
        say = log.error if record.levelno >= logging.ERROR else log.warning
        say("a library complains", action="library", kind=kind, where=f"{record.module}:{record.lineno}")


def logger(component: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one component; call it as `log.info("batch loaded", action="load", batch_id=7)`."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(component=component))
