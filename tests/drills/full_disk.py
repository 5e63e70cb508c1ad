"""R6: the disk of a whole home is full for eight seconds while calls are logged and pages are read."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.faults import Ledger, run_faults, verify, write

from tests.drills.drill import NotRun, Options, Outcome, least, most
from tests.drills.shop import Clients, Shop, administrator_token, create_shop, serving
from tests.support.worker import wait_until

FREE_MIB = 160
FULL_SECONDS = 8.0
WRITERS = 4
READS = ("/api/me", "/api/customers/segments", "/api/customers?limit=20")


def fill_disk(options: Options) -> Outcome:
    """R6. The control of the count is R2's: commits that do not wait for the disk."""
    with create_shop() as original, on_small_disk(original) as shop, serving(shop):
        ledger, stop = Ledger(), threading.Event()
        writers = [threading.Thread(target=write, args=(shop, ledger, stop, True, number)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        headers = {"authorization": f"Bearer {administrator_token(shop.settings.home, shop.users[-1])}"}
        wait_until(lambda: len(ledger.acknowledged) > 20)
        with Clients() as reads:
            for path in READS:
                reads.start(shop, lambda client, path=path: client.get(path, headers=headers), 0.1)  # type: ignore[misc]
            time.sleep(3)
            refused_before = Counter(ledger.refused)
            full = time.monotonic()
            with full_disk(shop.settings.home):
                time.sleep(FULL_SECONDS)
                acknowledged_while_full = sum(at > full for at in ledger.acknowledged.values())
            freed = time.monotonic()
            with suppress(AssertionError):
                wait_until(lambda: ledger.answered > freed)
            resumed = ledger.answered - freed
            time.sleep(2)
        stop.set()
        for writer in writers:
            writer.join(75)
        refused = Counter(ledger.refused) - refused_before
        counts = verify(shop, ledger)
    while_full = reads.between(full + 0.5, freed)
    planted, _ = run_faults(options.size(12, 4), durable=False, seed=options.seed)
    figures = [
        least("calls acknowledged", counts["acknowledged"], 100),
        most("acknowledged calls lost", counts["lost"], 0),
        most("calls stored twice", counts["duplicated"], 0),
        most(
            "writes answered neither 201 nor 503 nor 507",
            sum(n for status, n in refused.items() if status not in (503, 507)),
            0,
        ),
        least("writes refused while the disk was full", sum(refused.values()), 1),
        least("reads answered while the disk was full", 100 * share_of_successes(while_full), 100, "%"),
        most("from the first free byte to the next acknowledged call", resumed if resumed > 0 else 99, 5.0, "s"),
    ]
    notes = [
        f"{acknowledged_while_full} calls were acknowledged while the disk was full; refusals: {dict(refused)};"
        f" reads: {dict(Counter(status for *_, status in while_full))}; 0: the connection was lost."
    ]
    return Outcome(figures, [least("calls lost when commits do not wait for the disk", planted["lost"], 1)], notes)


def share_of_successes(answers: list[tuple[float, float, int]]) -> float:
    """The share of answers 200; 0 when there are none."""
    return sum(status == 200 for *_, status in answers) / len(answers) if answers else 0.0


@contextmanager
def on_small_disk(original: Shop) -> Iterator[Shop]:
    """The shop's home moved to a file system of its own with FREE_MIB free. Raises NotRun where none may be mounted."""
    from foresell.store import embedded

    embedded.stop(original.settings.home)
    size = sum(file.stat().st_size for file in original.settings.home.rglob("*") if file.is_file()) >> 20
    with tempfile.TemporaryDirectory(prefix="foresell-disk-") as name:
        Path(name).chmod(0o755)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size + FREE_MIB}m,mode=0755", "tmpfs", name]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            raise NotRun("No file system may be mounted here.")
        home = Path(name) / "home"
        try:
            subprocess.run(["/bin/cp", "-a", str(original.settings.home), str(home)], check=True)
            yield replace(original, settings=replace(original.settings, home=home))
        finally:
            embedded.stop(home)
            subprocess.run(["umount", "--lazy", name], check=True)


@contextmanager
def full_disk(home: Path) -> Iterator[None]:
    """No byte is free until the block ends: what becomes free is taken again."""
    stop, filler = threading.Event(), home.parent / "filler"

    def fill() -> None:
        with filler.open("ab", buffering=0) as file:
            while not stop.is_set():
                with suppress(OSError):
                    file.write(os.urandom(4096) * 64 if free_bytes(home) > 1 << 18 else bytes(4096))
                    continue
                time.sleep(0.005)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        filler.unlink()


def free_bytes(home: Path) -> int:
    """The free space of the home's disk."""
    found = os.statvfs(home)
    return found.f_bavail * found.f_frsize
