"""Linux: which user is at the other end of a loopback connection.

The kernel is asked for exactly the socket whose own end is our peer and whose other end is us (sock_diag(7)): some
microseconds, however many connections there are. Where it does not offer that, as in some sandboxes, /proc/net/tcp and
tcp6 are read. Both know the network namespace of this process alone, so a container's connections are strangers.
"""

import os
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

from agent.platform.peer import End, end_of, plain

# linux/netlink.h, linux/inet_diag.h, linux/sock_diag.h, net/tcp_states.h
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _REQUEST, _ERROR, _NO_COOKIE = 4, 20, 1, 2, 0xFFFFFFFF
_ESTABLISHED, _ALL_STATES = 1, 0xFFFFFFFF
_HEADER, _QUESTION, _ENDS = struct.Struct("=IHHII"), struct.Struct("=BBBBI"), struct.Struct("!HH16s16s")
_INTERFACE, _ANSWER_HEAD, _ANSWER_TAIL = struct.Struct("=III"), struct.Struct("=BBBB"), struct.Struct("=IIIII")
_ENDS_AT = _HEADER.size + _ANSWER_HEAD.size
_TAIL_AT = _ENDS_AT + _ENDS.size + _INTERFACE.size
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


class NotOfferedError(Exception):
    """This kernel does not answer questions about single sockets."""


def peer_is_ours(peer: object, local: object) -> bool:
    """Whether the program at the other end runs as our user; `peer` and `local` as the socket module gives them."""
    try:
        theirs, ours = end_of(peer), end_of(local)
    except ValueError:
        return False
    try:
        user = ask_kernel(theirs, ours)
    except NotOfferedError:
        user = search(theirs, ours, lines())
    return user == os.geteuid()


def ask_kernel(theirs: End, ours: End) -> int | None:
    """The user of the socket that goes from `theirs` to `ours`, None where there is none."""
    family = socket.AF_INET if len(theirs.address) == 4 else socket.AF_INET6
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as netlink:
            netlink.setblocking(False)  # the answer is there when the question has been sent
            netlink.send(question(theirs, ours, family))
            return answered(netlink.recv(4096), theirs, ours)
    except OSError:
        raise NotOfferedError from None


def question(theirs: End, ours: End, family: int) -> bytes:
    """The netlink message that asks for one socket."""
    ends = _ENDS.pack(theirs.port, ours.port, theirs.address, ours.address)  # padded with zeros to 16 bytes
    body = _QUESTION.pack(family, socket.IPPROTO_TCP, 0, 0, _ALL_STATES) + ends
    body += _INTERFACE.pack(0, _NO_COOKIE, _NO_COOKIE)
    return _HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST, 1, 0) + body


def answered(message: bytes, theirs: End, ours: End) -> int | None:
    """The user in the kernel's answer, None for a socket that is not the connected one that was asked for.

    Raises NotOfferedError for any other message: "no such socket" is also what a kernel says that knows no TCP here.
    """
    if len(message) < _TAIL_AT + _ANSWER_TAIL.size or _HEADER.unpack_from(message)[1] != _SOCK_DIAG_BY_FAMILY:
        raise NotOfferedError
    state = message[_HEADER.size + 1]
    their_port, our_port, their_address, our_address = _ENDS.unpack_from(message, _ENDS_AT)
    *_, user, inode = _ANSWER_TAIL.unpack_from(message, _TAIL_AT)
    found = (_unpadded(their_address, theirs), their_port, _unpadded(our_address, ours), our_port)
    return _owner(state, user, inode) if found == (*theirs, *ours) else None


def search(theirs: End, ours: End, lines: Iterable[str]) -> int | None:
    """The user of the socket that goes from `theirs` to `ours` in lines of /proc/net/tcp, None where there is none."""
    for line in lines:
        fields = line.split()
        # sl, local, remote, state, queues, timer, retransmissions, user, time-out, inode
        if len(fields) > 9 and _end(fields[1]) == theirs and _end(fields[2]) == ours:
            return _owner(int(fields[3], 16), int(fields[7]), int(fields[9]))
    return None


def lines() -> Iterable[str]:
    """The lines of both tables, without their head lines."""
    for table in _TABLES:
        if table.exists():  # a kernel without IPv6 has one of them
            with table.open(encoding="ascii") as file:
                next(file, None)  # the head line
                yield from file


def _owner(state: int, user: int, inode: int) -> int | None:
    """The user, unless nobody holds the socket any more: then the kernel shows root as its user, and inode 0."""
    return user if state == _ESTABLISHED and inode else None


def _unpadded(address: bytes, like: End) -> bytes:
    """An address of the answer: the kernel pads IPv4 with zeros, and wraps it where the program uses IPv6 sockets."""
    return address[:4] if len(like.address) == 4 and not any(address[4:]) else plain(address)


def _end(text: str) -> End:
    """An end as /proc writes it: each 32-bit word of the address in this computer's byte order, in hexadecimal."""
    address, _, port = text.partition(":")
    words = (int(address[i : i + 8], 16) for i in range(0, len(address), 8))
    return End(plain(b"".join(struct.pack("=I", word) for word in words)), int(port, 16))
