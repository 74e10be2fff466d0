"""Looks for secrets in what processes and files hold, in every spelling in which one is usually written (Linux)."""

import base64
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

_LARGEST_FILE = 256 << 20
_WRITABLE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw", re.MULTILINE)
_ZEROS = bytes(1024)
_LOWER = bytes(range(256)).lower()
_FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


def _as_it_is(content: bytes) -> bytes:
    return content


def _without_zeros(content: bytes) -> bytes:
    """UTF-16 and UTF-32 of ASCII are ASCII with zeros."""
    return content.translate(None, b"\0")


def _bare_hex(content: bytes) -> bytes:
    """Hexadecimal of any case, also as %37%33, 37:33 or 37 33."""
    return content.translate(_LOWER, b"\0 :%-")


@dataclass(frozen=True)
class Needle:
    """One spelling of a secret, and the form of the bytes in which it is looked for."""

    name: str
    form: Callable[[bytes], bytes]
    content: bytes


def needles(*secrets: str) -> tuple[Needle, ...]:
    """All spellings of some secrets (ASCII, at least six characters)."""
    return tuple(
        Needle(f"{secret} as {name}", form, content)
        for secret in secrets
        for form, found in ((_as_it_is, _plain(secret)), (_without_zeros, _text(secret)), (_bare_hex, _hex(secret)))
        for name, content in found
    )


def _text(secret: str) -> Iterator[tuple[str, bytes]]:
    yield "text", secret.encode()
    yield "text backwards", secret[::-1].encode()
    yield "JSON escapes", "".join(f"\\u{ord(character):04x}" for character in secret).encode()
    yield "HTML", "".join(f"&#{ord(character)};" for character in secret).encode()
    yield "list of numbers", ", ".join(str(byte) for byte in secret.encode()).encode()


def _hex(secret: str) -> Iterator[tuple[str, bytes]]:
    for name, content in _bytes(secret):
        yield f"hex of {name}", content.hex().encode()


def _plain(secret: str) -> Iterator[tuple[str, bytes]]:
    wide = secret.translate(_FULL_WIDTH)
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "big5"):
        yield f"full width {encoding}", wide.encode(encoding)
    yield "full width JSON", "".join(f"\\u{ord(character):04x}" for character in wide).encode()
    for name, content in _bytes(secret):
        if len(content) != len(secret):  # the secret itself is looked for as text
            yield name, content
        yield f"base32 of {name}", base64.b32encode(content)[: len(content) * 8 // 5]
        yield from ((f"{way} of {name}", text) for way, text in _base64(content))
    if secret.isdigit():
        yield "digits as bytes", bytes(int(digit) for digit in secret)
        # Format 2 of ISO 9564-1: length, packed digits, F to the end.
        yield "PIN block", bytes.fromhex(f"2{len(secret):x}{secret}".ljust(16, "f"))


def _bytes(secret: str) -> Iterator[tuple[str, bytes]]:
    yield "ASCII", secret.encode()
    yield "UTF-16", secret.encode("utf-16-le")
    for name in ("md5", "sha1", "sha256"):  # a digest of eight digits is as good as the digits
        yield name, hashlib.new(name, secret.encode()).digest()
    yield "full width", secret.translate(_FULL_WIDTH).encode()


def _base64(content: bytes) -> Iterator[tuple[str, bytes]]:
    # Inside a longer text the first and last characters depend on the neighbours.
    for before in range(3):
        text = base64.b64encode(bytes(before) + content)[(8 * before + 5) // 6 : (len(content) + before) * 8 // 6]
        yield f"base64 after {before}", text
        if text != (other := text.replace(b"+", b"-").replace(b"/", b"_")):
            yield f"base64url after {before}", other


def hits(content: bytes, sought: Iterable[Needle]) -> list[str]:
    """The names of the spellings that are in some bytes."""
    # Stacks and heaps are mostly zeros, in which searching is slow.
    dense = _ZEROS.join(part for part in content.split(_ZEROS) if part)
    forms = {form: form(dense) for form in {needle.form for needle in sought}}
    return [needle.name for needle in sought if needle.content in forms[needle.form]]


def in_memory(pid: int, sought: Iterable[Needle], known: Iterable[bytes] = ()) -> list[str]:
    """The spellings in what a process can write to; raises PermissionError where it may not be looked at.

    `known`: texts that are passed over, because it is known who has left them there.
    """
    found: list[str] = []
    try:
        maps = Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for match in _WRITABLE.finditer(maps):
            start, end = (int(number, 16) for number in match.groups())
            try:
                content = os.pread(memory.fileno(), end - start, start)
            except OSError:  # it has just been unmapped
                continue
            for text in known:
                content = content.replace(text, b"")
            found += [f"memory of {pid}: {name}" for name in hits(content, sought)]
    return found


def in_arguments(processes: Iterable[psutil.Process], sought: Iterable[Needle]) -> list[str]:
    """The spellings in command lines and environments; what has ended or may not be read is passed over."""
    found: list[str] = []
    for process in processes:
        for place in ("cmdline", "environ"):
            try:
                content = Path(f"/proc/{process.pid}/{place}").read_bytes()
            except OSError:
                continue
            found += [f"{place} of {process.pid}: {name}" for name in hits(content, sought)]
    return found


def in_files(folders: Iterable[Path], sought: Iterable[Needle], *, since: float = 0.0) -> list[str]:
    """The spellings in files (names and contents) below some folders that were changed after a moment."""
    found: list[str] = []
    for path in (path for folder in folders for path in _files(folder, since)):
        try:
            content = path.read_bytes()
        except OSError:  # gone, or another user's
            continue
        found += [f"{path}: {name}" for name in hits(str(path).encode() + b"\n" + content, sought)]
    return found


def in_open_files(pids: Iterable[int], sought: Iterable[Needle]) -> list[str]:
    """The spellings in files that processes have open for writing, wherever they lie and even if they have no name."""
    found: list[str] = []
    for link in (link for pid in pids for link in _descriptors(pid)):
        try:
            written = int((link.parents[1] / "fdinfo" / link.name).read_text().split()[3], 8) & os.O_ACCMODE
            if not written or not stat.S_ISREG(link.stat().st_mode):
                continue
            content = link.read_bytes()
        except OSError:  # closed since
            continue
        found += [f"{link.readlink()} open in {link.parts[2]}: {name}" for name in hits(content, sought)]
    return found


def _descriptors(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it has ended
        return []


def _files(folder: Path, since: float) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            try:
                state = path.lstat()
            except OSError:
                continue
            # Links are not followed, pipes and sockets not opened.
            if stat.S_ISREG(state.st_mode) and state.st_mtime >= since and state.st_size < _LARGEST_FILE:
                yield path
