"""Passwords: which are good enough (NIST SP 800-63B-4), and argon2id in two threads, so that guessing cannot take the CPU."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import resources

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from foresell.errors import UsageError

ALONE = 15
WITH_FACTOR = 8
LONGEST = 256
MOST_WORDS = 3
RUN = 4

#: How much the threads that hash give way to those that answer requests.
NICENESS = 5


def _give_way() -> None:
    """Lower the priority of the current thread: on Linux, unlike elsewhere, each thread has its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


#: OWASP's minimum: 19 MiB, two passes, one lane; about 30 ms.
_hash = PasswordHash([Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)])
_slots = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2", initializer=_give_way)

_LEET = str.maketrans("013457@$!", "oieastasi")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "abcdefghijklmnopqrstuvwxyz", "01234567890")  # fmt: skip


def normalize(password: str) -> str:
    """The same password however it was typed: Unicode NFKC."""
    return unicodedata.normalize("NFKC", password)


def stands_alone(password: str) -> bool:
    """Whether it is long enough to be the only factor."""
    return len(normalize(password)) >= ALONE


def check_new(password: str, *, has_factor: bool, context: Iterable[str] = ()) -> None:
    """Raises UsageError saying what is wrong with a new password: too short, too long, or among the first guesses.

    `context` holds words an attacker knows: the person's name and e-mail.
    """
    text = normalize(password)
    least = WITH_FACTOR if has_factor else ALONE
    if len(text) < least:
        why = "" if has_factor else " while there is no second factor"
        raise UsageError(
            f"The password must have at least {least} characters{why}.", remedy="Use a phrase.", parameter="password"
        )
    if len(text) > LONGEST:
        raise UsageError(
            f"The password must have at most {LONGEST} characters.", remedy="Shorten it.", parameter="password"
        )
    if is_guessable(text, context):
        raise UsageError(
            "This password is easy to guess.",
            remedy="Use several unrelated words, or let a password manager create one.",
            parameter="password",
        )


def is_guessable(password: str, context: Iterable[str] = ()) -> bool:
    """Whether a password is one of the common ones in any of their disguises, or made of what is known of the person.

    Disguises: capitals, digits and signs around it, letters as digits, doubling, up to three common words in a row,
    neighbouring keys.
    """
    plain = normalize(password).lower()
    known = _words_of(context)
    for text in {plain, plain.translate(_LEET)}:
        rest = _remove_words(text, known)
        if len(rest) < min(WITH_FACTOR, len(text)):
            return True
        if len(set(text)) < 5 or _is_repetition(text) or len(_without_runs(text)) < len(text) / 3:
            return True
        if any(_is_common_words("".join(filter(str.isalpha, part))) for part in (text, rest)):
            return True
    return False


async def hash_password(password: str) -> str:
    """The argon2id hash of a password."""
    return await asyncio.get_running_loop().run_in_executor(_slots, _hash.hash, normalize(password))


async def verify_password(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether it is the password, and a new hash to keep when the parameters have changed since.

    With nothing stored the answer is no, after the same time.
    """
    return await asyncio.get_running_loop().run_in_executor(_slots, _verify_hash, password[: 2 * LONGEST], stored)


def _verify_hash(password: str, stored: str | None) -> tuple[bool, str | None]:
    try:
        right, new = _hash.verify_and_update(normalize(password), stored or _dummy_hash())
    except (PwdlibError, UnicodeEncodeError):
        return False, None
    return (right, new) if stored else (False, None)


@cache
def _dummy_hash() -> str:
    return _hash.hash("no user has this password")


@cache
def _common_words() -> frozenset[str]:
    lines = resources.files("foresell.access").joinpath("common_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _is_common_words(letters: str, left: int = MOST_WORDS) -> bool:
    """Whether it is one to three common words written together."""
    if not letters:
        return left < MOST_WORDS
    return left > 0 and any(
        letters[:cut] in _common_words() and _is_common_words(letters[cut:], left - 1)
        for cut in range(1, len(letters) + 1)
    )


def _is_repetition(text: str) -> bool:
    """Whether it is one short piece over and over."""
    return text in (text + text)[1:-1]


def _without_runs(text: str) -> str:
    """What is left without stretches of neighbouring keys, letters or digits, forwards or backwards."""
    lines = [line for row in _ROWS for line in (row, row[::-1])]
    left, at = [], 0
    while at < len(text):
        length = max(_run_length(text, at, line) for line in lines)
        if length < RUN:
            left.append(text[at])
        at += length if length >= RUN else 1
    return "".join(left)


def _run_length(text: str, at: int, line: str) -> int:
    length = 0
    while at + length < len(text) and text[at : at + length + 1] in line:
        length += 1
    return length


def _words_of(context: Iterable[str]) -> set[str]:
    parts = {part for text in context for part in re.split(r"[^a-z0-9]+", text.lower())}
    return {part for part in parts | {"foresell"} if len(part) >= 3}


def _remove_words(text: str, words: set[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return text
