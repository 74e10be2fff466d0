"""Who asks: the one rule that turns a browser's origin into a caller."""

import ipaddress
import re

from agent.failures import Code, FailureError

# Web eID limits an origin to 255 characters (authenticate.cpp of the desktop application does the same).
MAX_ORIGIN = 255
# RFC 6454, section 6.2: the ASCII serialisation has a lower-case host, punycode for IDN, no default port and no path.
_ORIGIN = re.compile(r"(https?)://([a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
# URL standard, "ends in a number": such a host is an IPv4 address, and browsers write it in one way only.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DEFAULT_PORTS = {"https": "443", "http": "80"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def caller(origin: str | None, *, developer: bool = False) -> str:
    """The origin that may ask, exactly as the browser wrote it and as it is signed.

    Only https origins may ask; with the developer switch also http on this computer itself.
    Raises FailureError(origin_refused) for anything else: absent, opaque ("null"), another scheme, or a spelling
    that no browser produces.
    """
    match = _ORIGIN.fullmatch(origin) if origin is not None and len(origin) <= MAX_ORIGIN else None
    if origin is None or match is None or not _written_by_browsers(match[2]):
        raise FailureError(Code.ORIGIN_REFUSED)
    scheme, host, port = match.groups()
    if port is not None and (port == _DEFAULT_PORTS[scheme] or int(port) > 65535):
        raise FailureError(Code.ORIGIN_REFUSED)
    if scheme == "http" and not (developer and host in _LOOPBACK):
        raise FailureError(Code.ORIGIN_REFUSED)
    return origin


def _written_by_browsers(host: str) -> bool:
    """Whether a host that looks like an address is one, in the only spelling of the URL standard."""
    try:
        if host.startswith("["):
            return host == f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        if _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
            return host == str(ipaddress.IPv4Address(host))
    except ValueError:
        return False
    return True
