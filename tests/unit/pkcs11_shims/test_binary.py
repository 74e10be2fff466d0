"""Processors of library files: real ones of this computer, ones put together by hand, hostile ones."""

import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.platform.modules import PROCESSOR
from pkcs11_shims.binary import HEAD, architectures
from tests.stand.softhsm import MODULE


def elf(machine: int, width: int = 2, *, kind: int = 3, order: str = "<") -> bytes:
    """The beginning of an ELF file."""
    return b"\x7fELF" + bytes([width, 1 if order == "<" else 2]) + bytes(10) + struct.pack(f"{order}HH", kind, machine)


def pe(machine: int, *, characteristics: int = 0x2022, start: int = 0xF0) -> bytes:
    """The beginning of a PE file: a DOS header that points to the PE header."""
    head = b"MZ" + bytes(0x3A) + struct.pack("<I", start)
    return head.ljust(start, b"\0") + b"PE\0\0" + struct.pack("<HHIIIHH", machine, 5, 0, 0, 0, 0xF0, characteristics)


def mach(processor: int, *, kind: int = 6, magic: int = 0xFEEDFACF, order: str = "<") -> bytes:
    """The beginning of a Mach-O file."""
    return struct.pack(f"{order}IIII", magic, processor, 0, kind)


def fat(*processors: int, magic: int = 0xCAFEBABE, count: int | None = None) -> bytes:
    """The beginning of a Mach-O file for several processors."""
    head = struct.pack(">II", magic, len(processors) if count is None else count)
    size = 20 if magic == 0xCAFEBABE else 32
    return head + b"".join(struct.pack(">I", item).ljust(size, b"\0") for item in processors)


X86_64, ARM64 = 0x01000007, 0x0100000C


@pytest.mark.parametrize(
    ("head", "names"),
    [
        (elf(62), {"x86_64"}),
        (elf(3, 1), {"x86"}),
        (elf(183), {"arm64"}),
        (elf(40, 1), {"arm"}),
        (elf(21), {"ppc64le"}),
        (elf(21, order=">"), {"ppc64"}),
        (elf(22, order=">"), {"s390x"}),
        (elf(243), {"riscv64"}),
        (pe(0x8664), {"x86_64"}),
        (pe(0x14C), {"x86"}),
        (pe(0xAA64), {"arm64"}),
        (mach(X86_64), {"x86_64"}),
        (mach(ARM64, kind=8), {"arm64"}),
        (mach(7, magic=0xFEEDFACE), {"x86"}),
        (mach(X86_64, order=">"), {"x86_64"}),
        (fat(X86_64, ARM64), {"x86_64", "arm64"}),
        (fat(X86_64, ARM64, magic=0xCAFEBABF), {"x86_64", "arm64"}),
        (fat(X86_64, 0x12345678), {"x86_64"}),
    ],
)
def test_library_tells_its_processors(head: bytes, names: set[str]) -> None:
    assert architectures(head) == names


@pytest.mark.parametrize(
    "head",
    [
        b"", b"MZ", b"\x7fELF", b"text", b"#!/bin/sh\n", b"!<arch>\n",
        elf(62, kind=2), elf(62, 1), elf(183, 1), elf(3), elf(9999), b"\x7fELF\2\3" + bytes(60),
        pe(0x8664, characteristics=0x22), pe(0x9999), pe(0x8664, start=0xF0)[:0xF2], pe(0x8664)[:0x3C],
        b"MZ" + bytes(0x3A) + b"\xff\xff\xff\xff" + bytes(200), b"MZ" + bytes(0x3A) + struct.pack("<I", HEAD * 2),
        mach(X86_64, kind=2), mach(99), mach(X86_64)[:9],
        fat(count=0), fat(X86_64, count=17), fat(X86_64, count=2**32 - 1), fat(X86_64, count=2),
        b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100),
    ],
)  # fmt: skip
def test_anything_else_runs_on_none(head: bytes) -> None:
    assert architectures(head) == frozenset()


@pytest.mark.parametrize("path", [MODULE, "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"])
def test_real_modules_of_this_computer_run_on_its_processor(path: str) -> None:
    with Path(path).open("rb") as file:
        assert architectures(file.read(HEAD)) == {PROCESSOR}


def test_program_is_no_library_unless_it_is_position_independent() -> None:
    with Path(sys.executable).open("rb") as file:
        assert architectures(file.read(HEAD)) <= {PROCESSOR}


MAGICS = [b"\x7fELF", b"MZ", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"]


@given(st.sampled_from(MAGICS), st.binary(max_size=400))
def test_any_bytes_after_a_magic_number_are_read_without_an_error(magic: bytes, rest: bytes) -> None:
    assert all(isinstance(name, str) for name in architectures(magic + rest))


@given(st.data())
def test_any_change_of_a_real_header_is_read_without_an_error(data: st.DataObject) -> None:
    head = bytearray(data.draw(st.sampled_from([elf(62), pe(0x8664), mach(X86_64), fat(X86_64, ARM64)])))
    at = data.draw(st.integers(0, len(head) - 1))
    head[at] = data.draw(st.integers(0, 255))
    architectures(bytes(head[: data.draw(st.integers(0, len(head)))]))
