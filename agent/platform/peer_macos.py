"""macOS: which user is at the other end of a loopback connection, by the kernel's list of TCP sockets."""

import ctypes
import os
import struct

from agent.platform.peer import End, end_of, plain

_LIST = b"net.inet.tcp.pcblist_n"
# xnu, bsd/sys/socketvar.h and bsd/netinet/in_pcb.h: every record begins with its length and its kind and is padded to
# 8 bytes; a socket is an xinpcb_n (addresses) followed by an xsocket_n (owner) and others.
_RECORD, _ADDRESSES, _OWNER = struct.Struct("=II"), 0x10, 0x1
_PORTS, _VERSION_AT, _FOREIGN_AT, _LOCAL_AT, _USER_AT = struct.Struct("!HH"), 44, 48, 64, 64
_PORTS_AT, _IPV4, _HEAD = 16, 0x1, 24


def peer_is_ours(peer: object, local: object) -> bool:
    """Whether the program at the other end runs as our user; `peer` and `local` as the socket module gives them."""
    try:
        theirs, ours = end_of(peer), end_of(local)
        return search(theirs, ours, _sockets()) == os.geteuid()
    except (ValueError, OSError):
        return False


def search(theirs: End, ours: End, sockets: bytes) -> int | None:
    """The user of the socket that goes from `theirs` to `ours` in the kernel's list, None where there is none."""
    at, found = _HEAD, False
    while at + _RECORD.size <= len(sockets):
        length, kind = _RECORD.unpack_from(sockets, at)
        if length < _RECORD.size or at + length > len(sockets):
            break  # the closing record, or a list of another form
        if kind == _ADDRESSES:
            found = length >= _LOCAL_AT + 16 and _ends(sockets[at : at + length]) == (theirs, ours)
        elif kind == _OWNER and found and length >= _USER_AT + 4:
            return int(struct.unpack_from("=I", sockets, at + _USER_AT)[0])
        at += -(-length // 8) * 8
    return None


def _ends(record: bytes) -> tuple[End, End]:
    foreign_port, local_port = _PORTS.unpack_from(record, _PORTS_AT)
    foreign, local = record[_FOREIGN_AT : _FOREIGN_AT + 16], record[_LOCAL_AT : _LOCAL_AT + 16]
    if record[_VERSION_AT] & _IPV4:  # the last four of the 16 bytes
        foreign, local = foreign[12:], local[12:]
    return End(plain(local), local_port), End(plain(foreign), foreign_port)


def _sockets() -> bytes:
    """The kernel's list; raises OSError where it is not given out."""
    library = ctypes.CDLL(None, use_errno=True)
    size = ctypes.c_size_t(0)
    if library.sysctlbyname(_LIST, None, ctypes.byref(size), None, 0):
        raise OSError(ctypes.get_errno(), "no list of sockets")
    size.value += size.value // 8 + 4096  # connections that begin meanwhile
    content = ctypes.create_string_buffer(size.value)
    if library.sysctlbyname(_LIST, content, ctypes.byref(size), None, 0):
        raise OSError(ctypes.get_errno(), "no list of sockets")
    return content.raw[: size.value]
