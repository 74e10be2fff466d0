"""Whole log-ins: the good ones, and every attack by its name."""

import base64
import json
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardlogin_server import CardLoginError, Family, Purpose, Verifier
from cardlogin_server import failures as f
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import NOW, Profile, issue
from tests.unit.cardlogin_server.site import ORIGIN, Site, make_fields, make_token, sign


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_citizen_logs_in_with_rsa(site: Site, algorithm: str) -> None:
    challenge = site.issue()
    card = issue()
    identity = site.verify(make_token(card, challenge, algorithm=algorithm), challenge)
    assert identity.family is Family.CITIZEN
    assert identity.holder_name == "王小明"
    assert identity.binding_key == "moica:0000000112345678"
    assert identity.last_four == "6789"
    assert identity.certificate_der == card.der


@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.SECP384R1, ec.SECP521R1])
def test_citizen_logs_in_with_an_elliptic_curve(site: Site, curve: type[ec.EllipticCurve]) -> None:
    assert site.log_in(issue(Profile(key=pki.ec_key(curve)))).subject_serial == "0000000112345678"


def test_company_logs_in(site: Site) -> None:
    identity = site.log_in(issue(pki.company()))
    assert identity.family is Family.COMPANY
    assert identity.holder_name == "測試股份有限公司"
    assert identity.binding_key == f"moeaca:{pki.BUSINESS_NUMBER}"
    assert identity.last_four is None


# Origin, challenge, session, purpose


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://portal.example",
        "https://portal.example:8443",
        "https://PORTAL.example",
        "https://portal.example.",
        "",
    ],
)
def test_token_for_another_origin(site: Site, origin: str) -> None:
    challenge = site.issue()
    with pytest.raises(f.SignatureInvalid):
        site.verify(make_token(issue(), challenge, origin=origin), challenge)


def test_token_for_an_origin_with_trailing_slash(site: Site) -> None:
    challenge = site.issue()
    with pytest.raises(f.SignatureInvalid):
        site.verify(make_token(issue(), challenge, origin=f"{ORIGIN}/"), challenge)


def test_login_signature_used_for_reset(site: Site) -> None:
    challenge = site.issue(Purpose.LOGIN)
    with pytest.raises(f.ChallengePurposeWrong) as caught:
        site.verify(make_token(issue(), challenge), challenge, purpose=Purpose.RESET)
    assert (caught.value.expected, caught.value.found) == ("reset", "login")


@pytest.mark.parametrize("other", [purpose for purpose in Purpose if purpose is not Purpose.TEST])
def test_signature_of_a_trial_opens_nothing_and_no_other_passes_for_a_trial(site: Site, other: Purpose) -> None:
    for signed, wanted in ((Purpose.TEST, other), (other, Purpose.TEST)):
        challenge = site.issue(signed)
        with pytest.raises(f.ChallengePurposeWrong):
            site.verify(make_token(issue(), challenge), challenge, purpose=wanted)


def test_login_signature_used_for_reset_by_rewriting_the_purpose(site: Site) -> None:
    challenge = site.issue(Purpose.LOGIN)
    renamed = challenge.replace(".login", ".reset")
    with pytest.raises(f.ChallengeUnknown):
        site.verify(make_token(issue(), challenge), renamed, purpose=Purpose.RESET)


def test_login_signature_used_with_a_reset_challenge(site: Site) -> None:
    login, reset = site.issue(Purpose.LOGIN), site.issue(Purpose.RESET)
    with pytest.raises(f.SignatureInvalid):
        site.verify(make_token(issue(), login), reset, purpose=Purpose.RESET)


def test_nonce_expired(site: Site) -> None:
    challenge = site.issue()
    site.time.pass_by(300)
    with pytest.raises(f.ChallengeExpired) as caught:
        site.verify(make_token(issue(), challenge), challenge)
    assert caught.value.expired_at == NOW + timedelta(seconds=300)


def test_nonce_in_its_last_second(site: Site) -> None:
    challenge = site.issue()
    site.time.pass_by(299)
    assert site.verify(make_token(issue(), challenge), challenge).holder_name == "王小明"


def test_nonce_used_twice(site: Site) -> None:
    challenge = site.issue()
    token = make_token(issue(), challenge)
    site.verify(token, challenge)
    with pytest.raises(f.ChallengeUsed):
        site.verify(token, challenge)


def test_nonce_is_spent_by_a_bad_signature(site: Site) -> None:
    challenge = site.issue()
    with pytest.raises(f.SignatureInvalid):
        site.verify(make_token(issue(), challenge, origin="https://evil.example"), challenge)
    with pytest.raises(f.ChallengeUsed):
        site.verify(make_token(issue(), challenge), challenge)


def test_nonce_of_another_session(site: Site) -> None:
    challenge = site.issue(session="session-two")
    with pytest.raises(f.ChallengeSessionWrong):
        site.verify(make_token(issue(), challenge), challenge)


def test_stranger_cannot_spend_a_nonce(site: Site) -> None:
    challenge = site.issue()
    token = make_token(issue(), challenge)
    with pytest.raises(f.ChallengeSessionWrong):
        site.verify(token, challenge, session="stranger")
    assert site.verify(token, challenge).holder_name == "王小明"


