"""Certificate databases of NSS, changed and read with the real certutil."""

import os
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest

from certs import nss
from certs.nss import NAME, NssStore, in_use, nickname, trust
from certs.store import Kind, Note, Root, State, StoreError, read_root
from tests.stand.waiting import LIMIT
from tests.unit.certs.listing import certutil, listing


@pytest.fixture
def store(tmp_path: Path) -> NssStore:
    """A database that does not exist yet, in folders that do not either."""
    return NssStore(Kind.CHROMIUM, tmp_path / "share" / "pki" / "nssdb", create=True)


def made(store: NssStore) -> NssStore:
    """A store whose database is there already."""
    store.place.mkdir(parents=True)
    certutil(store.place, "-N", "--empty-password")
    return store


def test_root_is_trusted_for_servers_only(store: NssStore, root: Root) -> None:
    store.apply(root)
    assert listing(store.place) == [(nickname(NAME, root), "C,,")]
    assert store.verify(root) is State.TRUSTED


def test_apply_twice_is_harmless(store: NssStore, root: Root) -> None:
    for _ in range(2):
        store.apply(root)
    assert listing(store.place) == [(nickname(NAME, root), "C,,")]


def test_plan_says_what_happens_and_changes_nothing(store: NssStore, root: Root, tmp_path: Path) -> None:
    plan = store.plan(root)
    assert (plan.state, plan.note) == (State.ABSENT, None)
    assert [step.split()[3] for step in plan.steps] == ["-N", "-A"]
    assert list(tmp_path.iterdir()) == []
    store.apply(root)
    assert store.plan(root).steps == ()


def test_steps_of_the_plan_do_what_apply_does(store: NssStore, root: Root) -> None:
    store.place.mkdir(parents=True)
    for step in store.plan(root).steps:
        subprocess.run(["sh", "-c", step], check=True, timeout=LIMIT)
    assert store.verify(root) is State.TRUSTED


def test_database_that_may_not_be_made_is_an_error(store: NssStore, root: Root, tmp_path: Path) -> None:
    """A Firefox profile that was deleted since it was found."""
    with pytest.raises(StoreError, match="no database"):
        NssStore(Kind.FIREFOX, store.place).apply(root)
    assert list(tmp_path.iterdir()) == []


def test_new_database_is_its_users_alone(store: NssStore, root: Root) -> None:
    store.apply(root)
    assert stat.S_IMODE(store.place.stat().st_mode) & 0o077 == 0


def test_other_certificates_of_the_user_stay(store: NssStore, root: Root, other_root: Root) -> None:
    trust(store.place, other_root.path, "Company root")
    before = listing(store.place)
    plan = store.plan(root)
    store.apply(root)
    assert len(listing(store.place)) == 2
    store.remove(root, plan.before)
    assert listing(store.place) == before


def test_removing_takes_a_database_away_that_was_made_for_the_root(store: NssStore, root: Root, tmp_path: Path) -> None:
    plan = store.plan(root)
    store.apply(root)
    store.remove(root, plan.before)
    assert list(tmp_path.iterdir()) == []


def test_removing_leaves_a_database_that_was_there_before(store: NssStore, root: Root) -> None:
    made(store)
    plan = store.plan(root)
    store.apply(root)
    store.remove(root, plan.before)
    assert listing(store.place) == []
    assert {file.name for file in store.place.iterdir()} == {"cert9.db", "key4.db", "pkcs11.txt"}


def test_database_that_somebody_has_put_a_certificate_into_stays(store: NssStore, root: Root, other_root: Root) -> None:
    plan = store.plan(root)
    store.apply(root)
    trust(store.place, other_root.path, "Company root")
    store.remove(root, plan.before)
    assert listing(store.place) == [(nickname("Company root", other_root), "C,,")]


def test_database_that_somebody_has_put_a_key_into_stays(store: NssStore, root: Root, tmp_path: Path) -> None:
    """A key of a client certificate, or the one that Firefox keeps passwords with: losing it would be a disaster."""
    plan = store.plan(root)
    store.apply(root)
    noise = tmp_path / "noise"
    noise.write_bytes(bytes(range(256)))
    certutil(store.place, "-G", "-k", "ec", "-q", "nistp256", "-z", str(noise))
    store.remove(root, plan.before)
    assert "orphan" in certutil(store.place, "-K")


