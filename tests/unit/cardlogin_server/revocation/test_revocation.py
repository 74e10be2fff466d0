"""Which list is asked for, how often, and what happens when none can be believed."""

import threading
from datetime import timedelta

import pytest

from cardlogin_server import Anchors, CrlRevocation
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.failures import CertificateRevoked, CertificateSuspended, RevocationUnknown
from cardlogin_server.revocation.fetching.fetch import FetchFailed
from tests.stand.waiting import LIMIT
from tests.unit.cardlogin_server.pki import (
    COMPLETE,
    HOST,
    NOW,
    PARTITION,
    Authority,
    Profile,
    issue,
    moeaca,
    moica,
    root,
)
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, HOLD, Web, complete, partition, scope
from tests.unit.cardlogin_server.site import Time

SERIAL = Profile().serial_number
REVOKED = ((SERIAL, COMPROMISE),)


class Parts:
    """A revocation check over a web that is a table."""

    def __init__(self, hosts: frozenset[str] = frozenset({HOST})) -> None:
        self.time = Time()
        self.web = Web()
        anchors = Anchors.from_der([root().der], [moica().der, moeaca().der])
        self.revocation = CrlRevocation(anchors, hosts, self.web, self.time)

    def check(self, issuer: Authority | None = None, *addresses: str) -> None:
        issuer = issuer or moica()
        profile = Profile(issuer=issuer, addresses=addresses or (PARTITION, COMPLETE))
        self.revocation.check(read_leaf(issue(profile).der))

    def why(self, *addresses: str) -> tuple[str, ...]:
        with pytest.raises(RevocationUnknown) as caught:
            self.check(None, *addresses)
        return caught.value.attempts


@pytest.fixture
def parts() -> Parts:
    return Parts()


def test_good_certificate_needs_the_partition_only(parts: Parts) -> None:
    parts.check()
    assert parts.web.asked == [PARTITION]


def test_list_is_kept_until_its_next_update(parts: Parts) -> None:
    for hours in (0, 5, 11):
        parts.time.now = NOW + timedelta(hours=hours)
        parts.check()
    assert parts.web.asked == [PARTITION]
    later = NOW + timedelta(hours=12)
    parts.time.now = later
    parts.web.files[PARTITION] = partition(number=8, this_update=later, next_update=later + timedelta(hours=1))
    parts.check()
    assert parts.web.asked == [PARTITION, PARTITION]


def test_new_list_is_believed_over_the_old_one(parts: Parts) -> None:
    parts.check()
    parts.time.now = later = NOW + timedelta(hours=12)
    parts.web.files[PARTITION] = partition(
        number=8, this_update=later, next_update=later + timedelta(hours=1), revoked=REVOKED
    )
    with pytest.raises(CertificateRevoked):
        parts.check()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: None, id="unreachable"),
        pytest.param(lambda: partition(scope=scope(COMPLETE)), id="wrong_scope"),
        pytest.param(lambda: partition(next_update=NOW), id="stale"),
        pytest.param(complete, id="does_not_name_its_partition"),
        pytest.param(lambda: b"garbage", id="garbage"),
    ],
)
def test_complete_list_stands_in_for_a_bad_partition(parts: Parts, content: object) -> None:
    parts.web.files.pop(PARTITION)
    if callable(content) and (bad := content()) is not None:
        parts.web.files[PARTITION] = bad
    parts.check()
    assert parts.web.asked == [PARTITION, COMPLETE]
    parts.time.pass_by(60)
    parts.web.files[COMPLETE] = b"not asked again"
    parts.check()


def test_complete_list_decides_when_it_stands_in(parts: Parts) -> None:
    parts.web.files.pop(PARTITION)
    parts.web.files[COMPLETE] = complete(revoked=((SERIAL, HOLD),))
    with pytest.raises(CertificateSuspended):
        parts.check()


def test_revoked_in_the_partition_is_the_last_word(parts: Parts) -> None:
    parts.web.files[PARTITION] = partition(revoked=REVOKED)
    with pytest.raises(CertificateRevoked):
        parts.check()
    assert parts.web.asked == [PARTITION]


