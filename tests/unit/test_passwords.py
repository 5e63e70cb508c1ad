"""Which passwords are good enough, and that hashing them stays affordable."""

from __future__ import annotations

import asyncio

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from foresell.access import passwords
from foresell.errors import UsageError

ADA = ("Ada Lovelace", "ada@shop.example")

GUESSABLE = [
    "Password123456789", "passwordpassword", "P@ssw0rdP@ssw0rd!", "pa55w0rd!pa55w0rd!", "qwertyuiopasdfgh", "1qaz2wsx3edc4rfv",
    "123456789012345", "987654321098765", "iloveyou20231225", "aaaaaaaaaaaaaaaa", "abababababababab", "Summer2024Summer2024",
    "adalovelace2024!!", "Lovelace-Ada-1815", "letmein-letmein-1", "abcdefghijklmnop", "Welcome2Foresell!!", "trustnoone12345678",
    "ada@shop.example", "FORESELLFORESELL", "monkey dragon 1234", "ＰａｓｓｗｏｒｄPassword", "football!!football",
]  # fmt: skip
GOOD = [
    "correct horse battery staple", "tin whistle garden 9 anchor", "the boat left at seven and no one saw it",
    "vjq7-ppl2-mmx9-wn4s", "Хорошо забытое старое", "Zwölf Boxkämpfer jagen", "k7$Lw9@pQz2!mX4#v", "ada likes long walks by the sea",
]  # fmt: skip


@pytest.mark.parametrize("password", GUESSABLE)
def test_what_attackers_try_first(password: str) -> None:
    with pytest.raises(UsageError, match="easy to guess"):
        passwords.check_new(password, has_factor=False, context=ADA)


@pytest.mark.parametrize("password", GOOD)
def test_what_people_and_managers_make(password: str) -> None:
    passwords.check_new(password, has_factor=False, context=ADA)


@pytest.mark.parametrize(
    ("length", "has_factor", "good"), [(14, False, False), (15, False, True), (7, True, False), (8, True, True)]
)
def test_lengths(length: int, has_factor: bool, good: bool) -> None:
    password = "kx7fox-tin-lamp-9"[:length]
    if good:
        passwords.check_new(password, has_factor=has_factor)
    else:
        with pytest.raises(UsageError, match="at least"):
            passwords.check_new(password, has_factor=has_factor)


def test_length_is_in_characters_as_typed_or_composed() -> None:
    assert passwords.stands_alone("ü" * 15) and passwords.stands_alone("u\u0308" * 15)
    assert not passwords.stands_alone("u\u0308" * 14)
    long = " ".join(f"{number} lämps & {number * 7919} foxes;" for number in range(3, 13))
    passwords.check_new(long[: passwords.LONGEST], has_factor=False)
    with pytest.raises(UsageError, match="at most"):
        passwords.check_new(long.ljust(passwords.LONGEST + 1, "x"), has_factor=False)
    assert passwords.LONGEST >= 64 and len(long) > 200


def test_the_common_ones_are_thousands() -> None:
    words = passwords._common_words()
    disguised = [f"{word}{ending}" for word in words for ending in ("", "1", "123", "2024", "!", "1!", "1234567", "99")]
    assert len(disguised) > 3_000 and all(map(passwords.is_guessable, disguised))


def test_hash_and_verify() -> None:
    async def story() -> None:
        stored = await passwords.hash_password("tin whistle ü garden")
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert await passwords.verify_password("tin whistle u\u0308 garden", stored) == (True, None)
        for other in ("tin whistle", "Tin whistle ü garden", "tin whistle ü garden "):
            assert await passwords.verify_password(other, stored) == (False, None)
        assert await passwords.verify_password("anything", None) == (False, None)
        assert await passwords.verify_password("\ud800", stored) == (False, None)
        assert await passwords.verify_password("x" * 1_000_000, stored) == (False, None)
        weaker = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1)]).hash("tin whistle")
        right, renewed = await passwords.verify_password("tin whistle", weaker)
        assert right and renewed and "m=19456" in renewed

    asyncio.run(story())


def test_guessing_takes_two_threads_and_leaves_the_rest_awake() -> None:
    """64 sign-ins at once: the event loop turns in between, and memory is for two hashes, not 64."""

    async def story() -> tuple[list[int], int]:
        stored = await passwords.hash_password("tin whistle")
        work = [asyncio.ensure_future(passwords.verify_password("wrong", stored)) for _ in range(64)]
        finished = []
        while not all(task.done() for task in work):
            await asyncio.sleep(0)
            finished.append(sum(task.done() for task in work))
        return finished, passwords._slots._max_workers

    finished, threads = asyncio.run(story())
    assert threads == 2
    assert len(set(finished)) > 16, "a blocked loop would see none done, then all"
