"""Origins as browsers write them, and the patterns that people write for them; pure."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Web eID limits an origin to 255 characters (authenticate.cpp of the desktop application does the same).
MAX_ORIGIN = 255
# More than this in one list is a mistake, and every list has to fit into a settings file.
MAX_PATTERNS = 500
# RFC 6454, section 6.2: the ASCII serialisation has a lower-case host, punycode for IDN, no default port and no path.
_ORIGIN = re.compile(r"(https?)://([a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
# URL standard, "ends in a number": such a host is an IPv4 address, and browsers write it in one way only.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DEFAULT_PORTS = {"https": "443", "http": "80"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_WILD = "https://*."


class Origin(NamedTuple):
    """The parts of an origin; `port` is empty for the default port of the scheme."""

    scheme: str
    host: str
    port: str

    @property
    def loopback(self) -> bool:
        """Whether the host is this computer itself."""
        return self.host in _LOOPBACK

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address, and no name."""
        return self.host.startswith("[") or _is_address(_undotted(self.host))


def parse(text: str) -> Origin | None:
    """The parts of an http or https origin; None for a spelling that no browser produces."""
    match = _ORIGIN.fullmatch(text) if len(text) <= MAX_ORIGIN else None
    if match is None or not _written_by_browsers(match[2]):
        return None
    scheme, host, port = match.groups()
    if port is not None and (port == _DEFAULT_PORTS[scheme] or int(port) > 65535):
        return None
    return Origin(scheme, host, port or "")


class Patterns:
    """A list of origins in which `https://*.domain` stands for every name below a domain, but not for the domain.

    The star is the whole left end of the name and stands before two labels or more: `https://*.example`,
    `https://portal.*.example` and `https://*portal.example` are no patterns. Raises ValueError, with the text that
    is none, and for a list of more than MAX_PATTERNS.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        texts = tuple(texts)
        if len(texts) > MAX_PATTERNS:
            raise ValueError(f"more than {MAX_PATTERNS} origins")
        self._exact = frozenset(texts)
        parts = [(text.startswith(_WILD), _pattern(text)) for text in texts]
        self._wild = frozenset((part.host, part.port) for wild, part in parts if wild)
        self._hosts = frozenset((_undotted(part.host), part.port) for wild, part in parts if not wild)

    def name(self, origin: str) -> bool:
        """Whether the list names an origin letter by letter: for lists that permit."""
        part = parse(origin)
        if part is None:
            return False
        below = part.scheme == "https" and any((domain, part.port) in self._wild for domain in _domains(part.host))
        return below or origin in self._exact

    def cover(self, origin: str) -> bool:
        """Whether the list means the computer behind an origin: for lists that refuse.

        An entry without a port covers all ports, and a final dot makes no difference: who is refused must not come
        back through another door of the same house.
        """
        part = parse(origin)
        if part is None:
            return True
        host, ports = _undotted(part.host), (part.port, "")
        if any((host, port) in self._hosts for port in ports):
            return True
        return any((domain, port) in self._wild for domain in _domains(host) for port in ports)


def _pattern(text: str) -> Origin:
    wild = text.startswith(_WILD)
    part = parse("https://" + text.removeprefix(_WILD)) if wild else parse(text)
    if part is None or (wild and (part.host.startswith("[") or "." not in part.host or part.host.endswith("."))):
        raise ValueError(f"not an origin or a pattern of origins: {text[:MAX_ORIGIN]!r}")
    if wild and _is_address(part.host):
        raise ValueError(f"no pattern of addresses: {text[:MAX_ORIGIN]!r}")
    return part


def _domains(host: str) -> Iterator[str]:
    """All domains above a host: b.c and c for a.b.c."""
    while "." in host:
        host = host.partition(".")[2]
        yield host


def _undotted(host: str) -> str:
    return host.removesuffix(".")


def _is_address(host: str) -> bool:
    return _NUMBER.fullmatch(host.rpartition(".")[2]) is not None


def _written_by_browsers(host: str) -> bool:
    """Whether a host that looks like an address is one, in the only spelling of the URL standard."""
    try:
        if host.startswith("["):
            return host == f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        if _is_address(_undotted(host)):
            return host == str(ipaddress.IPv4Address(host))
    except ValueError:
        return False
    return True
