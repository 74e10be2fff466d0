"""Installing and removing over several real stores, by the journal, killed at every step."""

import itertools
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from certs.debian import DebianStore
from certs.journal import Journal
from certs.macos import MacStore
from certs.nss import NAME, NssStore, nickname
from certs.policies import PoliciesStore
from certs.store import Kind, Root, State, Store
from certs.trust import Row, Trust, system_stores, take_back, user_stores
from certs.windows import WindowsStore
from tests.unit.certs.conftest import new_root
from tests.unit.certs.listing import certutil, listing

POLICIES = b'{"policies": {"DisableTelemetry": true}}'
Files = dict[str, object]


class Computer:
    """A home with Chromium (never started) and Firefox (with a company's root), and a policies.json."""

    def __init__(self, top: Path, company: Root) -> None:
        self.top = top
        self.profile = top / "home" / ".mozilla" / "firefox" / "a.default"
        self.profile.mkdir(parents=True)
        certutil(self.profile, "-N", "--empty-password")
        certutil(self.profile, "-A", "-t", "C,,", "-n", "Company", "-i", str(company.path))
        (self.profile.parent / "profiles.ini").write_text("[Profile0]\nPath=a.default\n")
        self.policies = top / "etc" / "policies.json"
        self.policies.parent.mkdir()
        self.policies.write_bytes(POLICIES)
        (top / "home" / ".config" / "chromium").mkdir(parents=True)
        self.stores: list[Store] = [
            *user_stores(top / "home", {"PATH": ""}, "linux"),
            PoliciesStore(self.policies),
        ]

    @property
    def path(self) -> Path:
        """The journal's file."""
        return self.top / "state" / "trust.journal"

    def trust(self, root: Root) -> Trust:
        """As a new start of the command sees it."""
        return Trust(root, self.stores, Journal(self.path))

    def install(self, root: Root) -> list[Row]:
        """Installs, and looks whether it is so."""
        rows = self.trust(root).install()
        assert [row.error for row in rows] == [""] * len(self.stores)
        assert {row.plan.state for row in self.trust(root).look() if row.plan} == {State.TRUSTED}
        return rows

    def files(self) -> Files:
        """How things are: bytes of files, but of databases only what they list, for their pages differ."""
        found: Files = {}
        for path in self.top.rglob("*"):
            if path.name == "cert9.db":
                found[str(path)] = listing(path.parent)
            elif path.is_file() and path.name not in ("key4.db", "pkcs11.txt"):
                found[str(path)] = path.read_bytes()
            elif path.is_dir() and path.name != "state":
                found[str(path)] = "folder"
        return found


@pytest.fixture
def computer(tmp_path: Path, other_root: Root) -> Computer:
    """A computer."""
    return Computer(tmp_path, other_root)


def test_install_then_remove_leaves_everything_as_it_was(computer: Computer, root: Root) -> None:
    before = computer.files()
    rows = computer.install(root)
    assert [row.kind for row in rows] == [Kind.CHROMIUM, Kind.FIREFOX, Kind.POLICIES]
    assert [row.plan.state for row in rows if row.plan] == [State.ABSENT] * 3
    assert len(computer.trust(root).remove()) == 3
    assert computer.files() == before
    assert not computer.path.exists()


def test_looking_changes_nothing(computer: Computer, root: Root) -> None:
    before = computer.files()
    assert all(row.plan and row.plan.steps for row in computer.trust(root).look())
    assert computer.files() == before


def test_install_twice_then_remove_once(computer: Computer, root: Root) -> None:
    before = computer.files()
    computer.install(root)
    assert all(row.plan and not row.plan.steps for row in computer.install(root))
    computer.trust(root).remove()
    assert computer.files() == before
    assert computer.trust(root).remove() == []


