"""R2 and R3: `kill -9` of every process under load; how soon all is well again, and whether every job still has its effect once."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import suppress

import psycopg
from benchmarks.faults import PATIENCE_SECONDS, WRITERS, Ledger, kill_one, run_faults, write

from foresell.store import embedded
from foresell.worker.run import STALLED_SECONDS
from tests.drills.drill import Options, Outcome, least, most
from tests.drills.shop import Shop, create_shop, percentile, processes_of, serving
from tests.support.served import superuser
from tests.support.worker import wait_until

#: The supervisor sleeps for so long in the control.
ASLEEP_SECONDS = 10.0
UNFINISHED = "select count(*) from jobs.jobs where state in ('queued', 'running')"


def recover(options: Options) -> Outcome:
    """R2, and R1's counts on the way."""
    calls = options.size(10_000, 100)
    found, recovery = run_faults(options.size(100, 8), calls=calls, seed=options.seed)
    without_disk, _ = run_faults(options.size(12, 4), durable=False, seed=options.seed)
    without_keys, _ = run_faults(options.size(12, 4), with_keys=False, seed=options.seed)
    asleep = recover_without_supervisor()
    seconds = [each for kind in recovery.values() for each in kind]
    figures = [
        most("seconds from the kill to the next acknowledged call, median", percentile(seconds, 0.5), 3.0, "s"),
        most("the same, longest", max(seconds), 8.0, "s"),
        *(
            most(f"killed {kind}: longest of {len(each)}", max(each), 1.0 if kind == "backend" else 8.0, "s")
            for kind, each in recovery.items()
            if each
        ),
        least("calls acknowledged", found["acknowledged"], calls),
        most("acknowledged calls lost", found["lost"], 0),
        most("calls stored twice", found["duplicated"], 0),
        most("calls stored that were never sent", found["never sent"], 0),
    ]
    controls = [
        least("recovery with a suspended supervisor", asleep, 8.0, "s"),
        least("calls lost without waiting for the disk", without_disk["lost"], 1),
        least("calls stored twice without Idempotency-Key", without_keys["duplicated"], 1),
    ]
    medians = ", ".join(f"{kind} {percentile(each, 0.5):.2f} s" for kind, each in recovery.items() if each)
    restarts = time_restarts(options.size(10, 2))
    notes = [
        f"{len(seconds)} kills under {WRITERS} writers; medians: {medians}.",
        "When one backend is killed, PostgreSQL ends all of them, recovers and starts anew. Of the time above it takes, measured on a"
        f" home without load: median {percentile(restarts, 0.5):.2f} s, longest {max(restarts):.2f} s.",
    ]
    return Outcome(figures, controls, notes)


def time_restarts(kills: int) -> list[float]:
    """Seconds from the kill of a backend until PostgreSQL accepts a write again, nothing else being done."""
    seconds = []
    with create_shop() as shop:
        for _ in range(kills):
            with superuser(shop.settings) as con:
                con.execute("create table if not exists drill_writes (number integer)")
                pid = con.info.backend_pid
                killed = time.monotonic()
                os.kill(pid, signal.SIGKILL)
            while time.monotonic() < killed + PATIENCE_SECONDS:
                with suppress(psycopg.Error), superuser(shop.settings) as con:
                    con.execute("insert into drill_writes values (1)")
                    break
                time.sleep(0.005)
            seconds.append(time.monotonic() - killed)
    return seconds


def recover_without_supervisor() -> float:
    """Seconds to recover from the loss of PostgreSQL while no one restarts it for ASLEEP_SECONDS."""
    with create_shop() as shop, serving(shop):
        ledger, stop = Ledger(), threading.Event()
        writer = threading.Thread(target=write, args=(shop, ledger, stop, True, 0))
        writer.start()
        wait_until(lambda: ledger.answered)
        assert shop.process
        os.kill(shop.process.pid, signal.SIGSTOP)
        waking = threading.Timer(ASLEEP_SECONDS, os.kill, [shop.process.pid, signal.SIGCONT])
        waking.start()
        try:
            return kill_one(shop, ledger, "postgres") or 0.0
        finally:
            waking.join()
            stop.set()
            writer.join(75)


