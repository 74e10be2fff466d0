"""What is remembered of a certificate saves time and nothing else: dates and revocation count every time."""

import threading
from datetime import timedelta

import pytest

from cardlogin_server import Family, Verifier
from cardlogin_server import failures as f
from cardlogin_server.certificates.remembered import Remembered
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import NOW, PARTITION, Profile, issue
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, HOLD, partition
from tests.unit.cardlogin_server.site import ORIGIN, Site, make_token


def test_oldest_goes_first() -> None:
    memory: Remembered[int] = Remembered(most=2)
    for number in range(3):
        memory.remember(bytes([number]), number)
    assert [memory.of(bytes([number])) for number in range(3)] == [None, 1, 2]


def test_memory_stays_bounded_among_threads() -> None:
    memory: Remembered[int] = Remembered(most=8)

    def fill(start: int) -> None:
        for number in range(start, start + 500):
            memory.remember(number.to_bytes(4), number)

    threads = [threading.Thread(target=fill, args=[1_000 * index]) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(memory.of(number.to_bytes(4)) is not None for number in range(4_000)) == 8


def test_second_log_in_gives_the_same_identity(site: Site) -> None:
    card = issue()
    assert site.log_in(card) is site.log_in(card)


@pytest.mark.parametrize(("reason", "failure"), [(COMPROMISE, f.CertificateRevoked), (HOLD, f.CertificateSuspended)])
def test_known_certificate_is_revoked_meanwhile(site: Site, reason: object, failure: type[Exception]) -> None:
    card = issue()
    site.log_in(card)
    site.time.pass_by(13 * 3600)
    entry = ((card.certificate.serial_number, reason),)
    later = site.time.now + timedelta(hours=12)
    site.web.files[PARTITION] = partition(revoked=entry, number=8, this_update=site.time.now, next_update=later)
    with pytest.raises(failure):
        site.log_in(card)


def test_lists_of_a_known_certificate_run_out(site: Site) -> None:
    card = issue()
    site.log_in(card)
    site.web.files.clear()
    site.time.pass_by(13 * 3600)
    with pytest.raises(f.RevocationUnknown):
        site.log_in(card)


def test_known_certificate_expires(site: Site) -> None:
    card = issue(Profile(not_after=NOW + timedelta(minutes=1)))
    site.log_in(card)
    site.time.pass_by(61)
    with pytest.raises(f.CertificateExpired):
        site.log_in(card)


def test_authority_of_a_known_certificate_expires(site: Site) -> None:
    # The authorities of these tests end ten years from now, and this certificate later.
    card = issue(Profile(not_after=NOW + timedelta(days=365 * 15)))
    site.log_in(card)
    site.time.pass_by(timedelta(days=365 * 11).total_seconds())
    with pytest.raises(f.CertificateUntrusted):
        site.log_in(card)


def test_clock_goes_back_before_the_certificate(site: Site) -> None:
    card = issue()
    site.log_in(card)
    site.time.pass_by(-timedelta(days=366).total_seconds())
    with pytest.raises(f.CertificateNotYetValid):
        site.log_in(card)


def test_signature_counts_every_time(site: Site) -> None:
    card = issue()
    site.log_in(card)
    challenge = site.issue()
    with pytest.raises(f.SignatureInvalid):
        site.verify(make_token(card, site.issue()), challenge)


def test_another_verifier_has_its_own_rules(site: Site) -> None:
    card = issue()
    site.log_in(card)
    site.verifier = Verifier(
        origin=ORIGIN,
        anchors=site.anchors,
        challenges=site.challenges,
        revocation=site.revocation,
        policies=frozenset({pki.POLICY}),
        families=frozenset({Family.COMPANY}),
        clock=site.time,
    )
    with pytest.raises(f.CertificateTypeRefused):
        site.log_in(card)


def test_refused_certificate_is_not_remembered(site: Site) -> None:
    card = issue(Profile(serial_number=4711))
    for _ in range(2):
        with pytest.raises(f.CertificateRevoked):
            site.log_in(card)


def test_some_family_must_be_accepted(site: Site) -> None:
    with pytest.raises(ValueError, match="family"):
        Verifier(
            origin=ORIGIN,
            anchors=site.anchors,
            challenges=site.challenges,
            revocation=site.revocation,
            policies=frozenset({pki.POLICY}),
            families=frozenset(),
        )
