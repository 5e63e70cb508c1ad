"""Which addresses a page may be fetched from: public ones only, and the address that was checked is the one that is connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
#: The addresses of a host, as text.
Resolve = Callable[[str, int], Sequence[str]]
_NAT64_NETWORK = ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """The host has an address that is not public, or none."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host by the system's resolver; none where it is not known."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(each[4][0]) for each in found]


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet; what an IPv6 address carries inside counts as well."""
    if isinstance(address, IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if any(each is not None and not is_public(each) for each in inner):
            return False
        if address in _NAT64_NETWORK and not is_public(IPv4Address(int(address) & 0xFFFFFFFF)):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Chooses the address to connect to. A host of which any address is refused is refused as a whole."""

    resolve: Resolve = resolve
    is_allowed: Callable[[Address], bool] = is_public

    def choose(self, host: str, port: int) -> str:
        """The address to connect to. Raises AddressRefused."""
        try:
            found = [ip_address(each.partition("%")[0]) for each in self.resolve(host, port)]
        except ValueError:
            raise AddressRefused(host) from None
        if not found or not all(map(self.is_allowed, found)):
            raise AddressRefused(host)
        return str(found[0])