def finish_jobs(options: Options) -> Outcome:
    """R3. The jobs count themselves: what is drilled is the queue, the claim and the heartbeat, not the work."""
    jobs, kills = options.size(3_000, 60), options.size(10, 2)
    counts, seconds = run_jobs(jobs, kills, "counting job", options.seed)
    planted, _ = run_jobs(options.size(200, 40), options.size(6, 4), "counting job, not keyed", options.seed)
    figures = [
        least("jobs finished", counts["done"], jobs),
        most("jobs without their effect", counts["without effect"], 0),
        most("jobs with their effect twice", counts["twice"], 0),
        least("kills of the worker during a job", len(seconds), kills),
        most(
            "from the kill to the end of the interrupted job, longest",
            max(seconds, default=0),
            2 * STALLED_SECONDS,
            "s",
        ),
    ]
    return Outcome(
        figures,
        [least("jobs with their effect twice, without a key", planted["twice"], 1)],
        [f"{counts['repeated']} jobs were started more than once."],
    )


def run_jobs(jobs: int, kills: int, plant: str, seed: int) -> tuple[dict[str, int], list[float]]:
    """Queue the jobs and kill the worker while it works on them. Returns counts, and the seconds to recover by kill."""
    chance, killed = random.Random(seed), {}
    with create_shop() as shop:
        prepare_tables(shop)
        with serving(shop, plant=plant):
            queue_jobs(shop, jobs)
            while len(killed) < kills and count(shop, UNFINISHED):
                time.sleep(chance.uniform(4.0, 6.0))  # a process that ends within 2 s, five times, is not restarted
                if (job_id := kill_worker(shop)) is not None:
                    killed[job_id] = time.time()
            wait_until(
                lambda: not count(shop, "select count(*) from jobs.jobs where state in ('queued', 'running')"), 900
            )
        embedded.ensure_running(shop.settings.home)  # it was stopped with `foresell up`
        with superuser(shop.settings) as con:
            ended = dict(con.execute("select job_id, extract(epoch from finished_at)::float from jobs.jobs").fetchall())
        counts = {
            "done": count(shop, "select count(*) from jobs.jobs where state = 'done'"),
            "without effect": count(shop, "select count(*) from jobs.jobs where job_id not in (select job_id from drill.effects)"),
            "twice": count(shop, "select count(*) from (select 1 from drill.effects group by job_id having count(*) > 1)"),
            "repeated": count(shop, "select count(*) from (select 1 from drill.attempts group by job_id having count(*) > 1)"),
        }  # fmt: skip
    return counts, [ended[job_id] - at for job_id, at in killed.items()]  # type: ignore[operator, index]


def prepare_tables(shop: Shop) -> None:
    """Where the jobs count themselves."""
    with superuser(shop.settings) as con:
        con.execute("create schema drill; grant usage on schema drill to foresell_app")
        con.execute("create table drill.attempts (job_id bigint); create table drill.effects (job_id bigint)")
        con.execute("grant select, insert on all tables in schema drill to foresell_app")


def queue_jobs(shop: Shop, jobs: int) -> None:
    """As the API does it, of a kind whose work was replaced."""
    with superuser(shop.settings) as con:
        con.execute(
            "with made as (insert into jobs.jobs (kind, arguments) select 'undo', jsonb_build_object('batch_id', -n)"
            " from generate_series(1, %s) as n returning job_id) select count(jobs.enqueue_job(job_id)) from made",
            [jobs],
        )


def kill_worker(shop: Shop) -> int | None:
    """Kill the worker during a job. Returns the job, None when there was no job or no worker."""
    workers = processes_of(shop, "foresell.worker")
    with superuser(shop.settings) as con:
        row = con.execute("select job_id from jobs.jobs where state = 'running'").fetchone()
        if not workers or row is None:
            return None
        for each in workers:
            each.kill()
        row = con.execute("select job_id from jobs.jobs where state = 'running'").fetchone()
    return int(str(row[0])) if row else None


def count(shop: Shop, query: str) -> int:
    """A number from the database; it is started again where it was stopped with `foresell up`."""
    embedded.ensure_running(shop.settings.home)
    with superuser(shop.settings) as con:
        row = con.execute(query.encode()).fetchone()
    assert row
    return int(str(row[0]))