def test_no_list_at_all_is_a_hard_failure(parts: Parts) -> None:
    parts.web.files.clear()
    first, second = parts.why()
    assert first == f"{PARTITION}: unreachable"
    assert second == f"{COMPLETE}: unreachable"


def test_certificate_that_names_no_list(parts: Parts) -> None:
    leaf = read_leaf(issue(Profile(addresses=())).der)
    with pytest.raises(RevocationUnknown, match="names no list"):
        parts.revocation.check(leaf)


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/crl",
        "http://crl.test/crl",
        "http://crl.test:80800/crl",
        "http://user@crl.test:8080/crl",
        "ftp://crl.test:8080/crl",
        "file:///etc/passwd",
        "ldap://crl.test:8080/cn",
        "http://crl.test:8080@evil.example/",
    ],
)
def test_other_hosts_and_schemes_are_not_asked(parts: Parts, url: str) -> None:
    assert parts.why(url) == (f"{url}: host is not allowed",)
    assert parts.web.asked == []


def test_host_is_compared_without_regard_to_case() -> None:
    parts = Parts(frozenset({HOST.upper()}))
    parts.check()
    assert parts.web.asked == [PARTITION]


def test_list_number_that_goes_back(parts: Parts) -> None:
    parts.check()
    later = parts.time.now = NOW + timedelta(hours=12)
    old = partition(number=6, this_update=later, next_update=later + timedelta(hours=1))
    parts.web.files = {PARTITION: old}
    assert parts.why()[0] == f"{PARTITION}: list is older than the one before"


def test_stale_list_is_not_used_when_no_new_one_comes(parts: Parts) -> None:
    parts.check()
    parts.time.now = NOW + timedelta(hours=12)
    parts.web.files.clear()
    assert parts.why()[0] == f"{PARTITION}: unreachable"


def test_host_that_is_down_is_left_alone_for_five_seconds(parts: Parts) -> None:
    parts.web.files.clear()
    parts.why()
    parts.why()
    assert parts.web.asked == [PARTITION, COMPLETE]
    parts.web.files[PARTITION] = partition()
    parts.time.pass_by(5)
    parts.check()
    assert parts.web.asked == [PARTITION, COMPLETE, PARTITION]


def test_list_of_one_authority_is_not_used_for_another(parts: Parts) -> None:
    parts.check(None, COMPLETE)
    with pytest.raises(RevocationUnknown, match="another issuer's name"):
        parts.check(moeaca(), COMPLETE)


def test_at_most_four_addresses_are_tried(parts: Parts) -> None:
    parts.web.files.clear()
    parts.why(*(f"http://{HOST}/{number}" for number in range(9)))
    assert len(parts.web.asked) == 4


def test_one_fetch_for_many_at_once() -> None:
    asked: list[str] = []
    all_run = threading.Event()

    def slow(url: str) -> bytes:
        asked.append(url)
        all_run.wait(LIMIT)
        return partition()

    anchors = Anchors.from_der([root().der], [moica().der])
    revocation = CrlRevocation(anchors, frozenset({HOST}), slow, Time())
    leaf = read_leaf(issue().der)
    done: list[bool] = []

    def check() -> None:
        revocation.check(leaf)
        done.append(True)

    threads = [threading.Thread(target=check) for _ in range(6)]
    for thread in threads:
        thread.start()
    all_run.set()
    for thread in threads:
        thread.join()
    assert asked == [PARTITION]
    assert len(done) == 6


def test_fetch_failure_says_why(parts: Parts) -> None:
    def broken(url: str) -> bytes:
        raise FetchFailed(f"status 500 for {len(url)}")

    anchors = Anchors.from_der([root().der], [moica().der])
    revocation = CrlRevocation(anchors, frozenset({HOST}), broken, parts.time)
    with pytest.raises(RevocationUnknown, match="status 500"):
        revocation.check(read_leaf(issue().der))
