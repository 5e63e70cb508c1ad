"""Whether an answer refuses us, or asks for proof of a person. Then the host is left alone; nothing is done to get around it."""

from __future__ import annotations

from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser

#: Answers that say: not for you.
REFUSALS = frozenset({401, 403, 407, 429, 451})
#: What such pages are made of.
MARKERS = (
    "cf-chl", "_cf_chl", "challenge-platform", "g-recaptcha", "recaptcha/api", "recaptcha/enterprise", "h-captcha", "hcaptcha.com",
    "px-captcha", "captcha-delivery", "turnstile",
)  # fmt: skip


def find_refusal(status: int, headers: Mapping[str, str], tree: LexborHTMLParser | None) -> str | None:
    """Why a host is to be left alone: the status, or the marker that was found; None for an ordinary answer.

    Markers count in attributes and scripts only: a page may write about them.
    """
    if status in REFUSALS:
        return f"answered {status}"
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "asks for proof of a person (cf-mitigated)"
    if tree is None:
        return None
    for node in tree.css("script, iframe, form, div, input, link, meta, noscript"):
        parts = [value or "" for value in node.attributes.values()]
        if node.tag == "script":
            parts.append(node.text() or "")
        text = " ".join(parts).lower()
        for marker in MARKERS:
            if marker in text:
                return f"asks for proof of a person ({marker})"
    return None
