"""The two ends of a loopback connection, and the one rule about who may be at the other; pure.

Only processes of our own operating-system user may ask. The system's administrator is a stranger too, unless the
daemon runs as the administrator: root could take anything of ours anyway, but a service that runs as root and can be
talked into making requests must not become a way to our card. A connection whose other end is not found, because it is
closed already or comes from another network namespace, is a stranger's.
"""

import ipaddress
from typing import NamedTuple


class End(NamedTuple):
    """One end of a connection: the 4 or 16 bytes of its address, and its port."""

    address: bytes
    port: int


def end_of(name: object) -> End:
    """The end that the socket module describes by a tuple; raises ValueError for one that is no address of IP.

    An IPv4 address that a dual-stack program wrapped into IPv6 becomes the IPv4 address that it is.
    """
    if not isinstance(name, tuple) or len(name) < 2:
        raise ValueError("no address of IP")
    address = ipaddress.ip_address(str(name[0]).partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return End(address.packed, int(name[1]))


def plain(address: bytes) -> bytes:
    """The bytes of an address, 4 of them if it is an IPv4 address in IPv6 clothes (RFC 4291, section 2.5.5.2)."""
    return address[12:] if len(address) == 16 and address[:12] == bytes(10) + b"\xff\xff" else address
