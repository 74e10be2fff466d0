"""Windows and macOS: the commands to the letter, and what the stores do, with a stand-in for the tool."""

import os
from pathlib import Path

import pytest

from certs import macos, windows
from certs.macos import MacStore
from certs.store import Note, Root, State, StoreError
from certs.windows import WindowsStore

TOOL = '''#!/usr/bin/env python3
"""Keeps a set of fingerprints; every call is noted. Behaves as the tool of the system does, as far as it is used."""
import hashlib, pathlib, ssl, sys
folder = pathlib.Path(__file__).parent
arguments = sys.argv[1:]
with (folder / "calls").open("a") as file:
    print(*arguments, file=file)
known, trusted = folder / "known", folder / "trusted"
def has(place, print_): return place.exists() and print_ in place.read_text().split()
def add(place, print_): place.write_text(print_)
def of(path): return hashlib.sha1(ssl.PEM_cert_to_DER_cert(pathlib.Path(path).read_text())).hexdigest().upper()
match arguments:
    case ["-user", "-f", "-addstore", "Root", path]: add(known, of(path))
    case ["-user", "-store", "Root", print_]: sys.exit(not has(known, print_))
    case ["-user", "-delstore", "Root", print_] if has(known, print_): known.unlink()
    case ["add-trusted-cert", "-r", "trustRoot", "-p", "ssl", "-k", _, path]: 
        add(known, of(path)), add(trusted, of(path))
    case ["find-certificate", "-a", "-c", "CardLogin localhost root", "-Z", _] if known.exists():
        print("SHA-1 hash:", known.read_text())
    case ["verify-cert", "-c", path, "-p", "ssl", "-l", "-L", "-q"]: sys.exit(not has(trusted, of(path)))
    case ["remove-trusted-cert", path] if has(trusted, of(path)): trusted.unlink()
    case ["delete-certificate", "-Z", print_, _] if has(known, print_): known.unlink()
    case _: sys.exit(44)
'''


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in, used for both systems; its folder holds what it knows."""
    path = tmp_path / "tool"
    path.write_text(TOOL)
    path.chmod(0o755)
    monkeypatch.setattr(windows, "tool", lambda: str(path))
    monkeypatch.setattr(macos, "TOOL", str(path))
    return path


STORES: list[WindowsStore | MacStore] = [
    WindowsStore(),
    MacStore(Path("/Users/wang/Library/Keychains/login.keychain-db")),
]


def test_windows_commands_name_the_systems_own_tool_and_the_thumbprint(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEMROOT", "D:\\Windows")
    certutil = "D:\\Windows\\System32\\certutil.exe"
    assert windows.add_command(root) == (certutil, "-user", "-f", "-addstore", "Root", str(root.path))
    assert windows.find_command(root) == (certutil, "-user", "-store", "Root", root.sha1)
    assert windows.remove_command(root) == (certutil, "-user", "-delstore", "Root", root.sha1)
    monkeypatch.delenv("SYSTEMROOT")
    assert windows.tool() == "C:\\Windows\\System32\\certutil.exe"


def test_macos_commands_are_for_the_login_keychain_and_tls_alone(root: Root) -> None:
    place = macos.keychain(Path("/Users/wang"))
    assert str(place) == "/Users/wang/Library/Keychains/login.keychain-db"
    added = ("/usr/bin/security", "add-trusted-cert", "-r", "trustRoot", "-p", "ssl", "-k", str(place), str(root.path))
    assert macos.add_command(root, place) == added
    trust, certificate = macos.remove_commands(root, place)
    assert trust == ("/usr/bin/security", "remove-trusted-cert", str(root.path))
    assert certificate == ("/usr/bin/security", "delete-certificate", "-Z", root.sha1, str(place))


def test_thumbprint_is_the_one_that_the_systems_show(root: Root) -> None:
    assert len(root.sha1) == 40
    assert root.sha1 == root.sha1.upper()


@pytest.mark.parametrize("store", STORES, ids=["windows", "macos"])
@pytest.mark.usefixtures("tool")
def test_install_and_remove_leave_nothing(store: WindowsStore | MacStore, root: Root, tmp_path: Path) -> None:
    plan = store.plan(root)
    assert (plan.state, plan.note, len(plan.steps)) == (State.ABSENT, Note.ASKS, 1)
    for _ in range(2):
        store.apply(root)
        assert store.verify(root) is State.TRUSTED
    assert (store.plan(root).steps, store.plan(root).note) == ((), None)
    for _ in range(2):
        store.remove(root, plan.before)
        assert store.verify(root) is State.ABSENT
    assert {file.name for file in tmp_path.iterdir()} == {"tool", "calls"}


@pytest.mark.parametrize("store", STORES, ids=["windows", "macos"])
@pytest.mark.usefixtures("tool")
def test_root_of_another_installation_is_not_ours(store: WindowsStore | MacStore, root: Root, other_root: Root) -> None:
    store.apply(other_root)
    assert store.verify(root) is State.ABSENT
    store.remove(root, None)
    assert store.verify(other_root) is State.TRUSTED


@pytest.mark.usefixtures("tool")
def test_macos_certificate_without_trust_is_present_and_can_be_removed(root: Root, tmp_path: Path) -> None:
    store = STORES[1]
    store.apply(root)
    (tmp_path / "trusted").unlink()
    assert store.verify(root) is State.PRESENT
    store.remove(root, None)
    assert store.verify(root) is State.ABSENT


@pytest.mark.parametrize("store", STORES, ids=["windows", "macos"])
def test_person_who_says_no_is_an_error(store: WindowsStore | MacStore, root: Root, tool: Path) -> None:
    tool.write_text("#!/bin/sh\necho The operation was canceled by the user. >&2\nexit 1\n")
    with pytest.raises(StoreError, match="canceled by the user"):
        store.apply(root)


@pytest.mark.parametrize("store", STORES, ids=["windows", "macos"])
def test_missing_tool_is_an_error(store: WindowsStore | MacStore, root: Root, tool: Path) -> None:
    os.unlink(tool)  # noqa: PTH108
    with pytest.raises(StoreError):
        store.apply(root)
