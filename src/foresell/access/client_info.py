"""Where a request comes from, in as few words as protection needs."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from foresell.access.tokens import fingerprint

_BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS": "macOS",
    "Windows": "Windows",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """The sender of a request: its address, what the browser calls itself, the device cookie it brought.

    `is_here`: it comes from this very machine, and not through a proxy on it.
    """

    address: str
    user_agent: str = ""
    device_token: str | None = None
    is_here: bool = False

    @property
    def network(self) -> str:
        """The /24 or /48 of the address: enough to tell places apart, too little to tell people apart."""
        address = ip_address(self.address)
        mapped = getattr(address, "ipv4_mapped", None) or address
        return str(ip_network(f"{mapped}/{24 if mapped.version == 4 else 48}", strict=False))

    @property
    def device(self) -> str:
        """The browser and system by name, such as `Firefox on Linux`."""
        browser = next((name for sign, name in _BROWSERS.items() if sign in self.user_agent), "A program")
        system = next((name for sign, name in _SYSTEMS.items() if sign in self.user_agent), None)
        return f"{browser} on {system}" if system else browser

    @property
    def device_hash(self) -> bytes | None:
        """What the database knows of the device cookie."""
        return fingerprint(self.device_token) if self.device_token else None
