"""Python imports this first in every process of a drilled `foresell up`: it applies the changes that FORESELL_PLANT names.

The planted defects of the drills, and two settings that have no option: streams that end soon, and a job that counts itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def end_streams_soon() -> None:
    from foresell.api.resources import stream

    stream.STREAM_SECONDS = 0.3


def make_tokens_last() -> None:
    from foresell.access import tokens

    tokens.ACCESS_SECONDS = 3600


def wait_for_the_database_for_ever() -> None:
    """Defect: no breaker, and no time budget for reads."""
    from foresell.api.http import breaker, request_validation

    breaker.STALLED_SECONDS = 600.0
    request_validation.READ_SECONDS = 600.0


def hash_without_a_limit() -> None:
    """Defect: as many hashes at once as there are sign-ins."""
    from foresell.access import passwords
    from foresell.api.http import app_state

    app_state.SIGN_INS_AT_ONCE = 64
    passwords._slots = ThreadPoolExecutor(max_workers=64)


def hash_known_users_only() -> None:
    """Defect: an unknown user is refused without the work of a hash."""
    from foresell.access import passwords

    real = passwords._verify_hash
    passwords._verify_hash = lambda given, stored: real(given, stored) if stored else (False, None)


def ignore_the_time_of_tokens() -> None:
    """Defect: tokens never expire."""
    import time

    from foresell.access import tokens

    real = tokens._check_claims

    def check(claims: dict[str, Any]) -> Any:
        now = int(time.time())
        return real({**claims, "iat": now, "nbf": now, "exp": now + tokens.ACCESS_SECONDS})

    tokens._check_claims = check


def leak() -> None:
    """Defect: every request leaves 64 KiB behind."""
    from foresell.api.http import request_validation

    real, kept = request_validation.RequestValidation.__call__, []

    async def call(self: Any, scope: Any, receive: Any, send: Any) -> None:
        kept.append(b"x" * 65_536)
        await real(self, scope, receive, send)

    request_validation.RequestValidation.__call__ = call  # type: ignore[method-assign]


def count_jobs(twice: bool = False) -> None:
    """A job that writes down that it was done, once for its key; as a defect it does so without a key."""
    import time

    from foresell.store import jobs
    from foresell.worker import tasks

    def work(database: Any, job: Any) -> None:
        with database.connect() as con:
            con.autocommit = True
            con.execute("insert into drill.attempts (job_id) values (%s)", [job.job_id])
            row = con.execute("select 1 from drill.effects where job_id = %s", [job.job_id]).fetchone()
            if row is None or twice:
                con.execute("insert into drill.effects (job_id) values (%s)", [job.job_id])
            time.sleep(0.3 if twice else 0.02)  # so that a kill falls between the effect and the end of the job

    jobs.EVENTS["undo"] = ("import_progress", "imports.write")
    tasks.KINDS["undo"] = work


def forget_keys() -> None:
    """Defect: the Idempotency-Key is read and forgotten."""
    from foresell.api.http import idempotency

    real = idempotency.IdempotentRequest.run

    async def run(self: Any, principal: Any, act: Any, **options: Any) -> Any:
        keyless = idempotency.IdempotentRequest(self.web, None, self.request, self.request_id)
        return await real(keyless, principal, act, **options)

    idempotency.IdempotentRequest.run = run  # type: ignore[method-assign]


PLANTS: dict[str, Callable[[], None]] = {
    "short streams": end_streams_soon,
    "lasting tokens": make_tokens_last,
    "no breaker": wait_for_the_database_for_ever,
    "no hash limit": hash_without_a_limit,
    "no hash for unknown users": hash_known_users_only,
    "timeless tokens": ignore_the_time_of_tokens,
    "leak": leak,
    "counting job": count_jobs,
    "counting job, not keyed": lambda: count_jobs(twice=True),
    "no idempotency": forget_keys,
}
for plant in filter(None, os.environ.get("FORESELL_PLANT", "").split("; ")):
    PLANTS[plant]()
