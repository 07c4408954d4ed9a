"""Which addresses a source may reach, checked at connect; never connects to an address it has not checked."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from dashboard.errors import SourceRefused, SourceUnavailable

Address = IPv4Address | IPv6Address

# Cloud metadata services hand out credentials, and no departmental system lives there.
METADATA = frozenset({ip_address("169.254.169.254"), ip_address("100.100.100.200"), ip_address("fd00:ec2::254")})
NAT64 = IPv6Network("64:ff9b::/96")


def meant(address: Address) -> Address:
    """The IPv4 address an IPv6 one stands for (mapped, 6to4, NAT64), or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def refusal(address: Address, allow_private: bool) -> str | None:
    """Why this address may not be reached, or None. Link-local and metadata are refused whatever the config says."""
    plain = meant(address)
    if plain in METADATA or plain.is_link_local:
        return "link-local or metadata"
    if plain.is_multicast or plain.is_unspecified:
        return "multicast or unspecified"
    if plain.is_reserved and not plain.is_loopback:  # ::1 lies in a reserved block
        return "reserved"
    if not allow_private and not plain.is_global:
        return "private or loopback"
    return None


async def checked_addresses(host: str, port: int, allow_private: bool) -> list[str]:
    """The addresses of a host, in the resolver's order. One refused address refuses the host: a name that
    answers with a public and a private address is how a rebinding attack looks."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceUnavailable("dns", "the name has no address") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in addresses:
        reason = refusal(ip_address(text.partition("%")[0]), allow_private)
        if reason:
            raise SourceRefused("address_blocked", f"{reason} address (allow_private permits private ones)")
    return addresses


async def checked_address(host: str, port: int, allow_private: bool) -> str:
    """The first address that may be connected to."""
    return (await checked_addresses(host, port, allow_private))[0]


class GuardedBackend(AsyncNetworkBackend):
    """Connects to exactly the addresses that were checked, so a second look-up cannot answer differently;
    TLS still names the host, because the pool asks for that above this layer."""

    def __init__(self, private_hosts: frozenset[str]) -> None:
        self._private_hosts = private_hosts
        self._backend = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        addresses = await checked_addresses(host, port, host.lower() in self._private_hosts)
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except Exception:  # noqa: S112 - the last address tells
                continue
        return await self._backend.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        raise SourceRefused("address_blocked", "a Unix socket is no source")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class TcpProbe:
    """contract.Probe: is there someone, and how far away."""

    def __init__(self, timeout_s: float, allow_private: bool) -> None:
        self._timeout_s, self._allow_private = timeout_s, allow_private

    async def tcp(self, host: str, port: int) -> float:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                address = await checked_address(host, port, self._allow_private)
                _, writer = await asyncio.open_connection(address, port)
        except TimeoutError:
            raise SourceUnavailable("timeout", f"no connection within {self._timeout_s:g} s") from None
        except ConnectionRefusedError:
            raise SourceUnavailable("refused", "nobody listens there") from None
        except OSError:
            raise SourceUnavailable("unreachable", "no way to the host") from None
        spent = time.perf_counter() - started
        writer.transport.abort()
        return spent
