"""Windows: which user is at the other end of a loopback connection: socket, then process, then the process's token.

A process whose token we may not look at is a stranger's; that holds for other users' and for elevated ones.
"""

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from agent.platform.peer import End, end_of
from agent.platform.peer_tables import process_in_table4, process_in_table6

_CONNECTIONS_WITH_PROCESS, _TOO_SMALL = 4, 122  # TCP_TABLE_OWNER_PID_CONNECTIONS, ERROR_INSUFFICIENT_BUFFER
_QUERY_PROCESS, _QUERY_TOKEN, _TOKEN_USER = 0x1000, 0x8, 1
_AF_INET6 = 23


def peer_is_ours(peer: object, local: object) -> bool:
    """Whether the program at the other end runs as our user; `peer` and `local` as the socket module gives them."""
    try:
        theirs, ours = end_of(peer), end_of(local)
        process = _process(theirs, ours)
        return process is not None and _user(process) == _user(os.getpid())
    except (ValueError, OSError):
        return False


def _process(theirs: End, ours: End) -> int | None:
    if len(theirs.address) == 4:
        found = process_in_table4(theirs, ours, _table(int(socket.AF_INET)))
        if found is not None:
            return found
    return process_in_table6(theirs, ours, _table(_AF_INET6))  # also holds the IPv4 sockets of dual-stack programs


def _table(family: int) -> bytes:
    library = ctypes.WinDLL("iphlpapi.dll", winmode=0x800)  # type: ignore[attr-defined,unused-ignore] # System32 only
    size = ctypes.c_ulong(64 * 1024)
    for _ in range(4):  # it may grow between two calls
        content = ctypes.create_string_buffer(size.value)
        error = library.GetExtendedTcpTable(
            content, ctypes.byref(size), False, family, _CONNECTIONS_WITH_PROCESS, 0
        )  # fmt: skip
        if error == 0:
            return content.raw
        if error != _TOO_SMALL:
            break
    raise OSError("no table of connections")


def _user(process: int) -> bytes:
    """The security identifier of a process's user, in bytes."""
    advapi = ctypes.WinDLL("advapi32.dll", winmode=0x800)  # type: ignore[attr-defined,unused-ignore]
    with _opened(process) as token:
        size, content = ctypes.c_ulong(0), ctypes.create_string_buffer(256)
        if not advapi.GetTokenInformation(token, _TOKEN_USER, content, 256, ctypes.byref(size)):
            raise OSError("no user of a process")
        # TOKEN_USER holds a pointer to the identifier, which lies in the same buffer.
        sid = ctypes.c_void_p.from_buffer(content)
        length = advapi.GetLengthSid(sid)
        return ctypes.string_at(sid.value or 0, length)


@contextmanager
def _opened(process: int) -> Iterator[ctypes.c_void_p]:
    kernel = ctypes.WinDLL("kernel32.dll", winmode=0x800)  # type: ignore[attr-defined,unused-ignore]
    advapi = ctypes.WinDLL("advapi32.dll", winmode=0x800)  # type: ignore[attr-defined,unused-ignore]
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.OpenProcess(_QUERY_PROCESS, False, process))
    token = ctypes.c_void_p()
    if not handle.value:
        raise OSError("a process that may not be looked at")
    try:
        if not advapi.OpenProcessToken(handle, _QUERY_TOKEN, ctypes.byref(token)):
            raise OSError("a process that may not be looked at")
        try:
            yield token
        finally:
            kernel.CloseHandle(token)
    finally:
        kernel.CloseHandle(handle)
