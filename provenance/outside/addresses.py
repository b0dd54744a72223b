"""Where a URL leads: it is taken apart, its name resolved once, and every address held against the rules."""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from provenance.outside.errors import Refused, Unreachable

DEFAULT_PORTS = {"https": 443, "http": 80}

# Characters that are read in one way by everybody; no spaces, no control characters, no backslash.
_URL = re.compile(r"[!-\[\]-~]+", re.ASCII)
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.ASCII)


@dataclass(frozen=True)
class Target:
    """A URL taken apart. ``where``: host and port, as ``OUTSIDE_PRIVATE_HOSTS`` names them."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def where(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_private(self) -> bool:
        """Whether the operator has named this very server as one of its own network."""
        return self.where in settings.OUTSIDE_PRIVATE_HOSTS


@dataclass(frozen=True)
class Endpoint:
    """What a socket connects to: an address family, and an address of it that was checked."""

    family: int
    address: tuple[Any, ...]


def parse(url: str) -> Target:
    """Take the URL apart; ``Refused`` unless it is plain https (http for the servers of ``OUTSIDE_PRIVATE_HOSTS``)."""
    if not _URL.fullmatch(url):
        raise Refused("The address holds characters that do not belong into one.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(f"{url} is not an address.") from None
    host = parts.hostname or ""
    if "@" in parts.netloc:
        # Not quoted: what stands there may be a password.
        raise Refused(f"An address of {host} holds a user name; write it like https://log.example/path.")
    if parts.scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host) or parts.fragment:
        raise Refused(f"{url} is not written like https://log.example/path.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port, path)
    if target.scheme != "https" and not target.is_private:
        raise Refused(f"{url} is not https. Only servers named in OUTSIDE_PRIVATE_HOSTS may be asked without it.")
    return target


def endpoints(target: Target) -> list[Endpoint]:
    """
    The checked addresses of the target, in the resolver's order. The name is resolved here and never again.

    Raises ``Unreachable`` where it has none, ``Refused`` where any of them is not public.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(f"The name {target.host} has no address.") from None
    if not target.is_private:
        for *_, address in found:
            if not is_public(str(address[0])):
                raise Refused(
                    f"{target.where} leads to {address[0]}, which is not a public address. If that is meant, name "
                    f"{target.where} in OUTSIDE_PRIVATE_HOSTS."
                )
    return [Endpoint(family, address) for family, _, _, _, address in found]


def is_public(text: str) -> bool:
    """Whether the address is one of the public internet; an IPv4 address within an IPv6 one is looked at as well."""
    address = ip_address(text)
    inner = _inner(address)
    if inner is not None:
        return is_public(str(inner))
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_link_local
        or address.is_unspecified
        # fec0::/10: deprecated, still routed inside some houses, and global to Python.
        or getattr(address, "is_site_local", False)
    )


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    return address.ipv4_mapped or address.sixtofour if isinstance(address, IPv6Address) else None
