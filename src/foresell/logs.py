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


def logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one room; call it as `log.info("batch loaded", action="load", batch_id=7)`."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(room=room))
