"""The means of the hygiene test find what is planted, in every place and spelling."""

import base64
import hashlib
import html
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stand.hygiene import hits, in_arguments, in_files, in_memory, in_open_files, needles

PIN, OTHER = "73946182", "58203917"
SOUGHT = needles(PIN)
WIDE = "７３９４６１８２"
# As programs write a PIN; made without the scanner's own means.
SPELLINGS: dict[str, bytes] = {
    "ASCII": b"73946182",
    **{encoding: PIN.encode(encoding) for encoding in ("utf-16", "utf-16-be", "utf-32", "utf-32-be", "utf-7")},
    **{f"wide {encoding}": WIDE.encode(encoding) for encoding in ("utf-8", "utf-16", "utf-16-be", "big5")},
    "backwards": b"28164937",
    "JSON": json.dumps({"pin": PIN}).encode(),
    "JSON escapes": b'"\\u0037\\u0033\\u0039\\u0034\\u0036\\u0031\\u0038\\u0032"',
    "JSON wide": json.dumps(WIDE).encode(),
    "JSON with a colon": b'{"pin":73946182}',
    "HTML": html.escape("pin=73946182&x").encode(),
    "HTML numbers": b"&#55;&#51;&#57;&#52;&#54;&#49;&#56;&#50;",
    "query": b"pin=73946182&a=b",
    "percent": b"%37%33%39%34%36%31%38%32",
    "percent wide": quote(WIDE).encode(),
    "hex": b"3733393436313832",
    "HEX dump": b"00000000  37 33 39 34 36 31 38 32  |73946182|",
    "colons": b"37:33:39:34:36:31:38:32",
    "hex of UTF-16": PIN.encode("utf-16-le").hex(" ").upper().encode(),
    "repr of UTF-16": b"7\x003\x009\x004\x006\x001\x008\x002\x00",
    "list": str(list(PIN.encode())).encode(),
    "bytes": repr(PIN.encode()).encode(),
    "base64": base64.b64encode(PIN.encode()),
    "base64 in a longer text": base64.b64encode(b"{'p':'73946182'}"),
    "basic authorisation": base64.b64encode(b"user:73946182"),
    "base64 of UTF-16": base64.b64encode(PIN.encode("utf-16-le")),
    "base64url of wide": base64.urlsafe_b64encode(WIDE.encode()),
    "base32": base64.b32encode(PIN.encode()),
    "APDU": bytes.fromhex("0020008008") + b"73946182",
    "APDU in hex": b"00 20 00 80 08 37 33 39 34 36 31 38 32",
    "PIN block": bytes.fromhex("2873946182FFFFFF"),
    "digits": bytes([7, 3, 9, 4, 6, 1, 8, 2]),
    **{name: hashlib.new(name, PIN.encode()).digest() for name in ("md5", "sha1", "sha256")},
    "sha256 in hex": hashlib.sha256(PIN.encode()).hexdigest().encode(),
    "sha256 in base64": base64.b64encode(hashlib.sha256(PIN.encode()).digest()),
}
HOLDER = "import sys; held = bytearray(sys.stdin.buffer.read({})); print(flush=True); sys.stdin.buffer.read(1)"
Hold = Callable[..., psutil.Process]


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Starts helper processes that hold some bytes in memory, or have something in arguments or environment."""
    started: list[subprocess.Popen[bytes]] = []

    def start(content: bytes = b"", arguments: tuple[str, ...] = (), **environment: str) -> psutil.Process:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER.format(len(content)), *arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**os.environ, **environment},
        )  # fmt: skip
        started.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(content)
        process.stdin.flush()
        process.stdout.readline()
        return psutil.Process(process.pid)

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_found(spelling: str) -> None:
    for around in (b"", b"\0", b"\n", b"x", bytes(5000), b"\xff\xfe" * 600):
        assert hits(around + SPELLINGS[spelling] + around, SOUGHT)
    assert not hits(SPELLINGS[spelling], needles(OTHER))


def test_helper_that_holds_them_is_found_in_memory(hold: Hold) -> None:
    planted = b"\0--\0".join(SPELLINGS.values())
    process = hold(planted)
    assert set(in_memory(process.pid, SOUGHT)) == {f"memory of {process.pid}: {name}" for name in hits(planted, SOUGHT)}


@pytest.mark.parametrize("content", [b"", b"\0".join(SPELLINGS.values())], ids=["nothing", "another PIN"])
def test_nothing_is_found_in_the_memory_of_an_innocent_process(hold: Hold, content: bytes) -> None:
    assert in_memory(hold(content).pid, needles(OTHER)) == []


def test_memory_far_from_the_beginning_is_looked_at_too(hold: Hold) -> None:
    process = hold(bytes(40 << 20) + PIN.encode() + bytes(1 << 20))
    assert in_memory(process.pid, SOUGHT) == [f"memory of {process.pid}: {PIN} as text"]


@pytest.mark.parametrize("spelling", ["ASCII", "hex", "base64", "percent", "HTML numbers"])
def test_argument_and_environment_are_looked_at(hold: Hold, spelling: str) -> None:
    text = SPELLINGS[spelling].decode()
    first, second = hold(arguments=(f"--pin={text}",)), hold(HELD=f"x{text}y")
    found = {hit.split(":")[0] for hit in in_arguments([first, second], SOUGHT)}
    assert found == {f"cmdline of {first.pid}", f"environ of {second.pid}"}
    assert in_arguments([hold(arguments=("--pin",))], SOUGHT) == []


def test_process_that_has_ended_is_passed_over(hold: Hold) -> None:
    process = hold()
    process.kill()
    assert in_arguments([process], SOUGHT) == []


@pytest.mark.parametrize("place", ["log", "deep/er/database.sqlite3", f"named-{PIN}"])
def test_file_is_looked_at_by_name_and_content(tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"" if PIN in place else bytes(5000) + PIN.encode() + b"\n")
    assert in_files([tmp_path], SOUGHT) == [f"{file}: {PIN} as text"]
    assert in_files([tmp_path], needles(OTHER)) == []


def test_only_files_changed_since_a_moment_are_looked_at(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for file in (old, new):
        file.write_text(PIN)
    os.utime(old, (1000, 1000))
    assert in_files([tmp_path], SOUGHT, since=2000) == [f"{new}: {PIN} as text"]


def test_pipe_and_link_do_not_stop_the_look(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "file").write_text(PIN)
    assert in_files([tmp_path], SOUGHT) == [f"{tmp_path / 'file'}: {PIN} as text"]


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_base64_is_found_whatever_stands_around(before: bytes, after: bytes) -> None:
    for secret in (PIN.encode(), PIN.encode("utf-16-le"), WIDE.encode()):
        assert hits(base64.b64encode(before + secret + after), SOUGHT)
        assert hits(base64.urlsafe_b64encode(before + secret + after), SOUGHT)


def test_no_spelling_is_so_short_that_chance_makes_it() -> None:
    assert min(len(needle.content) for needle in SOUGHT) >= 8


def test_files_that_are_open_are_looked_through_even_without_a_name(tmp_path: Path) -> None:
    with (tmp_path / "named").open("w") as named, tempfile.TemporaryFile(dir=tmp_path) as nameless:
        named.write(PIN)
        nameless.write(PIN.encode())
        named.flush()
        nameless.flush()
        found = in_open_files([os.getpid()], SOUGHT)
    assert len([hit for hit in found if hit.startswith(str(tmp_path)) and hit.endswith("as text")]) == 2
    assert in_open_files([os.getpid()], needles(OTHER)) == []
