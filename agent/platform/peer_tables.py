"""Reads the tables of TCP connections that Windows gives out; pure."""

import struct

from agent.platform.peer import End, plain

# tcpmib.h: MIB_TCPROW_OWNER_PID and MIB_TCP6ROW_OWNER_PID; ports lie in the first two bytes, in network order.
_ROW4 = struct.Struct("=I4s2s2x4s2s2xI")
_ROW6 = struct.Struct("=16sI2s2x16sI2s2xII")
_COUNT, _ESTABLISHED = struct.Struct("=I"), 5


def process_in_table4(theirs: End, ours: End, table: bytes) -> int | None:
    """The process whose IPv4 socket goes from `theirs` to `ours`, None where there is none."""
    for at in _rows(table, _ROW4):
        state, address, port, far_address, far_port, process = _ROW4.unpack_from(table, at)
        if state == _ESTABLISHED and _pair(address, port, far_address, far_port) == (theirs, ours):
            return int(process)
    return None


def process_in_table6(theirs: End, ours: End, table: bytes) -> int | None:
    """The process whose IPv6 socket goes from `theirs` to `ours`, None where there is none."""
    for at in _rows(table, _ROW6):
        address, _, port, far_address, _, far_port, state, process = _ROW6.unpack_from(table, at)
        if state == _ESTABLISHED and _pair(address, port, far_address, far_port) == (theirs, ours):
            return int(process)
    return None


def _rows(table: bytes, row: struct.Struct) -> range:
    if len(table) < _COUNT.size:
        return range(0)
    count = min(_COUNT.unpack_from(table)[0], (len(table) - _COUNT.size) // row.size)
    return range(_COUNT.size, _COUNT.size + count * row.size, row.size)


def _pair(address: bytes, port: bytes, far_address: bytes, far_port: bytes) -> tuple[End, End]:
    near, far = int.from_bytes(port), int.from_bytes(far_port)
    return End(plain(address), near), End(plain(far_address), far)