def test_nonce_never_issued(site: Site) -> None:
    challenge = base64.b64encode(bytes(32)).decode() + ".login"
    with pytest.raises(f.ChallengeUnknown):
        site.verify(make_token(issue(), challenge), challenge)


def test_two_threads_with_the_same_nonce_and_exactly_one_wins(site: Site) -> None:
    challenge = site.issue()
    token = make_token(issue(), challenge)
    together = threading.Barrier(8)
    outcomes: list[str] = []

    def log_in() -> None:
        together.wait()
        try:
            outcomes.append(site.verify(token, challenge).holder_name)
        except CardLoginError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=log_in) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["challenge_used"] * 7 + ["王小明"]


# Algorithm, key, signature


def test_ecdsa_signature_in_der(site: Site) -> None:
    card = issue(Profile(key=pki.ec_key(ec.SECP256R1)))
    challenge = site.issue()
    fields = make_fields(card, challenge)
    fields["signature"] = base64.b64encode(sign(card.key, "ES256", ORIGIN, challenge, raw=False)).decode()
    with pytest.raises(f.SignatureInvalid):
        site.verify(json.dumps(fields), challenge)


def test_ecdsa_signature_of_zeros(site: Site) -> None:
    challenge = site.issue()
    fields = make_fields(issue(Profile(key=pki.ec_key(ec.SECP256R1))), challenge)
    fields["signature"] = base64.b64encode(bytes(64)).decode()
    with pytest.raises(f.SignatureInvalid):
        site.verify(json.dumps(fields), challenge)


def test_rsa_1024(site: Site) -> None:
    with pytest.raises(f.CertificateUnusable):
        site.log_in(issue(Profile(key=pki.rsa_key("small", 1024))))


def test_p384_key_labelled_es256(site: Site) -> None:
    challenge = site.issue()
    token = make_token(issue(Profile(key=pki.ec_key(ec.SECP384R1))), challenge, algorithm="ES256")
    with pytest.raises(f.AlgorithmMismatch):
        site.verify(token, challenge)


def test_rsa_key_labelled_es256(site: Site) -> None:
    challenge = site.issue()
    fields = make_fields(issue(), challenge) | {"algorithm": "ES256"}
    with pytest.raises(f.AlgorithmMismatch):
        site.verify(json.dumps(fields), challenge)


def test_ec_key_labelled_rs256(site: Site) -> None:
    challenge = site.issue()
    fields = make_fields(issue(Profile(key=pki.ec_key(ec.SECP256R1))), challenge) | {"algorithm": "RS256"}
    with pytest.raises(f.AlgorithmMismatch):
        site.verify(json.dumps(fields), challenge)


def test_signature_of_another_hash(site: Site) -> None:
    challenge = site.issue()
    fields = make_fields(issue(), challenge, algorithm="RS512") | {"algorithm": "RS256"}
    with pytest.raises(f.SignatureInvalid):
        site.verify(json.dumps(fields), challenge)


def test_certificate_swapped_for_another_persons(site: Site) -> None:
    challenge = site.issue()
    victim = issue(Profile(key=pki.rsa_key("victim")))
    fields = make_fields(issue(), challenge)
    fields["unverifiedCertificate"] = base64.b64encode(victim.der).decode()
    with pytest.raises(f.SignatureInvalid):
        site.verify(json.dumps(fields), challenge)


def test_nothing_is_fetched_for_an_unsigned_token(site: Site) -> None:
    challenge = site.issue()
    fields = make_fields(issue(), challenge) | {"signature": base64.b64encode(bytes(256)).decode()}
    with pytest.raises(f.SignatureInvalid):
        site.verify(json.dumps(fields), challenge)
    assert site.web.asked == []


# The verifier itself


@pytest.mark.parametrize(
    "origin",
    [
        "https://portal.example/",
        "http://portal.example",
        "https://Portal.example",
        "https://portal.example:443",
        "https://portal.example:0",
        "https://user@portal.example",
        "https://入口.example",
        "https://portal.example\n",
        "portal.example",
        "null",
        "",
    ],
)
def test_origin_must_be_as_browsers_write_it(site: Site, origin: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        _verifier(site, origin=origin)


@pytest.mark.parametrize(
    "origin", ["https://portal.test:8443", "https://xn--kbto70f.example", "https://localhost:4430"]
)
def test_origin_as_browsers_write_it(site: Site, origin: str) -> None:
    assert isinstance(_verifier(site, origin=origin), Verifier)


def test_some_policy_must_be_accepted(site: Site) -> None:
    with pytest.raises(ValueError, match="policy"):
        _verifier(site, policies=frozenset())


def _verifier(site: Site, *, origin: str = ORIGIN, policies: frozenset[str] = frozenset({pki.POLICY})) -> Verifier:
    return Verifier(
        origin=origin,
        anchors=site.anchors,
        challenges=site.challenges,
        revocation=site.revocation,
        policies=policies,
    )
