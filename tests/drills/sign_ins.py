"""S7 and S8: what guessing and many sign-ins at once cost, in time that an attacker could read and in memory."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

import httpx2
import psutil
from benchmarks.faults import free_port

from foresell.access import passwords
from foresell.store import embedded
from tests.drills.drill import Options, Outcome, least, most
from tests.drills.shop import Clients, Shop, administrator_token, create_shop, percentile, processes_of, serving
from tests.drills.tests_as_drills import drill_of
from tests.support.served import superuser

MIB = 2**20
PHRASE = "nine tin whistles in the garden"
AT_ONCE = 64
run_lock_out_tests = drill_of(
    "tests/api/test_lock_out.py",
    controls=("planted_defect_is_noticed",),
    at_most={"guesses evaluated": 10},
    at_least={"guesses": 10_000},
)


def guess(options: Options) -> Outcome:
    """S7: the tests of the lock-out, and the time that a wrong password takes."""
    found = run_lock_out_tests(options) if not options.quick else Outcome([], [])
    rounds = options.size(200, 10)
    with create_shop() as shop:
        set_passwords(shop, rounds)
        with behind_proxy(shop) as sign_in:
            known, unknown = time_wrong_passwords(sign_in, rounds, options.seed)
        with behind_proxy(shop, plant="no hash for unknown users") as sign_in:
            planted = time_wrong_passwords(sign_in, rounds // 2, options.seed)
    difference = 1000 * abs(statistics.median(known) - statistics.median(unknown))
    noticed = 1000 * abs(statistics.median(planted[0]) - statistics.median(planted[1]))
    return Outcome(
        [
            *found.figures,
            most("wrong password of a known and of an unknown user, medians apart", difference, 5.0, "ms"),
        ],
        [*found.controls, least("the same without a hash for unknown users", noticed, 5.0, "ms")],
        [
            *found.notes,
            f"{rounds} wrong passwords each: {1000 * statistics.median(known):.1f} and {1000 * statistics.median(unknown):.1f} ms.",
            "The alarm about tries over many accounts is part of S15.",
        ],
    )


def sign_in_at_once(options: Options) -> Outcome:
    """S8. The rate is that of the sign-ins alone, and of processor time: Keycloak's figure says how much of it they need."""
    rounds = options.size(5, 1)
    with create_shop() as shop:
        set_passwords(shop, AT_ONCE)
        with behind_proxy(shop) as sign_in:
            found = flood(shop, sign_in, rounds)
            busy_seconds, wall_seconds, more = time_sign_ins(shop, sign_in, rounds)
        with behind_proxy(shop, plant="no hash limit") as sign_in:
            planted = flood(shop, sign_in, rounds)
    statuses = Counter([*found.statuses, *more])
    figures = [
        most(f"memory of the API gained by {AT_ONCE} sign-ins at once", found.gained_mib, 128, "MiB"),
        most("p99 of another request, relative to before", found.p99_during / found.p99_before, 3.0, "x"),
        least("sign-ins a second of processor time of API and PostgreSQL", len(more) / busy_seconds, 15),
        most("sign-ins refused or failed", statuses.total() - statuses[HTTPStatus.OK], 0),
    ]
    return Outcome(
        figures,
        [least("memory gained without a limit of hashes at once", planted.gained_mib, 128, "MiB")],
        [
            f"{statuses.total()} sign-ins; p99 of the list of segments {1000 * found.p99_before:.0f} ms before and"
            f" {1000 * found.p99_during:.0f} ms during them. Without a limit of sign-ins and hashes at once it is"
            f" {planted.p99_during / planted.p99_before:.0f} times what it was before.",
            f"On this machine, with what else ran on it, {len(more) / wall_seconds:.1f} sign-ins a second.",
        ],
    )


def set_passwords(shop: Shop, many: int) -> None:
    """Users who sign in: person1 and so on."""
    stored = passwords._hash.hash(PHRASE)
    with superuser(shop.settings) as con:
        for number in range(1, many + 1):
            con.execute(
                "with made as (insert into access.users (name, email) values ('Person', %s) returning user_id), role as"
                " (insert into access.user_roles (user_id, role) select user_id, 'analyst' from made)"
                " insert into access.passwords (user_id, hash, single_factor_ok) select user_id, %s, true from made",
                [f"person{number}@foresell.example", stored],
            )


