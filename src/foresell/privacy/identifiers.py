"""What identifies one customer in text that others wrote: names, e-mail addresses, telephone numbers, numbers in sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from foresell.privacy.vault import normalize_phone

#: What stands for an erased customer in such text.
ERASED_TEXT = "[erased]"
#: Digits from which on a telephone number, or a number in a source, is unlikely to be any other number.
TELLING_DIGITS = 5
#: The last digits of a telephone number, by which it is known with and without the code of its country.
LAST_DIGITS = 8

_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Patterns of one customer. `keys`: the numbers in sources; `contacts`: e-mail addresses and telephone numbers; `names`:
    whole names; `words`: words of the names that name no other customer."""

    keys: frozenset[str]
    contacts: re.Pattern[str]
    names: re.Pattern[str]
    words: re.Pattern[str]

    def are_in(self, text: str) -> bool:
        """Whether a cell or a line names the customer."""
        return text.strip() in self.keys or bool(self.contacts.search(text) or self.names.search(text))

    def are_in_row(self, cells: list[str], key: str | None) -> bool:
        """Whether a record names the customer. `key`: its customer key; another's name may be the same, but has another key."""
        if key and key.strip():
            return key.strip() in self.keys or any(self.contacts.search(cell) for cell in cells)
        return any(self.are_in(cell) for cell in cells) or self.names.search(" ".join(cells)) is not None

    def replace_in(self, text: str) -> str:
        """A text without what names the customer."""
        if text.strip() in self.keys:
            return ERASED_TEXT
        telling = [key for key in self.keys if len(key) >= TELLING_DIGITS or not key.isdigit()]
        for pattern in (self.contacts, self.names, self.words, _join(map(re.escape, telling))):
            text = pattern.sub(ERASED_TEXT, text)
        return text

    def replace_in_json(self, value: Any) -> Any:
        """A JSON value, each text of it replaced."""
        if isinstance(value, str):
            return self.replace_in(value)
        if isinstance(value, list):
            return [self.replace_in_json(each) for each in value]
        if isinstance(value, dict):
            return {name: self.replace_in_json(each) for name, each in value.items()}
        return value


def make_identifiers(
    keys: Iterable[str], names: Iterable[str], words: Iterable[str], emails: Iterable[str], phones: Iterable[str]
) -> Identifiers:
    """The patterns. `words`: those that name no other customer; a name of one word counts as such a word only."""
    digits = {normalize_phone(phone) for phone in phones}
    numbers = (
        r"(?:[+(]?\d[\d\s()./-]*?)?" + r"[\s()./-]*".join(number[-LAST_DIGITS:])
        for number in digits
        if len(number) >= TELLING_DIGITS
    )
    parts = [re.findall(r"[^\s,]+", name) for name in names]
    orders = [
        order for part in parts if len(part) > 1 for order in (part, [*part[1:], part[0]], [part[-1], *part[:-1]])
    ]
    whole = (r"[\s,]+".join(map(re.escape, order)) for order in orders)
    return Identifiers(
        frozenset(key.strip() for key in keys),
        _join([*map(re.escape, emails), *numbers]),
        _join(whole),
        _join(map(re.escape, words)),
    )


def _join(patterns: Iterable[str]) -> re.Pattern[str]:
    """Any of these, as whole words, the longest first; nothing where there are none."""
    known = sorted(set(patterns), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(known)})(?!\w)", re.IGNORECASE) if known else _NEVER
