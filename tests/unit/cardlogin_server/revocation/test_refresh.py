"""Renewing before it is needed: rounds, pauses that grow, breakers for hosts, the thread."""

import threading
from datetime import timedelta

import pytest

from cardlogin_server import Anchors, CrlRevocation
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.failures import CertificateRevoked
from cardlogin_server.revocation.fetching.breaker import FAILURES, LONGEST_PAUSE, Breaker, Trouble, jittered
from cardlogin_server.revocation.fetching.fetch import FetchFailed, StatusRefused
from cardlogin_server.revocation.index_store import ListKey
from cardlogin_server.revocation.refresh import Refresher, refresh
from tests.stand.waiting import wait_until
from tests.unit.cardlogin_server.pki import HOST, NOW, PARTITION, Profile, issue, moica, root
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, Web, partition
from tests.unit.cardlogin_server.site import Time

HOUR = timedelta(hours=1)
SERIAL = Profile().serial_number


class Parts:
    def __init__(self) -> None:
        self.web, self.time = Web(), Time()
        anchors = Anchors.from_der([root().der], [moica().der])
        self.revocation = CrlRevocation(anchors, frozenset({HOST}), self.web, self.time)
        self.key = ListKey(moica().key_identifier, PARTITION)

    def check(self) -> None:
        self.revocation.check(read_leaf(issue().der))

    def refresh(self) -> str:
        (renewal,) = refresh(self.revocation, [self.key], HOUR)
        return renewal.failure


@pytest.fixture
def parts() -> Parts:
    return Parts()


def test_renewed_list_is_there_before_a_log_in(parts: Parts) -> None:
    assert parts.refresh() == ""
    parts.web.files.clear()
    parts.check()


def test_new_list_is_taken_while_the_old_one_is_fresh(parts: Parts) -> None:
    parts.check()
    parts.time.now = later = NOW + timedelta(hours=2)
    parts.web.files[PARTITION] = partition(number=8, this_update=later, revoked=((SERIAL, COMPROMISE),))
    assert parts.refresh() == ""
    with pytest.raises(CertificateRevoked):
        parts.check()


def test_young_list_is_not_asked_for_again(parts: Parts) -> None:
    for minutes in (0, 30, 60):
        parts.time.now = NOW + timedelta(minutes=minutes)
        parts.refresh()
    assert parts.web.asked == [PARTITION]
    parts.time.pass_by(1)
    parts.refresh()
    assert parts.web.asked == [PARTITION, PARTITION]


def test_same_list_again_is_not_built_anew(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    parts.check()
    monkeypatch.setattr("cardlogin_server.revocation.lists.read_list", None)
    parts.time.now = NOW + timedelta(hours=2)
    assert parts.refresh() == ""
    assert parts.web.asked == [PARTITION, PARTITION]


def test_failed_renewal_leaves_the_list_that_is_fresh(parts: Parts) -> None:
    parts.check()
    parts.time.now = NOW + timedelta(hours=2)
    parts.web.files[PARTITION] = b"garbage"
    assert parts.refresh() == "list cannot be read"
    parts.check()


def test_authority_that_is_not_configured(parts: Parts) -> None:
    parts.key = ListKey(b"unknown", PARTITION)
    assert parts.refresh() == "authority key is not configured"
    assert parts.web.asked == []


def test_host_that_is_not_allowed(parts: Parts) -> None:
    parts.key = ListKey(moica().key_identifier, "http://evil.example/x.crl")
    assert parts.refresh() == "host is not allowed"
    assert parts.web.asked == []


def test_pauses_grow_and_end() -> None:
    trouble, lengths = Trouble(), []
    for _ in range(12):
        trouble = trouble.again(NOW, "down")
        assert trouble.not_before
        lengths.append((trouble.not_before - NOW).total_seconds())
    for number, length in enumerate(lengths):
        whole = min(600, 5 * 2**number)
        assert whole / 2 <= length <= whole
    with pytest.raises(FetchFailed, match="down"):
        trouble.require_over(NOW)
    trouble.require_over(NOW + LONGEST_PAUSE)


def test_pause_written_by_a_wrong_clock_is_ignored() -> None:
    Trouble(3, "down", NOW + timedelta(days=400)).require_over(NOW)


def test_pauses_of_many_workers_differ() -> None:
    assert len({jittered(HOUR, 2 * HOUR, 0) for _ in range(20)}) > 10


def test_success_forgets_the_trouble(parts: Parts) -> None:
    good = parts.web.files.pop(PARTITION)
    for _ in range(3):
        assert parts.refresh() == "unreachable"
        parts.time.pass_by(600)
    assert parts.revocation.lists.store.trouble(parts.key).failures == 3
    parts.web.files[PARTITION] = good
    assert parts.refresh() == ""
    assert parts.revocation.lists.store.trouble(parts.key) == Trouble(worked_at=parts.time())


def test_breaker_opens_after_failures_of_one_host_and_lets_one_trial_through() -> None:
    clock = Time()
    breaker = Breaker(clock)
    for _ in range(FAILURES - 1):
        breaker.failed("a")
    breaker.require_closed("a")
    breaker.failed("a")
    with pytest.raises(FetchFailed, match="left alone"):
        breaker.require_closed("a")
    breaker.require_closed("b")
    clock.pass_by(30)
    breaker.require_closed("a")
    with pytest.raises(FetchFailed, match="left alone"):
        breaker.require_closed("a")
    breaker.failed("a")
    clock.pass_by(29)
    with pytest.raises(FetchFailed, match="left alone"):
        breaker.require_closed("a")
    clock.pass_by(31)
    breaker.require_closed("a")
    breaker.worked("a")
    breaker.require_closed("a")
    breaker.require_closed("a")


def test_dead_host_is_not_asked_for_every_list(parts: Parts) -> None:
    parts.web.files.clear()
    urls = [f"http://{HOST}/crl/{number}" for number in range(20)]
    keys = [ListKey(moica().key_identifier, url) for url in urls]
    failures = [renewal.failure for renewal in refresh(parts.revocation, keys, HOUR)]
    assert len(parts.web.asked) == FAILURES
    assert "left alone" in failures[-1]


def test_files_that_are_missing_do_not_close_the_host() -> None:
    asked: list[str] = []

    def missing(url: str) -> bytes:
        asked.append(url)
        raise StatusRefused("status 404")

    anchors = Anchors.from_der([root().der], [moica().der])
    revocation = CrlRevocation(anchors, frozenset({HOST}), missing, Time())
    keys = [ListKey(moica().key_identifier, f"http://{HOST}/{number}") for number in range(20)]
    refresh(revocation, keys, HOUR)
    assert len(asked) == 20


def test_thread_renews_until_it_is_stopped(parts: Parts) -> None:
    refresher = Refresher(parts.revocation, [parts.key], timedelta(seconds=1), timedelta(milliseconds=10))
    before = threading.active_count()
    assert parts.web.asked == []
    refresher.start()
    store = parts.revocation.lists.store
    for rounds in (1, 2, 3):
        wait_until(lambda: store.trouble(parts.key).worked_at == parts.time())
        assert len(parts.web.asked) == rounds
        parts.time.pass_by(2)
    with pytest.raises(RuntimeError):
        refresher.start()
    refresher.stop()
    assert threading.active_count() == before
    Refresher(parts.revocation).stop()


def test_odd_times() -> None:
    with pytest.raises(ValueError, match="positive"):
        Refresher(Parts().revocation, pause=timedelta())
