"""The control socket: who may use it, what it answers, what it refuses."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsim.card.control import ACTIONS, MAX_LINE, ControlServer, answer, send
from cardsim.card.slot import Slot
from cardsim.errors import SimulatorError


@pytest.fixture
def slot(pki: Path) -> Slot:
    """A slot whose card is not inserted."""
    return Slot(1, pki / "cards" / "citizen.json", 0)


@pytest.fixture
def server(slot: Slot, tmp_path: Path) -> Iterator[ControlServer]:
    """A served control socket."""
    with ControlServer(tmp_path / "control.sock", slot) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _ask(slot: Slot, **request: Any) -> dict[str, Any]:
    return answer(slot, json.dumps(request).encode())


def test_only_the_owner_may_connect(server: ControlServer) -> None:
    assert server.path.stat().st_mode & 0o777 == 0o600


def test_the_socket_file_goes_with_the_server(slot: Slot, tmp_path: Path) -> None:
    with ControlServer(tmp_path / "c.sock", slot):
        assert (tmp_path / "c.sock").is_socket()
    assert not (tmp_path / "c.sock").exists()


def test_send_and_answer(server: ControlServer) -> None:
    assert send(server.path, "tries", "1")["tries"] == 1
    assert send(server.path, "unblock")["tries"] == 3
    assert send(server.path, "delay", "0.5")["delay"] == 0.5
    assert send(server.path, "hang")["hung"] is True
    assert send(server.path, "unhang")["hung"] is False
    assert send(server.path, "remove")["inserted"] is False
    assert send(server.path, "status")["ok"] is True


def test_several_requests_on_one_connection(server: ControlServer) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.path))
        with connection.makefile("rwb", buffering=0) as stream:
            for _ in range(3):
                stream.write(b'{"command": "status"}\n')
                assert json.loads(stream.readline())["ok"] is True


def test_a_long_line_ends_the_connection(server: ControlServer) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.path))
        with connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"x" * (MAX_LINE + 1))
            assert json.loads(stream.readline()) == {"ok": False, "error": "line too long"}


@pytest.mark.parametrize(
    ("command", "argument", "error"),
    [
        ("delay", "soon", "number of seconds"),
        ("delay", "-1", "number of seconds"),
        ("delay", "nan", "number of seconds"),
        ("delay", "61", "number of seconds"),
        ("tries", "16", "0 to 15"),
        ("tries", "３", "0 to 15"),
        ("tries", "", "0 to 15"),
        ("hang", "now", "no argument"),
        ("swap", "cards/ec.json", "absolute"),
        ("swap", "/nowhere/ec.json", "cannot read"),
        ("trace-on", "/nowhere/trace", "cannot write"),
    ],
)
def test_wrong_arguments(slot: Slot, command: str, argument: str, error: str) -> None:
    before = slot.status()
    reply = _ask(slot, command=command, argument=argument)
    assert reply["ok"] is False
    assert error in reply["error"]
    assert slot.status() == before


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"null", b"[]", b"{}", b'{"command": "explode"}', b'{"command": ["insert"]}',
             b'{"command": "status", "extra": 1}', b'{"command": "tries", "argument": 1}', b"\xff", b"[" * 4000]
)  # fmt: skip
def test_malformed_requests_name_the_commands(slot: Slot, line: bytes) -> None:
    reply = answer(slot, line)
    assert reply["ok"] is False
    assert all(name in reply["error"] for name in ACTIONS)


@given(st.binary(max_size=200))
def test_any_line_gets_an_answer(slot: Slot, line: bytes) -> None:
    assert answer(slot, line)["ok"] is False


def test_a_stale_socket_is_replaced_a_live_one_respected(server: ControlServer, slot: Slot, tmp_path: Path) -> None:
    stale = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(stale))
    with ControlServer(stale, slot):
        pass
    with pytest.raises(SimulatorError, match="another card already answers"):
        ControlServer(server.path, slot)


def test_a_file_in_the_way_is_not_deleted(slot: Slot, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("keep")
    with pytest.raises(SimulatorError, match="cannot make the control socket"):
        ControlServer(path, slot)
    assert path.read_text() == "keep"


def test_a_path_too_long_for_a_socket(slot: Slot, tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="longer than"):
        ControlServer(tmp_path / ("x" * 120), slot)


def test_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="no card answers"):
        send(tmp_path / "none.sock", "status")
