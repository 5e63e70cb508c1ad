"""What is recorded of a request's sender: no more than protection needs."""

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
class ClientInfo:
    """The sender of a request: address, user agent and device cookie.

    `is_here`: from this machine, not through a proxy on it.
    """

    address: str
    user_agent: str = ""
    device_token: str | None = None
    is_here: bool = False

    @property
    def network(self) -> str:
        """The /24 or /48 of the address: enough to tell networks apart, too little to identify people."""
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
        """The hash of the device cookie, as stored."""
        return fingerprint(self.device_token) if self.device_token else None
