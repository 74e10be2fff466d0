"""The folder of indexes: shared between processes, closed to others, one fetch at a time, trouble remembered."""

import multiprocessing
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from cardlogin_server import Anchors, CrlRevocation
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.failures import CertificateRevoked, RevocationUnknown
from cardlogin_server.revocation import index_folder, index_store
from cardlogin_server.revocation.fetching.breaker import Trouble
from cardlogin_server.revocation.index_folder import FolderIndexStore
from cardlogin_server.revocation.index_store import ListKey, MemoryIndexStore, StoreFailed
from tests.stand.waiting import LIMIT
from tests.unit.cardlogin_server.pki import COMPLETE, HOST, NOW, PARTITION, Profile, issue, moeaca, moica, root
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, Web, partition
from tests.unit.cardlogin_server.revocation.index_writer import KEY, packed
from tests.unit.cardlogin_server.site import Time

SERIAL = Profile().serial_number
MULTI = multiprocessing.get_context("fork")


def revocation(folder: Path, web: Web, clock: Time | None = None) -> CrlRevocation:
    """What one worker process has."""
    anchors = Anchors.from_der([root().der], [moica().der, moeaca().der])
    return CrlRevocation(anchors, frozenset({HOST}), web, clock or Time(), store=FolderIndexStore(folder))


def check(one: CrlRevocation) -> None:
    one.check(read_leaf(issue().der))


def test_second_worker_and_restart_fetch_nothing(tmp_path: Path) -> None:
    web = Web()
    check(revocation(tmp_path / "lists", web))
    for _ in range(3):
        check(revocation(tmp_path / "lists", web))
    assert web.asked == [PARTITION]


def test_worker_sees_what_another_fetched(tmp_path: Path) -> None:
    web, clock = Web(), Time()
    first = revocation(tmp_path / "lists", web, clock)
    check(first)
    second = revocation(tmp_path / "lists", web, clock)
    web.files[PARTITION] = partition(number=8, revoked=((SERIAL, COMPROMISE),))
    key = ListKey(moica().key_identifier, PARTITION)
    second.lists.renewed(key, moica().certificate, second.policies.default, asked_before=NOW + timedelta(1))
    with pytest.raises(CertificateRevoked):
        check(first)
    assert web.asked == [PARTITION, PARTITION]


def test_number_does_not_go_back_over_a_restart(tmp_path: Path) -> None:
    web, clock = Web(), Time()
    check(revocation(tmp_path / "lists", web, clock))
    clock.now = later = NOW + timedelta(hours=12)
    web.files = {PARTITION: partition(number=6, this_update=later, next_update=later + timedelta(hours=1))}
    with pytest.raises(RevocationUnknown, match="older than the one before"):
        check(revocation(tmp_path / "lists", web, clock))


def test_trouble_is_shared(tmp_path: Path) -> None:
    web = Web()
    web.files.clear()
    for _ in range(3):
        with pytest.raises(RevocationUnknown, match="unreachable"):
            check(revocation(tmp_path / "lists", web))
    assert web.asked == [PARTITION, COMPLETE]


def _worker(folder: Path, asked: Path, all_run: Barrier) -> None:
    def note(url: str) -> bytes:
        with asked.open("a") as file:
            file.write(url + "\n")
        return partition()

    one = CrlRevocation(
        Anchors.from_der([root().der], [moica().der]), frozenset({HOST}), note, Time(), store=FolderIndexStore(folder)
    )
    all_run.wait(LIMIT)
    check(one)


def test_one_fetch_for_many_processes(tmp_path: Path) -> None:
    moica(), issue()  # made once, before the processes part
    arguments = (tmp_path / "lists", tmp_path / "asked", MULTI.Barrier(4))
    workers = [MULTI.Process(target=_worker, args=arguments) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(LIMIT)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert (tmp_path / "asked").read_text().split() == [PARTITION]


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_wait_for_another_fetch_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(index_folder, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(index_store, "WAIT_SECONDS", 0.1)
    store = FolderIndexStore(tmp_path / "lists") if kind == "folder" else MemoryIndexStore()
    with store.exclusive(KEY), pytest.raises(StoreFailed, match="still fetching"), store.exclusive(KEY):
        pass
    with store.exclusive(KEY):
        pass


def test_folder_that_others_may_write(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(ValueError, match="closed"):
        FolderIndexStore(tmp_path / "open")


def test_modes_of_what_is_made(tmp_path: Path) -> None:
    store = FolderIndexStore(tmp_path / "lists")
    with store.exclusive(KEY):
        store.replace(KEY, packed(1, 5))
        store.set_trouble(KEY, Trouble().again(NOW, "why"))
    assert (tmp_path / "lists").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "lists").iterdir()} == {0o600}


def test_index_of_one_list_in_the_place_of_another(tmp_path: Path) -> None:
    store = FolderIndexStore(tmp_path / "lists")
    store.replace(KEY, packed(1, 5))
    other = ListKey(KEY.issuer_key_id, "http://crl.test/other.crl")
    (tmp_path / "lists" / f"{KEY.name}.index").rename(tmp_path / "lists" / f"{other.name}.index")
    assert store.open(other) is None
    assert store.open(KEY) is None


def test_known_lists(tmp_path: Path) -> None:
    store = FolderIndexStore(tmp_path / "lists")
    store.replace(KEY, packed(1, 5))
    (tmp_path / "lists" / "other.index").write_bytes(b"garbage")
    (tmp_path / "lists" / "empty.index").write_bytes(b"")
    assert store.known() == [KEY]


@pytest.mark.parametrize(
    "content", ["", "[", "[]", "{}", '["x", "y", "z", "u"]', "[1, 2, 3, 4]", '[1, "a", "2026", null]', "[" * 4_000]
)
def test_trouble_file_that_is_damaged(tmp_path: Path, content: str) -> None:
    store = FolderIndexStore(tmp_path / "lists")
    (tmp_path / "lists" / f"{KEY.name}.trouble").write_text(content)
    store.trouble(KEY).require_over(NOW)


def test_trouble_comes_back_and_ends(tmp_path: Path) -> None:
    store = FolderIndexStore(tmp_path / "lists")
    trouble = Trouble().again(NOW, "status 500").again(NOW, "status 502")
    store.set_trouble(KEY, trouble)
    assert FolderIndexStore(tmp_path / "lists").trouble(KEY) == trouble
    store.set_trouble(KEY, Trouble())
    assert store.trouble(KEY) == Trouble()


def test_name_of_a_list_is_no_path() -> None:
    names = {ListKey(b"k", url, delta).name for url in ("../../x", "http://a/\0") for delta in (False, True)}
    assert len(names) == 4
    assert all(name.isalnum() for name in names)
