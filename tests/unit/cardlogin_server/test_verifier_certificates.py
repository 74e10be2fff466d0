"""Whole log-ins with certificates that must be refused, each for its own reason."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from cardlogin_server import CardLoginError, Family
from cardlogin_server import failures as f
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import NOW, PARTITION, Profile, issue
from tests.unit.cardlogin_server.revocation.crls import HOLD, partition
from tests.unit.cardlogin_server.site import Site


@pytest.mark.parametrize(
    ("profile", "failure"),
    [
        pytest.param(Profile(usage=pki.NON_REPUDIATION), f.CertificateUnusable, id="non_repudiation_only"),
        pytest.param(Profile(usage=pki.ENCIPHERMENT), f.CertificateUnusable, id="key_encipherment_only"),
        pytest.param(Profile(usage=None), f.CertificateUnusable, id="no_key_usage"),
        pytest.param(Profile(usage=pki.CA_AND_LEAF_USAGE), f.CertificateUnusable, id="key_usage_of_a_ca"),
        pytest.param(Profile(policies=()), f.CertificatePolicyRefused, id="no_policies"),
        pytest.param(Profile(policies=("2.16.886.101.0.3.0",)), f.CertificatePolicyRefused, id="test_policy"),
        pytest.param(Profile(policies=("2.5.29.32.0",)), f.CertificatePolicyRefused, id="any_policy"),
        pytest.param(
            Profile(more=((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),)),
            f.CertificateUnusable,
            id="wrong_extended_key_usage",
        ),
        pytest.param(
            Profile(more=((x509.BasicConstraints(ca=True, path_length=None), True),)),
            f.CertificateUnusable,
            id="ca_certificate_as_leaf",
        ),
        pytest.param(
            Profile(more=((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0"), True),)),
            f.CertificateUnusable,
            id="unknown_critical_extension",
        ),
        pytest.param(Profile(attributes=None), f.CertificateTypeRefused, id="no_subject_type"),
        pytest.param(
            Profile(attributes=pki.attributes(pki.subject_type("2.16.886.1.100.3.3.1"))),
            f.CertificateTypeRefused,
            id="subject_type_of_a_server",
        ),
        pytest.param(
            Profile(attributes=pki.COMPANY_ATTRIBUTES), f.CertificateTypeRefused, id="company_from_the_citizens_ca"
        ),
        pytest.param(Profile(attributes=b"\x30\x80\x00\x00"), f.IdentityMalformed, id="attributes_not_der"),
        pytest.param(Profile(issuer=pki.impostor()), f.CertificateUntrusted, id="same_name_other_key"),
        pytest.param(
            Profile(issuer=pki.impostor(), authority_key_id=pki.moica().key_identifier),
            f.CertificateUntrusted,
            id="same_name_other_key_claiming_the_right_one",
        ),
        pytest.param(
            Profile(authority_key_id=pki.impostor().key_identifier), f.CertificateUntrusted, id="wrong_authority_key_id"
        ),
        pytest.param(
            Profile(not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(seconds=1)),
            f.CertificateExpired,
            id="expired",
        ),
        pytest.param(Profile(not_before=NOW + timedelta(seconds=1)), f.CertificateNotYetValid, id="not_yet_valid"),
    ],
)
def test_certificate_is_refused(site: Site, profile: Profile, failure: type[CardLoginError]) -> None:
    with pytest.raises(failure):
        site.log_in(issue(profile))
    assert site.web.asked == []


@pytest.mark.parametrize("seconds", [-1, 1])
def test_certificate_on_the_edge_of_its_validity(site: Site, seconds: int) -> None:
    edge = timedelta(seconds=seconds)
    dates = {-1: (NOW + edge, NOW + timedelta(days=1)), 1: (NOW - timedelta(days=1), NOW + edge)}[seconds]
    assert site.log_in(issue(Profile(not_before=dates[0], not_after=dates[1]))).not_after == dates[1]


def test_extended_key_usage_with_client_authentication(site: Site) -> None:
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CLIENT_AUTH])
    assert site.log_in(issue(Profile(more=((usages, False),)))).family is Family.CITIZEN


def test_sha1_leaf(site: Site) -> None:
    with pytest.raises(f.CertificateUnusable):
        site.log_in(pki.issue_sha1())


def test_self_signed_certificate(site: Site) -> None:
    forger = pki.Authority(pki.moica().certificate, pki.rsa_key("forger"))
    with pytest.raises(f.CertificateUntrusted):
        site.log_in(issue(Profile(issuer=forger, key=forger.key)))


def test_expired_authority(site: Site) -> None:
    site.time.now = pki.moica().certificate.not_valid_after_utc + timedelta(days=1)
    with pytest.raises(f.CertificateUntrusted):
        site.log_in(issue(Profile(not_after=site.time.now + timedelta(days=9))))


def test_revoked(site: Site) -> None:
    card = issue()
    site.web.files[PARTITION] = partition(revoked=((card.certificate.serial_number, None),))
    with pytest.raises(f.CertificateRevoked):
        site.log_in(card)


def test_suspended(site: Site) -> None:
    card = issue()
    site.web.files[PARTITION] = partition(revoked=((card.certificate.serial_number, HOLD),))
    with pytest.raises(f.CertificateSuspended):
        site.log_in(card)


def test_revocation_unreachable_is_a_hard_failure(site: Site) -> None:
    site.web.files.clear()
    with pytest.raises(f.RevocationUnknown) as caught:
        site.log_in(issue())
    assert len(caught.value.attempts) == 2
