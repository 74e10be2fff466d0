"""The old component's PKCS1 answers: a bare signature and the certificate beside it."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardlogin_server import Identity, Purpose
from cardlogin_server import failures as f
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.answers.cms_building import Answer, sign
from tests.unit.cardlogin_server.pki import Card, Profile, issue
from tests.unit.cardlogin_server.site import ORIGIN, SESSION, Site
from tests.unit.cardlogin_server.site import sign as sign_token


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def verify(
    site: Site, card: Card, challenge: str, signature: bytes, hash_algorithm: str = "SHA256", sha1: bool = False
) -> Identity:
    return site.old_component(ACCEPT_SHA1=sha1).verify_pkcs1(
        encoded(signature),
        certificate=encoded(card.der),
        hash_algorithm=hash_algorithm,
        challenge=challenge,
        session_id=SESSION,
        purpose=Purpose.LOGIN,
    )


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_citizen_logs_in(site: Site, hash_name: str) -> None:
    card, challenge = issue(), site.issue()
    signature = sign(card, "pkcs1", hash_name, challenge.encode())
    assert verify(site, card, challenge, signature, hash_name.upper()).holder_name == "王小明"
    with pytest.raises(f.ChallengeUsed):
        verify(site, card, challenge, signature, hash_name.upper())


def test_signature_of_another_hash_than_asked_for(site: Site) -> None:
    card, challenge = issue(), site.issue()
    with pytest.raises(f.SignatureInvalid):
        verify(site, card, challenge, sign(card, "pkcs1", "sha512", challenge.encode()))


def test_signature_over_another_challenge(site: Site) -> None:
    card, challenge = issue(), site.issue()
    with pytest.raises(f.SignatureInvalid):
        verify(site, card, challenge, sign(card, "pkcs1", "sha256", site.issue().encode()))


def test_pss_signature(site: Site) -> None:
    card, challenge = issue(), site.issue()
    with pytest.raises(f.SignatureInvalid):
        verify(site, card, challenge, sign(card, "pss", "sha256", challenge.encode()))


def test_signature_out_of_a_token(site: Site) -> None:
    card, challenge = issue(), site.issue()
    with pytest.raises(f.SignatureInvalid):
        verify(site, card, challenge, sign_token(card.key, "RS256", ORIGIN, challenge))


def test_signature_out_of_a_pkcs7_answer(site: Site) -> None:
    card, challenge = issue(), site.issue()
    made = Answer(card=card, challenge=challenge)
    with pytest.raises(f.SignatureInvalid):
        verify(site, card, challenge, made.der()[-256:])


def test_certificate_swapped_for_another_persons(site: Site) -> None:
    challenge = site.issue()
    signature = sign(issue(), "pkcs1", "sha256", challenge.encode())
    with pytest.raises(f.SignatureInvalid):
        verify(site, issue(Profile(key=pki.rsa_key("victim"))), challenge, signature)


@pytest.mark.parametrize("name", ["SHA1", "MD5", "", "SHA3-256", "sha1 "])
def test_weak_or_unknown_hash(site: Site, name: str) -> None:
    card, challenge = issue(), site.issue()
    with pytest.raises(f.AlgorithmMismatch):
        verify(site, card, challenge, bytes(256), name)


def test_sha1_where_a_portal_shouts_for_it(site: Site) -> None:
    card, challenge = issue(), site.issue()
    signature = sign(card, "pkcs1", "sha1", challenge.encode())
    assert verify(site, card, challenge, signature, "SHA1", sha1=True).holder_name


def test_key_that_is_not_rsa(site: Site) -> None:
    card, challenge = issue(Profile(key=pki.ec_key(ec.SECP256R1))), site.issue()
    with pytest.raises(f.AlgorithmMismatch):
        verify(site, card, challenge, sign(card, "ecdsa", "sha256", challenge.encode()))


def test_rsa_1024(site: Site) -> None:
    card, challenge = issue(Profile(key=pki.rsa_key("small", 1024))), site.issue()
    with pytest.raises(f.CertificateUnusable):
        verify(site, card, challenge, sign(card, "pkcs1", "sha256", challenge.encode()))


@pytest.mark.parametrize(
    ("signature", "certificate"),
    [
        ("", "AAAA"),
        ("AAAA", ""),
        ("AAAA", "AAAA"),
        ("A" * 1_000_000, encoded(issue().der)),
        (encoded(bytes(256)), "A" * 1_000_000),
        ("====", encoded(issue().der)),
        ("\u00e9", encoded(issue().der)),
    ],
)
def test_malformed_or_huge(site: Site, signature: str, certificate: str) -> None:
    with pytest.raises(f.TokenMalformed):
        site.old_component().verify_pkcs1(
            signature, certificate=certificate, challenge=site.issue(), session_id=SESSION, purpose=Purpose.LOGIN
        )