class behind_proxy:
    """`foresell up` behind a proxy that says where requests come from: the drill's sign-ins come from everywhere.

    Yields a function (e-mail, password, address) -> status.
    """

    def __init__(self, shop: Shop, plant: str | None = None) -> None:
        self._serving = serving(shop, plant, {"FORESELL_PUBLIC_URL": f"http://localhost:{free_port()}"})

    def __enter__(self) -> Callable[[str, str, str], int]:
        shop = self._serving.__enter__()
        self._client = httpx2.Client(
            base_url=shop.url,
            timeout=60,
            limits=httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
        )

        def sign_in(email: str, password: str, address: str) -> int:
            body = {"email": email, "password": password}
            return self._client.post("/api/auth/sign-in", json=body, headers={"x-forwarded-for": address}).status_code

        return sign_in

    def __exit__(self, *error: object) -> None:
        self._client.close()
        self._serving.__exit__(*error)  # type: ignore[arg-type]


def draw_address(chance: random.Random) -> str:
    """Any address of the Internet."""
    return f"{chance.randint(1, 223)}.{chance.randint(0, 255)}.{chance.randint(0, 255)}.{chance.randint(1, 254)}"


def time_wrong_passwords(
    sign_in: Callable[[str, str, str], int], rounds: int, seed: int
) -> tuple[list[float], list[float]]:
    """Seconds that a wrong password takes, of a known and of an unknown user, in turns.

    Each time another user: an account has ten tries, and the eleventh would be refused without the work of a hash.
    """
    chance, taken = random.Random(seed), ([], [])  # type: ignore[var-annotated]
    for number in range(rounds):
        for place, email in enumerate((f"person{number + 1}@foresell.example", f"unknown{number}@foresell.example")):
            began = time.perf_counter()
            status = sign_in(email, "wrong", draw_address(chance))
            taken[place].append(time.perf_counter() - began)
            assert status == HTTPStatus.UNAUTHORIZED, status
    return taken


@dataclass(frozen=True, slots=True)
class Flood:
    """What many sign-ins at once did: MiB gained at most, seconds of another request (p99) before and during, statuses."""

    gained_mib: float
    p99_before: float
    p99_during: float
    statuses: list[int]


def flood(shop: Shop, sign_in: Callable[[str, str, str], int], rounds: int) -> Flood:
    """Sign in by AT_ONCE at once, several times, while another client asks for a list."""
    headers = {"authorization": f"Bearer {administrator_token(shop.settings.home, shop.users[0])}"}
    api = processes_of(shop, "foresell.api.serve")
    for _ in range(40):  # on new connections, so that each process has answered some
        httpx2.get(f"{shop.url}/api/customers/segments", headers=headers, timeout=60)
    with Clients() as others, ThreadPoolExecutor(1) as pool:
        others.start(shop, lambda client: client.get("/api/customers/segments", headers=headers), 0.02)
        time.sleep(5)
        began, most_bytes = time.monotonic(), [sum(each.memory_info().rss for each in api)]

        def sample() -> None:
            while not others.stop.is_set():
                most_bytes.append(sum(each.memory_info().rss for each in api))
                time.sleep(0.02)

        pool.submit(sample)
        statuses = sign_in_together(sign_in, rounds)
        ended = time.monotonic()
        others.stop.set()
    before, during = (
        percentile([taken for _, taken, _ in others.between(start, end)], 0.99)
        for start, end in ((0.0, began), (began, ended))
    )
    return Flood((max(most_bytes) - most_bytes[0]) / MIB, before, during, statuses)


def sign_in_together(sign_in: Callable[[str, str, str], int], rounds: int) -> list[int]:
    """Sign in by AT_ONCE at once, several times. Returns the statuses."""
    chance = random.Random(7)
    emails = [f"person{number}@foresell.example" for number in range(1, AT_ONCE + 1)] * rounds
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda email: sign_in(email, PHRASE, draw_address(chance)), emails))


def time_sign_ins(shop: Shop, sign_in: Callable[[str, str, str], int], rounds: int) -> tuple[float, float, list[int]]:
    """Seconds of processor time of API and PostgreSQL, seconds by the clock, and statuses of sign-ins and nothing else."""
    used, began = count_processor_seconds(shop), time.monotonic()
    statuses = sign_in_together(sign_in, rounds)
    return count_processor_seconds(shop) - used, time.monotonic() - began, statuses


def count_processor_seconds(shop: Shop) -> float:
    """Seconds of processor time that the API's and PostgreSQL's processes have used, those of ended backends included."""
    postmaster = psutil.Process(embedded.process_id(shop.settings.home))
    total = sum(postmaster.cpu_times()[:4])
    for each in (*processes_of(shop, "foresell.api.serve"), *postmaster.children()):
        with suppress(psutil.NoSuchProcess):
            total += sum(each.cpu_times()[:2])
    return total
