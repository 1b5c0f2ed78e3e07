"""By which names and addresses this machine's pages can be opened; nobody is asked for them."""

import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_agent.settings import Settings

_SIOCGIFADDR = 0x8915
"""Linux: the IPv4 address of a network interface (netdevice(7))."""


def is_wildcard(host: str) -> bool:
    """Whether a service bound to `host` answers on every address of this machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def own_addresses() -> list[str]:
    """Return this machine's IPv4 addresses but loopback ones; without a look into any network."""
    if sys.platform != "linux":
        return []
    import fcntl

    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                answer = fcntl.ioctl(asking, _SIOCGIFADDR, request)
            except OSError:  # an interface without an address
                continue
            address = socket.inet_ntoa(answer[20:24])
            if not ipaddress.ip_address(address).is_loopback:
                found.append(address)
    return found


def hosts(settings: "Settings") -> set[str]:
    """Return the hosts a request may name: the settings' own, and what the service is bound to.

    Of a service bound to every address those are this machine's addresses: no foreign site's
    name can be pointed at a number (DNS rebinding needs a name).
    """
    bound = own_addresses() if is_wildcard(settings.host) else [settings.host]
    return {*settings.allowed_hosts, *map(_bracketed, bound)}


def urls(settings: "Settings", host: str, port: int) -> list[str]:
    """Return where the page can be opened: first on this machine, then from other devices."""
    return [f"{_scheme(settings)}://{name}:{port}" for name in _names(settings, host)]


def _names(settings: "Settings", host: str) -> Iterator[str]:
    if not is_wildcard(host):
        yield _bracketed(host)
        return
    yield "localhost" if settings.tls.cert else "127.0.0.1"
    named = [name for name in settings.allowed_hosts if name != "*" and not _is_here(name)]
    yield from dict.fromkeys((*named, *own_addresses()))


def _is_here(name: str) -> bool:
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _scheme(settings: "Settings") -> str:
    return "https" if settings.tls.cert else "http"
