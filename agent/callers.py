"""Who asks: the one rule that turns a browser's origin into a caller."""

import re

from agent.failures import Code, FailureError

# Web eID limits an origin to 255 characters (authenticate.cpp of the desktop application does the same).
MAX_ORIGIN = 255
# RFC 6454, section 6.2: the ASCII serialisation has a lower-case host, punycode for IDN, no default port and no path.
_ORIGIN = re.compile(r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::([1-9][0-9]{0,4}))?")
_DEFAULT_PORTS = {"https": "443", "http": "80"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def caller(origin: str | None, *, developer: bool = False) -> str:
    """The origin that may ask, exactly as the browser wrote it and as it is signed.

    Only https origins may ask; with the developer switch also http on this computer itself.
    Raises FailureError(origin_refused) for anything else: absent, opaque ("null"), another scheme, or a spelling
    that no browser produces.
    """
    match = _ORIGIN.fullmatch(origin) if origin is not None and len(origin) <= MAX_ORIGIN else None
    if origin is None or match is None:
        raise FailureError(Code.ORIGIN_REFUSED)
    scheme, host, port = match.groups()
    if port is not None and (port == _DEFAULT_PORTS[scheme] or int(port) > 65535):
        raise FailureError(Code.ORIGIN_REFUSED)
    if scheme == "http" and not (developer and host in _LOOPBACK):
        raise FailureError(Code.ORIGIN_REFUSED)
    return origin
