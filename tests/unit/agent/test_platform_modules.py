"""What the systems tell of files and processors; Windows' part is pure text here."""

import os
import pwd
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.platform import modules as platform
from agent.platform.rights import FileRights, posix_rights, processor, sddl_rights

USER = "S-1-5-21-1-2-3-1001"
OTHER = "S-1-5-21-1-2-3-1002"
INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
# As Windows writes them for a file of its own, for a program's folder, and for the root of a disk.
SYSTEM_FILE = f"O:{INSTALLER}D:PAI(A;;FA;;;{INSTALLER})(A;;0x1200a9;;;BA)(A;;0x1200a9;;;SY)(A;;0x1200a9;;;BU)"
PROGRAM_FOLDER = "O:SYG:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;OICIIOID;GA;;;CO)"
DISK = "O:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)"


@pytest.mark.parametrize(
    ("machine", "address_bytes", "name"),
    [
        ("x86_64", 8, "x86_64"),
        ("AMD64", 8, "x86_64"),
        ("x86_64", 4, "x86"),
        ("i686", 4, "x86"),
        ("aarch64", 8, "arm64"),
        ("arm64", 8, "arm64"),
        ("aarch64", 4, "arm"),
        ("armv7l", 4, "arm"),
        ("riscv64", 8, "riscv64"),
        ("ppc64le", 8, "ppc64le"),
    ],
)
def test_processor_of_this_process_is_told_by_machine_and_width(machine: str, address_bytes: int, name: str) -> None:
    assert processor(machine, address_bytes) == name


@pytest.mark.parametrize(
    ("mode", "rights"),
    [
        (0o644, FileRights(True, False, False, False)),
        (0o664, FileRights(True, True, False, False)),
        (0o646, FileRights(True, False, True, False)),
        (0o1777, FileRights(True, True, True, True)),
    ],
)
def test_rights_of_a_file_of_ours(tmp_path: Path, mode: int, rights: FileRights) -> None:
    tmp_path.chmod(mode)
    assert posix_rights(tmp_path) == platform.file_rights(tmp_path) == rights


@pytest.mark.parametrize(("owner", "user", "trusted"), [(0, 1000, True), (1000, 1000, True), (1001, 1000, False)])
def test_owner_is_root_or_this_user(monkeypatch: pytest.MonkeyPatch, owner: int, user: int, trusted: bool) -> None:
    status = os.stat_result((0o100644, 1, 1, 1, owner, 0, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda path: status)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert posix_rights(Path("/x")).trusted_owner is trusted


def test_file_that_is_not_there_has_no_rights() -> None:
    with pytest.raises(OSError, match="nowhere"):
        posix_rights(Path("/nowhere"))


def test_home_is_that_of_the_user_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/planted")
    assert platform.path_places() == {"~": pwd.getpwuid(os.geteuid()).pw_dir}


def test_user_that_the_system_does_not_know_has_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_000)
    assert platform.path_places() == {}


@pytest.mark.parametrize("descriptor", [SYSTEM_FILE, PROGRAM_FOLDER, DISK])
def test_file_of_windows_own_is_good(descriptor: str) -> None:
    assert sddl_rights(descriptor, USER) == FileRights(True, False, False, False)


@pytest.mark.parametrize(
    "descriptor",
    [f"O:{USER}D:(A;;FA;;;{USER})(A;;FR;;;WD)", f"O:{USER}D:(A;;FA;;;BA)", f"O:BAD:(A;;FA;;;BA)(A;;FW;;;{USER})"],
)
def test_file_that_this_user_owns_or_may_write_is_not_the_administrators_alone(descriptor: str) -> None:
    assert sddl_rights(descriptor, USER) == FileRights(True, False, False, False, True)


@pytest.mark.parametrize("owner", [OTHER, "BU", "AU", "WD", "", "SY2"])
def test_owner_who_is_no_administrator_and_not_this_user(owner: str) -> None:
    assert not sddl_rights(f"O:{owner}D:(A;;FA;;;BA)", USER).trusted_owner


@pytest.mark.parametrize(
    "entry",
    [
        "A;;FA;;;WD", "A;;FA;;;BU", f"A;;FA;;;{OTHER}", "A;;FW;;;AU", "A;;GA;;;BU", "A;;GW;;;BU", "A;OICI;FRFW;;;BU",
        "A;;0x1301bf;;;AU", "A;;0x1f01ff;;;BU", "A;;DCLCRPCR;;;BU", "A;;SD;;;BU", "A;;WD;;;BU", "A;;WO;;;BU",
        "A;;DT;;;BU", "XA;;FA;;;BU;(@User.x == 1)", "OA;;FA;;;BU", "A;;??;;;BU", "A;;0xno;;;BU", "A;;FA", "",
    ],
)  # fmt: skip
def test_entry_that_lets_others_write(entry: str) -> None:
    assert sddl_rights(f"O:BAD:(A;;FA;;;SY)({entry})", USER).others_write


@pytest.mark.parametrize(
    "entry", ["D;;FA;;;BU", "A;OICIIO;FA;;;BU", "A;;FR;;;WD", "A;;0x1200a9;;;BU", "A;;FRFX;;;BU", f"A;;FA;;;{USER}"]
)
def test_entry_that_does_not(entry: str) -> None:
    assert not sddl_rights(f"O:BAD:(A;;FA;;;SY)({entry})", USER).others_write


@pytest.mark.parametrize("descriptor", ["", "O:BA", "O:BAD:NO_ACCESS_CONTROL", "nonsense"])
def test_missing_access_list_lets_everybody_write(descriptor: str) -> None:
    assert sddl_rights(descriptor, USER).others_write


@given(st.text("ODGSYBAU:;()x0123456789FWI- ", max_size=80))
def test_any_descriptor_is_read_and_only_good_ones_are_good(text: str) -> None:
    rights = sddl_rights(text, USER)
    assert not rights.group_writes
    assert rights.others_write or "D:" in text
