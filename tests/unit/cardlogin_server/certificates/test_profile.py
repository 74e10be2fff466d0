"""The profile of log-in certificates as data."""

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from cardlogin_server import Purpose, Verifier
from cardlogin_server import failures as f
from cardlogin_server.certificates.leaf import check_leaf, check_profile, read_leaf
from cardlogin_server.certificates.profile import ANY_POLICY, PRODUCTION_POLICIES, TAIWAN, TEST_POLICY, LeafProfile
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import Profile, issue
from tests.unit.cardlogin_server.site import ORIGIN, SESSION, Site, make_token

CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])


def test_taiwan_accepts_a_citizens_and_a_companys_card() -> None:
    check_profile(read_leaf(issue().der), TAIWAN)
    check_profile(read_leaf(issue(pki.company()).der), TAIWAN)


def test_no_policy_is_no_profile() -> None:
    with pytest.raises(ValueError, match="at least one"):
        LeafProfile(policies=frozenset())


def test_any_policy_cannot_be_accepted() -> None:
    with pytest.raises(ValueError, match="anyPolicy"):
        LeafProfile(policies=frozenset({ANY_POLICY, pki.POLICY}))


def test_the_test_policy_needs_the_shouting_switch() -> None:
    policies = frozenset({TEST_POLICY})
    with pytest.raises(ValueError, match="ACCEPTS_THE_TEST_POLICY"):
        LeafProfile(policies=policies)
    leaf = read_leaf(issue(Profile(policies=(TEST_POLICY,))).der)
    check_profile(leaf, LeafProfile(policies=policies, ACCEPTS_THE_TEST_POLICY=True))


@pytest.mark.parametrize("policies", [(TEST_POLICY,), (TEST_POLICY, pki.POLICY), (pki.POLICY, TEST_POLICY)])
def test_production_refuses_the_test_policy_whatever_stands_beside_it(policies: tuple[str, ...]) -> None:
    leaf = read_leaf(issue(Profile(policies=policies)).der)
    with pytest.raises(f.CertificatePolicyRefused):
        check_profile(leaf, TAIWAN)
    with pytest.raises(f.CertificatePolicyRefused):
        check_leaf(leaf, PRODUCTION_POLICIES)


def test_subject_types_may_be_fewer() -> None:
    with pytest.raises(f.CertificateTypeRefused):
        check_profile(read_leaf(issue(pki.company()).der), LeafProfile(subject_types=frozenset({pki.CITIZEN_TYPE})))


def test_subject_type_may_be_left_out_for_other_schemes() -> None:
    leaf = read_leaf(issue(Profile(attributes=None)).der)
    check_profile(leaf, LeafProfile(subject_types=None))
    with pytest.raises(f.CertificateTypeRefused):
        check_profile(leaf, TAIWAN)


def test_client_authentication_may_be_demanded() -> None:
    strict = LeafProfile(client_auth=True)
    check_profile(read_leaf(issue(Profile(more=((CLIENT, False),))).der), strict)
    with pytest.raises(f.CertificateUnusable, match="no extended key usage"):
        check_profile(read_leaf(issue().der), strict)


def verifier(site: Site, **more: object) -> Verifier:
    return Verifier(
        origin=ORIGIN,
        anchors=site.anchors,
        challenges=site.challenges,
        revocation=site.revocation,
        clock=site.time,
        **more,  # type: ignore[arg-type]
    )


def test_verifier_accepts_production_policies_unless_told_otherwise(site: Site) -> None:
    challenge = site.issue()
    found = verifier(site).verify(
        make_token(issue(), challenge), challenge=challenge, session_id=SESSION, purpose=Purpose.LOGIN
    )
    assert found.holder_name


def test_verifier_for_test_cards_must_be_asked_for_loudly(site: Site) -> None:
    policies = frozenset({TEST_POLICY})
    with pytest.raises(ValueError, match="test policy"):
        verifier(site, policies=policies)
    lenient = verifier(site, policies=policies, ACCEPT_THE_TEST_POLICY=True)
    challenge = site.issue()
    token = make_token(issue(Profile(policies=(TEST_POLICY,))), challenge)
    # The authority above is one for production: even the loud switch does not put the test policy into it.
    with pytest.raises(f.CertificatePolicyRefused):
        lenient.verify(token, challenge=challenge, session_id=SESSION, purpose=Purpose.LOGIN)