def test_database_with_a_file_beside_stays(store: NssStore, root: Root) -> None:
    plan = store.plan(root)
    store.apply(root)
    (store.place / "notes.txt").write_text("mine")
    store.remove(root, plan.before)
    assert (store.place / "notes.txt").exists()
    assert listing(store.place) == []


def test_database_that_a_program_has_open_stays(store: NssStore, root: Root) -> None:
    """A running browser would write into a file that is gone."""
    plan = store.plan(root)
    store.apply(root)
    assert not in_use(store.place)
    with (store.place / "cert9.db").open("rb"):
        assert in_use(store.place)
        assert store.plan(root).note is Note.NEXT_START
        assert NssStore(Kind.FIREFOX, store.place).plan(root).note is Note.NEXT_START
        store.remove(root, plan.before)
    assert listing(store.place) == []


def test_program_that_ends_while_it_is_looked_at_holds_nothing(
    store: NssStore, root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.apply(root)
    monkeypatch.setattr(nss, "_PROCESSES", tmp_path / "proc")
    (tmp_path / "proc" / "1").mkdir(parents=True)  # as /proc shows one that is just gone
    assert not in_use(store.place)
    (tmp_path / "proc" / "2" / "fd").mkdir(parents=True)
    (tmp_path / "proc" / "2" / "fd" / "3").symlink_to(tmp_path / "gone")
    (tmp_path / "proc" / "2" / "fd" / "4").symlink_to(store.place / "cert9.db")
    assert in_use(store.place)


def test_damaged_key_file_keeps_the_database(store: NssStore, root: Root) -> None:
    plan = store.plan(root)
    store.apply(root)
    certutil(store.place, "-D", "-n", nickname(NAME, root))
    with sqlite3.connect(store.place / "key4.db") as connection:
        connection.execute("ALTER TABLE nssPrivate RENAME TO unknown")
    connection.close()
    with pytest.raises(StoreError):
        store.remove(root, plan.before)
    assert (store.place / "cert9.db").exists()


def test_removing_what_is_not_there_is_harmless(store: NssStore, root: Root) -> None:
    store.remove(root, None)
    store.remove(root, store.plan(root).before)
    assert store.verify(root) is State.ABSENT


def test_root_that_is_there_without_trust_is_trusted(store: NssStore, root: Root) -> None:
    """As policies of Firefox leave it: under the common name, with a trust that older tools do not see."""
    certutil(made(store).place, "-A", "-t", ",,", "-n", f"{NAME} by somebody", "-i", str(root.path))
    assert store.plan(root).state is State.PRESENT
    assert [step.split()[3] for step in store.plan(root).steps] == ["-M"]
    store.apply(root)
    assert listing(store.place) == [(f"{NAME} by somebody", "C,,")]
    store.remove(root, None)
    assert listing(store.place) == []


def test_foreign_root_under_our_name_is_not_taken_for_ours(store: NssStore, root: Root, other_root: Root) -> None:
    certutil(made(store).place, "-A", "-t", "C,,", "-n", NAME, "-i", str(other_root.path))
    assert store.verify(root) is State.ABSENT
    store.apply(root)
    store.remove(root, None)
    assert listing(store.place) == [(NAME, "C,,")]


def test_foreign_root_under_our_very_nickname_is_an_error_and_stays(
    store: NssStore, root: Root, other_root: Root
) -> None:
    certutil(made(store).place, "-A", "-t", "C,,", "-n", nickname(NAME, root), "-i", str(other_root.path))
    with pytest.raises(StoreError):
        store.apply(root)
    assert store.verify(root) is State.ABSENT
    store.remove(root, None)
    assert listing(store.place) == [(nickname(NAME, root), "C,,")]


@pytest.mark.parametrize("name", ["with  two spaces", "u,u,u", "名字", "-L", "a'b\"c", "Certificate Nickname"])
def test_odd_names_of_other_certificates_disturb_nothing(
    store: NssStore, root: Root, other_root: Root, name: str
) -> None:
    certutil(made(store).place, "-A", "-t", ",,", "-n", f"{NAME} {name}", "-i", str(other_root.path))
    store.apply(root)
    assert store.verify(root) is State.TRUSTED
    store.remove(root, None)
    assert len(listing(store.place)) == 1


def test_two_roots_of_ours_can_be_trusted_side_by_side(store: NssStore, root: Root, other_root: Root) -> None:
    for item in (root, other_root):
        store.apply(item)
    assert store.verify(root) is store.verify(other_root) is State.TRUSTED


@pytest.mark.parametrize("step", ["mkdir", "write_text", "replace"])
def test_database_is_made_whole_or_not_at_all(store: NssStore, root: Root, step: str, tmp_path: Path) -> None:
    """A kill in the middle of making it."""
    before = store.plan(root).before
    pid = os.fork()
    if pid == 0:
        setattr(Path, step, lambda *_args, **_options: os.kill(os.getpid(), 9))
        try:
            store.apply(root)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == 9
    assert not store.place.exists()
    store.apply(root)
    assert store.verify(root) is State.TRUSTED
    store.remove(root, before)
    assert list(tmp_path.iterdir()) == []


def test_new_database_knows_its_own_place(store: NssStore, root: Root) -> None:
    store.apply(root)
    assert f"configdir='sql:{store.place}'" in (store.place / "pkcs11.txt").read_text()


def test_empty_folder_may_become_the_database(store: NssStore, root: Root) -> None:
    store.place.mkdir(parents=True)
    store.apply(root)
    assert store.verify(root) is State.TRUSTED


def test_empty_folder_is_empty_again_after_removing(store: NssStore, root: Root) -> None:
    store.place.mkdir(parents=True)
    before = store.plan(root).before
    store.apply(root)
    store.remove(root, before)
    assert list(store.place.iterdir()) == []
    assert [file.name for file in store.place.parent.iterdir()] == ["nssdb"]


def test_folder_with_something_else_in_it_is_left_alone(store: NssStore, root: Root) -> None:
    store.place.mkdir(parents=True)
    (store.place / "key4.db").write_bytes(b"a key of somebody")
    with pytest.raises(StoreError):
        store.apply(root)
    assert [file.name for file in store.place.iterdir()] == ["key4.db"]
    assert [file.name for file in store.place.parent.iterdir()] == ["nssdb"]


def test_database_with_a_password_is_an_error_that_says_what_to_do(store: NssStore, root: Root, tmp_path: Path) -> None:
    """Firefox with a primary password: certutil would ask for it, and there is nobody to answer."""
    password = tmp_path / "password"
    password.write_text("secret\n")
    store.place.mkdir(parents=True)
    certutil(store.place, "-N", "-f", str(password))
    with pytest.raises(StoreError, match="primary password"):
        store.apply(root)
    assert listing(store.place) == []
    certutil(store.place, "-A", "-t", "C,,", "-n", nickname(NAME, root), "-i", str(root.path), "-f", str(password))
    assert store.verify(root) is State.TRUSTED
    store.remove(root, None)
    assert listing(store.place) == []


@pytest.mark.parametrize("content", [b"no database", bytes(4096)])
def test_file_that_is_no_database_is_an_error(store: NssStore, root: Root, content: bytes) -> None:
    store.place.mkdir(parents=True)
    (store.place / "cert9.db").write_bytes(content)
    for action in (store.plan, store.apply, store.verify):
        with pytest.raises(StoreError):
            action(root)


def test_missing_certutil_is_told_with_its_package(
    store: NssStore, root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="libnss3-tools"):
        store.apply(root)


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff", bytes(100_000)])
def test_root_that_is_none_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "root.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match=r"root\.pem"):
        read_root(path)


def test_two_programs_at_once_both_end_well(store: NssStore, root: Root, other_root: Root) -> None:
    """certutil beside a browser that writes into the same database."""
    made(store)
    commands = [
        ["certutil", "-d", f"sql:{store.place}", "-A", "-t", "C,,", "-n", nickname(NAME, item), "-i", str(item.path)]
        for item in (root, other_root)
    ]
    programs = [subprocess.Popen(command) for command in commands]
    assert [program.wait(LIMIT) for program in programs] == [0] * 2
    assert len(listing(store.place)) == 2