def test_new_root_takes_the_place_of_our_old_one(
    computer: Computer, root: Root, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The identity was made anew: the old root goes, the company's stays, and removing leaves nothing of either."""
    before = computer.files()
    old = new_root(tmp_path_factory.mktemp("old"))
    computer.install(old)
    computer.install(root)
    assert [row.plan.state for row in computer.trust(old).look() if row.plan] == [State.ABSENT] * 3
    computer.trust(root).remove()
    assert computer.files() == before


def test_root_of_another_installation_stays(computer: Computer, root: Root, other_root: Root) -> None:
    """It has our name, but our journal does not know it."""
    certutil(computer.profile, "-A", "-t", "C,,", "-n", nickname(NAME, other_root), "-i", str(other_root.path))
    before = computer.files()
    computer.install(root)
    computer.trust(root).remove()
    assert computer.files() == before


def test_removing_without_a_journal_finds_the_root_all_the_same(computer: Computer, root: Root) -> None:
    computer.install(root)
    computer.path.unlink()
    computer.trust(root).remove()
    assert {row.plan.state for row in computer.trust(root).look() if row.plan} == {State.ABSENT}


def test_removing_without_the_identity_goes_by_the_journal(computer: Computer, root: Root) -> None:
    before = computer.files()
    computer.install(root)
    assert len(take_back(Journal(computer.path))) == 3
    assert computer.files() == before


def test_profile_that_is_gone_is_no_error(computer: Computer, root: Root) -> None:
    computer.install(root)
    for file in computer.profile.iterdir():
        file.unlink()
    computer.profile.rmdir()
    assert [row.error for row in computer.trust(root).remove()] == [""] * 3
    assert not computer.path.exists()


def test_store_that_fails_does_not_stop_the_others_and_is_tried_again(computer: Computer, root: Root) -> None:
    computer.policies.write_bytes(b"{")
    rows = computer.trust(root).install()
    assert [bool(row.error) for row in rows] == [False, False, True]
    assert computer.policies.read_bytes() == b"{"
    computer.policies.write_bytes(POLICIES)
    computer.install(root)
    computer.policies.write_bytes(b"{")
    rows = computer.trust(root).remove()
    assert [bool(row.error) for row in rows] == [False, False, True]
    assert [entry.kind for entry in Journal(computer.path).entries()] == [Kind.POLICIES]


def test_policies_import_into_a_profile_is_swept_out_too(computer: Computer, root: Root) -> None:
    """Firefox keeps what a policy made it import, under the common name and with a trust that certutil does not see."""
    computer.install(root)
    profile = NssStore(Kind.FIREFOX, computer.profile)
    profile.remove(root, None)
    certutil(computer.profile, "-A", "-t", ",,", "-n", f"{NAME} 0123", "-i", str(root.path))
    computer.trust(root).remove()
    assert profile.verify(root) is State.ABSENT


def test_stores_of_each_system() -> None:
    home = Path("/home/nobody-at-all")
    assert user_stores(home, {}, "win32") == [WindowsStore()]
    assert user_stores(home, {}, "darwin") == [MacStore(home / "Library/Keychains/login.keychain-db")]
    assert user_stores(home, {"PATH": ""}, "linux") == []
    policies, debian = system_stores()
    assert (policies.kind, debian) == (Kind.POLICIES, DebianStore())


@pytest.mark.parametrize("kind", [Kind.CHROMIUM, Kind.FIREFOX, Kind.POLICIES])
class TestKilledAtEveryStep:
    """The process is killed at its first, second, third … step, until it has no more; then life goes on."""

    @pytest.fixture
    def computer(self, tmp_path: Path, other_root: Root, kind: Kind) -> Computer:
        """A computer with one of the stores."""
        computer = Computer(tmp_path, other_root)
        computer.stores = [store for store in computer.stores if store.kind is kind]
        return computer

    def test_installing_again_then_removing(self, computer: Computer, root: Root) -> None:
        before = computer.files()
        for _ in killed(lambda: computer.trust(root).install()):
            computer.install(root)
            computer.trust(root).remove()
            assert computer.files() == before
            assert not computer.path.exists()

    def test_removing_what_was_half_installed(self, computer: Computer, root: Root) -> None:
        before = computer.files()
        for _ in killed(lambda: computer.trust(root).install()):
            assert [row.error for row in computer.trust(root).remove() if row.error] == []
            assert computer.files() == before
            assert not computer.path.exists()

    def test_removing_again(self, computer: Computer, root: Root) -> None:
        before = computer.files()
        computer.install(root)
        for _ in killed(lambda: computer.trust(root).remove()):
            assert [row.error for row in computer.trust(root).remove() if row.error] == []
            assert computer.files() == before
            assert not computer.path.exists()
            computer.install(root)


def killed(action: Callable[[], object]) -> Iterator[int]:
    """Kills a process that does something, at its first step, then another one at its second, and so on.

    A step is whatever reaches the disk: made, moved or removed files, and changes by certutil (before and after it).
    """
    for number in itertools.count(1):
        pid = os.fork()
        if pid == 0:
            count_steps(number)
            action()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            assert (os.WEXITSTATUS(status), number > 3) == (0, True)
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        yield number


def count_steps(last: int) -> None:
    """From now on the process ends at its step of that number."""
    steps = itertools.count(1)

    def step() -> None:
        if next(steps) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(function: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            changing = function is not run or {"-A", "-M", "-D", "-N"} & set(arguments[0])
            if changing:
                step()
            result = function(*arguments, **options)
            if changing and after:
                step()
            return result

        return call

    run = subprocess.run
    subprocess.run = counted(run, after=True)
    for name in ("fsync", "replace", "unlink", "rmdir", "mkdir"):
        setattr(os, name, counted(getattr(os, name)))
