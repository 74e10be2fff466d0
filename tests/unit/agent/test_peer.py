"""Whose program is at the other end of a connection: asked of this kernel, and read from recorded tables."""

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.platform import peer_is_ours, peer_linux, peer_macos, peer_tables
from agent.platform.peer import End, end_of

HERE, THERE = End(bytes([127, 0, 0, 1]), 61171), End(bytes([127, 0, 0, 1]), 40000)
HERE6, THERE6 = End(bytes(15) + b"\1", 61171), End(bytes(15) + b"\1", 40000)
# Listens, and connects to the port that it is told; says its own port, and ends with its input.
OTHER = """
import socket, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
print(sock.getsockname()[1], flush=True)
sys.stdin.read()
"""


class Link:
    """A connection, seen from the side that accepted it."""

    def __init__(self, stack: ExitStack, listening: str, calling: str) -> None:
        family = socket.AF_INET6 if ":" in listening else socket.AF_INET
        server = stack.enter_context(socket.create_server((listening, 0), family=family))
        self.client = stack.enter_context(socket.socket(socket.AF_INET6 if ":" in calling else socket.AF_INET))
        self.client.connect((calling, server.getsockname()[1]))
        self.accepted = stack.enter_context(server.accept()[0])
        self.peer, self.local = self.accepted.getpeername(), self.accepted.getsockname()

    def users(self) -> tuple[int | None, int | None]:
        """What the kernel says by question and by table."""
        theirs, ours = end_of(self.peer), end_of(self.local)
        return peer_linux.ask_kernel(theirs, ours), peer_linux.search(theirs, ours, peer_linux.lines())


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes sockets and ends processes."""
    with ExitStack() as stack:
        yield stack


WAYS = [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1")]


@pytest.mark.parametrize(("listening", "calling"), WAYS)
def test_own_process_is_ours(stack: ExitStack, listening: str, calling: str) -> None:
    link = Link(stack, listening, calling)
    assert link.users() == (os.geteuid(), os.geteuid())
    assert peer_is_ours(link.peer, link.local)


@pytest.mark.parametrize(("listening", "calling"), WAYS)
def test_closed_socket_is_nobodys_though_the_kernel_shows_root(stack: ExitStack, listening: str, calling: str) -> None:
    link = Link(stack, listening, calling)
    link.client.close()
    assert link.users() == (None, None)
    assert not peer_is_ours(link.peer, link.local)


def test_connection_that_does_not_exist_is_nobodys(stack: ExitStack) -> None:
    link = Link(stack, "127.0.0.1", "127.0.0.1")
    assert not peer_is_ours(("127.0.0.1", 1), link.local)
    # A listening socket answers to every question about its port.
    assert not peer_is_ours(link.local, ("127.0.0.1", 1))
    assert not peer_is_ours(link.local, link.local)


@pytest.mark.parametrize("name", [None, "", b"", (), ("127.0.0.1",), ("nowhere", 1), ("", 1)])
def test_what_is_no_address_is_nobodys(name: object) -> None:
    assert not peer_is_ours(name, ("127.0.0.1", 1))
    assert not peer_is_ours(("127.0.0.1", 1), name)


def other_user(address: str, port: int) -> "subprocess.Popen[str]":
    """A process of another user that connects; needs root, as in CI."""
    if os.geteuid() != 0:
        pytest.fail("this test starts a process of another user: run it as root, as CI does")
    return subprocess.Popen(
        ["/usr/bin/python3", "-c", OTHER, address, str(port)], user="nobody", group="nogroup", extra_groups=[],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
    )  # fmt: skip


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_process_of_another_user_is_not_ours(stack: ExitStack, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = stack.enter_context(socket.create_server((address, 0), family=family))
    process = stack.enter_context(other_user(address, server.getsockname()[1]))
    accepted = stack.enter_context(server.accept()[0])
    theirs, ours = end_of(accepted.getpeername()), end_of(accepted.getsockname())
    assert peer_linux.ask_kernel(theirs, ours) == 65534
    assert peer_linux.search(theirs, ours, peer_linux.lines()) == 65534
    assert not peer_is_ours(accepted.getpeername(), accepted.getsockname())
    process.communicate("")


def test_where_the_kernel_answers_no_questions_the_table_is_read(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "AF_NETLINK", 12345)
    for listening, calling in WAYS:
        link = Link(stack, listening, calling)
        assert peer_is_ours(link.peer, link.local)
        link.client.close()
        assert not peer_is_ours(link.peer, link.local)


class TestLinuxTable:
    """Lines as /proc/net/tcp has them, on a little-endian computer as all supported ones are."""

    LINE = (
        "   7: 0100007F:9C40 0100007F:EEF3 {state} 00000000:00000000 00:00000000 00000000  {user}        0 {inode} 1 "
        "00000000deadbeef 20 4 30 10 -1\n"
    )
    LINE6 = LINE.replace("0100007F", "0" * 24 + "01000000")
    MAPPED = LINE.replace("0100007F", "0" * 16 + "FFFF0000" + "0100007F")

    def search(self, line: str, theirs: End = THERE, ours: End = HERE, **values: object) -> int | None:
        """What is found in a table of two lines."""
        filled = line.format(**{"state": "01", "user": 1000, "inode": 4711, **values})
        return peer_linux.search(theirs, ours, ["garbage\n", filled])

    def test_established_socket(self) -> None:
        assert sys.byteorder == "little"
        assert self.search(self.LINE) == 1000
        assert self.search(self.MAPPED) == 1000
        assert self.search(self.LINE6, THERE6, HERE6) == 1000

    @pytest.mark.parametrize("state", ["02", "03", "04", "05", "06", "07", "08", "09", "0A", "0B"])
    def test_other_states_are_nobodys(self, state: str) -> None:
        assert self.search(self.LINE, state=state, user=0) is None

    def test_socket_without_a_process_is_nobodys(self) -> None:
        assert self.search(self.LINE, user=0, inode=0) is None

    def test_other_end_of_the_same_connection_is_not_the_peer(self) -> None:
        assert self.search(self.LINE, HERE, THERE) is None

    def test_other_port_or_address_is_not_the_peer(self) -> None:
        assert self.search(self.LINE, THERE._replace(port=40001)) is None
        assert self.search(self.LINE, ours=End(bytes([127, 0, 0, 2]), 61171)) is None


class TestLinuxAnswer:
    """Answers of the kernel."""

    def message(self, *, state: int = 1, user: int = 1000, inode: int = 7, theirs: End = THERE) -> bytes:
        """An answer (linux/inet_diag.h, struct inet_diag_msg)."""
        ends = struct.pack("!HH16s16s", theirs.port, HERE.port, theirs.address, HERE.address) + bytes(12)
        body = bytes([socket.AF_INET, state, 0, 0]) + ends + struct.pack("=IIIII", 0, 0, 0, user, inode)
        return struct.pack("=IHHII", 16 + len(body), 20, 0, 1, 0) + body

    def test_connected_socket(self) -> None:
        assert peer_linux.answered(self.message(), THERE, HERE) == 1000

    def test_listener_closed_and_orphaned_sockets_are_nobodys(self) -> None:
        for message in (self.message(state=10), self.message(state=6, user=0), self.message(user=0, inode=0)):
            assert peer_linux.answered(message, THERE, HERE) is None

    def test_answer_about_another_socket_is_none(self) -> None:
        other = THERE._replace(port=1)
        assert peer_linux.answered(self.message(theirs=other), THERE, HERE) is None

    @pytest.mark.parametrize("message", [b"", bytes(16), struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -2)])
    def test_refusal_and_rubbish_are_not_an_answer(self, message: bytes) -> None:
        with pytest.raises(peer_linux.NotOfferedError):
            peer_linux.answered(message, THERE, HERE)

    def test_every_cut_of_an_answer_is_no_answer(self) -> None:
        whole = self.message()
        for length in range(len(whole)):
            with pytest.raises(peer_linux.NotOfferedError):
                peer_linux.answered(whole[:length], THERE, HERE)


class TestMacTable:
    """Records as xnu writes them; offsets from bsd/netinet/in_pcb.h and bsd/sys/socketvar.h."""

    def addresses(self, theirs: End, ours: End) -> bytes:
        """An xinpcb_n of the socket at the other end."""
        version = 1 if len(theirs.address) == 4 else 2
        near, far = (end.address.rjust(16, b"\0") for end in (theirs, ours))
        head = struct.pack("=IIQ", 104, 0x10, 1) + struct.pack("!HH", ours.port, theirs.port) + bytes(24)
        return (head + bytes([version]) + bytes(3) + far + near).ljust(104, b"\0")

    def owner(self, user: int) -> bytes:
        """An xsocket_n and what follows it."""
        socket_ = struct.pack("=II", 72, 0x1) + bytes(56) + struct.pack("=II", user, 4711)
        return socket_ + struct.pack("=II", 36, 2) + bytes(32)

    def table(self, *sockets: bytes) -> bytes:
        """The whole list."""
        return bytes(24) + b"".join(sockets) + struct.pack("=II", 24, 0) + bytes(16)

    @pytest.mark.parametrize(("theirs", "ours"), [(THERE, HERE), (THERE6, HERE6)])
    def test_user_of_the_peer(self, theirs: End, ours: End) -> None:
        other = self.addresses(theirs._replace(port=9), ours) + self.owner(0)
        mine = self.addresses(ours, theirs) + self.owner(501)
        table = self.table(other, mine, self.addresses(theirs, ours) + self.owner(502))
        assert peer_macos.search(theirs, ours, table) == 502

    def test_peer_that_is_not_there_is_nobodys(self) -> None:
        table = self.table(self.addresses(HERE, THERE) + self.owner(501))
        assert peer_macos.search(THERE, HERE, table) is None

    def test_any_cut_ends_without_an_answer_or_with_the_right_one(self) -> None:
        table = self.table(self.addresses(THERE, HERE) + self.owner(501))
        assert {peer_macos.search(THERE, HERE, table[:length]) for length in range(len(table))} == {None, 501}

    def test_record_without_length_does_not_turn_for_ever(self) -> None:
        assert peer_macos.search(THERE, HERE, bytes(4096)) is None

    def test_list_that_is_not_given_out_means_a_stranger(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> bytes:
            raise OSError

        monkeypatch.setattr(peer_macos, "_sockets", refuse)
        assert not peer_macos.peer_is_ours(("127.0.0.1", 40000), ("127.0.0.1", 61171))


class TestWindowsTable:
    """Rows as tcpmib.h has them."""

    def row4(self, theirs: End, ours: End, process: int, state: int = 5) -> bytes:
        """A MIB_TCPROW_OWNER_PID."""
        ports = [struct.pack("!HH", end.port, 0) for end in (theirs, ours)]
        return struct.pack("=I4s4s4s4sI", state, theirs.address, ports[0], ours.address, ports[1], process)

    def row6(self, theirs: End, ours: End, process: int, state: int = 5) -> bytes:
        """A MIB_TCP6ROW_OWNER_PID."""
        near, far = (end.address + struct.pack("=I", 0) + struct.pack("!HH", end.port, 0) for end in (theirs, ours))
        return near + far + struct.pack("=II", state, process)

    def table(self, *rows: bytes) -> bytes:
        """A table with room behind it."""
        return struct.pack("=I", len(rows)) + b"".join(rows) + bytes(100)

    def test_process_of_the_peer(self) -> None:
        rows = [self.row4(HERE, THERE, 1), self.row4(THERE, HERE, 4711), self.row4(THERE._replace(port=2), HERE, 3)]
        assert peer_tables.process_in_table4(THERE, HERE, self.table(*rows)) == 4711
        rows = [self.row6(HERE6, THERE6, 1), self.row6(THERE6, HERE6, 4712)]
        assert peer_tables.process_in_table6(THERE6, HERE6, self.table(*rows)) == 4712

    def test_ipv4_program_with_a_dual_stack_socket(self) -> None:
        theirs, ours = (End(bytes(10) + b"\xff\xff" + end.address, end.port) for end in (THERE, HERE))
        assert peer_tables.process_in_table6(THERE, HERE, self.table(self.row6(theirs, ours, 4713))) == 4713

    @pytest.mark.parametrize("state", [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12])
    def test_other_states_are_nobodys(self, state: int) -> None:
        assert peer_tables.process_in_table4(THERE, HERE, self.table(self.row4(THERE, HERE, 1, state))) is None
        assert peer_tables.process_in_table6(THERE6, HERE6, self.table(self.row6(THERE6, HERE6, 1, state))) is None

    def test_count_that_lies_reads_nothing_beyond_the_table(self) -> None:
        lie = struct.pack("=I", 2**32 - 1) + self.row4(THERE, HERE, 1)[:-1]
        assert peer_tables.process_in_table4(THERE, HERE, lie) is None
        for table in (b"", b"\1", bytes(4)):
            assert peer_tables.process_in_table4(THERE, HERE, table) is None
            assert peer_tables.process_in_table6(THERE6, HERE6, table) is None


def test_no_other_module_asks_which_system_this_is() -> None:
    """The adapters are chosen in one place."""
    folder = Path(peer_linux.__file__).parent
    texts = {path.name: path.read_text("utf-8") for path in folder.glob("peer*.py")}
    assert not [name for name, text in texts.items() if "sys.platform" in text]
