"""macOS: Safari asks the system for names below localhost, where other browsers know that they are this computer."""

import ipaddress
import socket


def browsers_find(name: str) -> bool:
    """Whether a name below localhost leads browsers to this computer: all of them only where the system knows it."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(name, None)}
        return bool(found) and all(ipaddress.ip_address(str(address)).is_loopback for address in found)
    except (OSError, ValueError):
        return False
