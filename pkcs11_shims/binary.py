"""Which processors a library file was made for, read from its first bytes; the file is hostile input."""

import struct
from collections.abc import Callable

# Enough for every header that is looked at; a PE header lies behind a small DOS program.
HEAD = 4096
_MAX_SLICES = 16

_ELF_SHARED = 3
_ELF = {  # e_machine: its name by the width of addresses
    3: {1: "x86"},
    62: {2: "x86_64"},
    40: {1: "arm"},
    183: {2: "arm64"},
    21: {2: "ppc64"},
    22: {2: "s390x"},
    243: {2: "riscv64"},
    258: {2: "loongarch64"},
}
_PE_LIBRARY = 0x2000
_PE = {0x014C: "x86", 0x8664: "x86_64", 0xAA64: "arm64", 0x01C4: "arm"}
_MACH_LIBRARY, _MACH_BUNDLE = 6, 8
_MACH = {7: "x86", 0x01000007: "x86_64", 12: "arm", 0x0100000C: "arm64"}


def architectures(head: bytes) -> frozenset[str]:
    """The processors that a shared library runs on (x86, x86_64, arm, arm64 ...), empty for anything else.

    `head` is the beginning of the file (ELF, PE, or Mach-O with one or several processors).
    """
    for magic, read in _FORMATS.items():
        if head.startswith(magic):
            try:
                return frozenset(read(head[:HEAD]))
            except struct.error:  # cut off
                return frozenset()
    return frozenset()


def _elf(head: bytes) -> list[str]:
    width, order = head[4:5], {1: "<", 2: ">"}.get(head[5] if len(head) > 5 else 0)
    if order is None:
        return []
    kind, machine = struct.unpack_from(f"{order}HH", head, 16)
    name = _ELF.get(machine, {}).get(int.from_bytes(width))
    if kind != _ELF_SHARED or name is None:
        return []
    return ["ppc64le" if name == "ppc64" and order == "<" else name]


def _pe(head: bytes) -> list[str]:
    (start,) = struct.unpack_from("<I", head, 0x3C)
    if head[start : start + 4] != b"PE\0\0":
        return []
    machine, *_, kind = struct.unpack_from("<HHIIIHH", head, start + 4)
    return [_PE[machine]] if machine in _PE and kind & _PE_LIBRARY else []


def _mach(head: bytes) -> list[str]:
    order = "<" if head[0] in (0xCE, 0xCF) else ">"
    processor, _, kind = struct.unpack_from(f"{order}III", head, 4)
    return [_MACH[processor]] if processor in _MACH and kind in (_MACH_LIBRARY, _MACH_BUNDLE) else []


def _mach_fat(head: bytes) -> list[str]:
    (count,) = struct.unpack_from(">I", head, 4)
    if count > _MAX_SLICES:  # a Java class has its version here
        return []
    size = 32 if head[3] == 0xBF else 20
    processors = [struct.unpack_from(">I", head, 8 + size * index)[0] for index in range(count)]
    return [_MACH[processor] for processor in processors if processor in _MACH]


_FORMATS: dict[bytes, Callable[[bytes], list[str]]] = {
    b"\x7fELF": _elf,
    b"MZ": _pe,
    b"\xce\xfa\xed\xfe": _mach,
    b"\xcf\xfa\xed\xfe": _mach,
    b"\xfe\xed\xfa\xce": _mach,
    b"\xfe\xed\xfa\xcf": _mach,
    b"\xca\xfe\xba\xbe": _mach_fat,
    b"\xca\xfe\xba\xbf": _mach_fat,
}
