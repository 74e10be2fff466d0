"""The trace shows every command but no PIN."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsim.card.pin import pad
from cardsim.card.trace import Trace, masked
from cardsim.errors import SimulatorError

PIN = pad("135790").hex().upper()


@pytest.mark.parametrize("instruction", [0x20, 0x24, 0x2C])
@given(cla=st.integers(0, 255), p1=st.integers(0, 255), p2=st.integers(0, 255), length=st.integers(0, 255))
def test_pin_commands_are_masked_in_every_form(instruction: int, cla: int, p1: int, p2: int, length: int) -> None:
    text = masked(bytes([cla, instruction, p1, p2, length]) + pad("135790"))
    assert text == bytes([cla, instruction, p1, p2, length]).hex().upper() + "*" * 16


def test_extended_length_pin_commands_are_masked() -> None:
    assert PIN not in masked(bytes.fromhex("00200080000008") + pad("135790"))


def test_other_commands_are_shown() -> None:
    assert masked(bytes.fromhex("00a4040003a0b0c0")) == "00A4040003A0B0C0"
    assert masked(bytes.fromhex("00200080")) == "00200080"
    assert masked(b"") == ""


def test_the_file_is_private_and_appended(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    for _ in range(2):
        trace = Trace(path)
        trace.write(1.5, bytes.fromhex("0020008008") + pad("135790"), b"\x90\x00")
        trace.close()
    assert path.stat().st_mode & 0o777 == 0o600
    line = f"    1.500 ms > 0020008008{'*' * 16} < 9000\n"
    assert path.read_text() == line * 2


def test_a_closed_trace_swallows_what_still_comes(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace")
    trace.close()
    trace.write(1, b"\x00\xa4\x04\x00", b"\x90\x00")
    assert (tmp_path / "trace").read_text() == ""


def test_an_unwritable_place_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="cannot write the trace"):
        Trace(tmp_path / "missing" / "trace")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("")
    (tmp_path / "trace").symlink_to(tmp_path / "target")
    with pytest.raises(SimulatorError):
        Trace(tmp_path / "trace")
