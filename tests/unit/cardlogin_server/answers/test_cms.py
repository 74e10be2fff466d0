"""The old component's PKCS7 answers: good ones, and every attack by its name."""

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardlogin_server import CardLoginError, Family, Purpose
from cardlogin_server import failures as f
from cardlogin_server.answers.hipki import OldComponentAnswer, unverified_certificate
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.answers.cms_building import (
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    TIMESTAMP,
    Answer,
    algorithm,
    digest_algorithm,
    octets,
    pss,
)
from tests.unit.cardlogin_server.pki import Profile, attribute, der, issue, oid, utf8
from tests.unit.cardlogin_server.site import SESSION, Site


def printable(text: str) -> bytes:
    return der(0x13, text.encode())


def answer(site: Site, **fields: object) -> Answer:
    return Answer(card=issue(), challenge=site.issue()).but(**fields)


def verify(site: Site, made: Answer, text: str = "") -> OldComponentAnswer:
    return site.old_component().verify_pkcs7(
        text or made.text, challenge=made.challenge, session_id=SESSION, purpose=Purpose.LOGIN
    )


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["pkcs1", "pss"])
def test_citizen_logs_in_with_rsa(site: Site, hash_name: str, kind: str) -> None:
    found = verify(site, answer(site, hash_name=hash_name, kind=kind))
    assert found.identity.binding_key == "moica:0000000112345678"
    assert (found.claimed_nonce, found.claimed_card_number) == (None, None)


@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.SECP384R1, ec.SECP521R1])
@pytest.mark.parametrize("hash_name", ["sha256", "sha384"])
def test_citizen_logs_in_with_an_elliptic_curve(site: Site, curve: type[ec.EllipticCurve], hash_name: str) -> None:
    card = issue(Profile(key=pki.ec_key(curve)))
    made = answer(site, card=card, kind="ecdsa", hash_name=hash_name)
    assert verify(site, made).identity.holder_name == "王小明"


def test_company_logs_in(site: Site) -> None:
    assert verify(site, answer(site, card=issue(pki.company()))).identity.family is Family.COMPANY


def test_signature_algorithm_that_names_the_hash_too(site: Site) -> None:
    made = answer(site, signature_algorithm=algorithm("1.2.840.113549.1.1.11", b"\x05\0"))
    assert verify(site, made).identity.holder_name


@pytest.mark.parametrize("text", [utf8, printable], ids=["utf8", "printable"])
def test_nonce_and_card_number_are_claims(site: Site, text: Callable[[str], bytes]) -> None:
    made = answer(site).claiming(text("server nonce 1"), text("TP00000000000001"))
    found = verify(site, made)
    assert (found.claimed_nonce, found.claimed_card_number) == ("server nonce 1", "TP00000000000001")
    assert "TP00000000000001" not in repr(found.identity)


def test_certificate_inside_before_anything_is_verified(site: Site) -> None:
    made = answer(site, signature=b"\0")
    assert unverified_certificate(made.text) == made.card.der
    with pytest.raises(f.TokenMalformed):
        unverified_certificate("x")


# Attacks on the shape: refused as malformed, and the challenge stays good


MALFORMED: dict[str, dict[str, object]] = {
    "two_signers": {"signers": 2},
    "no_signer": {"signers": 0},
    "no_signed_attributes": {"signed_attributes": False},
    "unsigned_attributes": {"unsigned_attributes": der(0xA1, attribute("1.2.3", utf8("x")))},
    "content_detached": {"detached": True},
    "content_of_another_type": {"content_type": TIMESTAMP, "signed_content_type": TIMESTAMP},
    "signed_content_type_of_another_type": {"signed_content_type": TIMESTAMP},
    "signed_content_type_missing": {"attributes": (attribute(MESSAGE_DIGEST, octets(bytes(32))),)},
    "message_digest_missing": {"attributes": (attribute(CONTENT_TYPE, oid(DATA)),)},
    "message_digest_twice": {"more_attributes": (attribute(MESSAGE_DIGEST, octets(bytes(32))),)},
    "message_digest_with_two_values": {
        "attributes": (
            attribute(CONTENT_TYPE, oid(DATA)),
            der(0x30, oid(MESSAGE_DIGEST), der(0x31, octets(bytes(32)), octets(bytes(32)))),
        )
    },
    "message_digest_without_value": {
        "attributes": (attribute(CONTENT_TYPE, oid(DATA)), der(0x30, oid(MESSAGE_DIGEST), der(0x31)))
    },
    "message_digest_of_another_type": {
        "attributes": (attribute(CONTENT_TYPE, oid(DATA)), attribute(MESSAGE_DIGEST, utf8("x" * 32)))
    },
    "unknown_signed_attribute": {"more_attributes": (attribute("1.2.840.113549.1.9.15", der(0x30)),)},
    "no_certificate": {"certificates": ()},
    "extra_certificate": {"certificates": (issue().der, pki.moica().der)},
    "same_certificate_twice": {"certificates": (issue().der, issue().der)},
    "attribute_certificate": {"certificates": (der(0xA2, der(0x02, b"\1")),)},
    "revocation_list_inside": {"lists": der(0xA1, der(0x30))},
    "two_digest_algorithms": {"digest_algorithms": (digest_algorithm("sha256"), digest_algorithm("sha512"))},
    "digest_algorithms_that_differ": {"digest_algorithms": (digest_algorithm("sha512"),)},
    "digest_algorithm_with_parameters": {"digest_algorithms": (algorithm("2.16.840.1.101.3.4.2.1", der(0x04)),)},
    "signature_algorithm_of_another_hash": {"signature_algorithm": algorithm("1.2.840.113549.1.1.13", b"\x05\0")},
    "signature_algorithm_dsa": {"signature_algorithm": algorithm("2.16.840.1.101.3.4.3.2")},
    "signature_algorithm_unknown": {"signature_algorithm": algorithm("1.2.3.4")},
    "pss_with_a_short_salt": {"kind": "pss", "signature_algorithm": pss("sha256", salt=0)},
    "pss_with_another_mask_hash": {"kind": "pss", "signature_algorithm": pss("sha256", mask_hash="sha1")},
    "pss_without_parameters": {"kind": "pss", "signature_algorithm": algorithm("1.2.840.113549.1.1.10")},
    "version_of_the_message": {"version": 3},
    "version_of_the_signer": {"signer_version": 3},
    "signer_named_by_key_identifier": {"key_identifier": True, "signer_version": 3},
    "signer_named_by_key_identifier_in_version_1": {"key_identifier": True},
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(site: Site, name: str) -> None:
    made = answer(site, **MALFORMED[name])
    with pytest.raises(f.TokenMalformed):
        verify(site, made)
    # The same parts without the fault log in, so it was this fault that was refused, and it spent nothing.
    assert verify(site, Answer(card=made.card, challenge=made.challenge)).identity.holder_name == "王小明"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(octets(b"TP00000000000001"), id="octets"),
        pytest.param(utf8("x" * 128), id="long"),
        pytest.param(utf8("TP0\n0"), id="line_end"),
        pytest.param(utf8("TP\u202e0"), id="direction"),
        pytest.param(der(0x0C, b"\xff"), id="not_utf8"),
        pytest.param(der(0x30, utf8("x")), id="sequence"),
    ],
)
def test_claim_that_is_not_a_short_text(site: Site, value: bytes) -> None:
    with pytest.raises(f.TokenMalformed):
        verify(site, answer(site).claiming(card_number=value))


def test_certificate_swapped_for_another_persons(site: Site) -> None:
    victim = issue(Profile(key=pki.rsa_key("victim"), serial_number=77))
    with pytest.raises(f.TokenMalformed):
        verify(site, answer(site, certificates=(victim.der,)))
    with pytest.raises(f.SignatureInvalid):
        verify(site, answer(site, certificates=(victim.der,), named=victim))


def test_signer_names_another_certificate(site: Site) -> None:
    with pytest.raises(f.TokenMalformed):
        verify(site, answer(site, named=issue(Profile(serial_number=78))))


def test_signer_names_the_impostors_authority(site: Site) -> None:
    with pytest.raises(f.TokenMalformed):
        verify(site, answer(site, named=issue(pki.company())))


# Attacks on the content: the challenge is spent


def test_wrong_message_digest(site: Site) -> None:
    with pytest.raises(f.SignatureInvalid):
        verify(site, answer(site, digest=hashlib.sha256(b"other").digest()))


def test_message_digest_of_another_length(site: Site) -> None:
    with pytest.raises(f.SignatureInvalid):
        verify(site, answer(site, digest=b""))


def test_content_of_another_challenge(site: Site) -> None:
    other = site.issue()
    with pytest.raises(f.SignatureInvalid):
        verify(site, answer(site, content=other.encode()))


@pytest.mark.parametrize("content", [b"", b"TBS", b"\0"])
def test_content_that_is_no_challenge(site: Site, content: bytes) -> None:
    with pytest.raises(f.SignatureInvalid):
        verify(site, answer(site, content=content))


def test_challenge_with_more_after_it(site: Site) -> None:
    made = answer(site)
    with pytest.raises(f.SignatureInvalid):
        verify(site, made.but(content=made.challenge.encode() + b"\n"))


def test_signature_over_the_content_and_not_over_the_attributes(site: Site) -> None:
    made = answer(site)
    with pytest.raises(f.SignatureInvalid):
        verify(site, made.but(signature=made.sign(made.challenge.encode())))


def test_signature_over_the_attributes_with_their_tag_in_the_message(site: Site) -> None:
    made = answer(site)
    # RFC 5652 section 5.4: the tag [0] is replaced by SET before hashing.
    members = made.signer().split(b"\xa0", 1)[1]
    with pytest.raises(f.SignatureInvalid):
        verify(site, made.but(signature=made.sign(b"\xa0" + members)))


def test_signature_of_zeros(site: Site) -> None:
    with pytest.raises(f.SignatureInvalid):
        verify(site, answer(site, signature=bytes(256)))


def test_answer_used_twice(site: Site) -> None:
    made = answer(site)
    verify(site, made)
    with pytest.raises(f.ChallengeUsed):
        verify(site, made)


def test_answer_for_another_purpose(site: Site) -> None:
    made = answer(site)
    with pytest.raises(f.ChallengePurposeWrong):
        site.old_component().verify_pkcs7(
            made.text, challenge=made.challenge, session_id=SESSION, purpose=Purpose.RESET
        )


def test_answer_in_another_session(site: Site) -> None:
    made = answer(site)
    with pytest.raises(f.ChallengeSessionWrong):
        site.old_component().verify_pkcs7(
            made.text, challenge=made.challenge, session_id="stranger", purpose=Purpose.LOGIN
        )


# Hashes, keys, certificates


def test_sha1(site: Site) -> None:
    with pytest.raises(f.AlgorithmMismatch):
        verify(site, answer(site, hash_name="sha1"))


def test_sha1_where_a_portal_shouts_for_it(site: Site) -> None:
    made = answer(site, hash_name="sha1")
    found = site.old_component(ACCEPT_SHA1=True).verify_pkcs7(
        made.text, challenge=made.challenge, session_id=SESSION, purpose=Purpose.LOGIN
    )
    assert found.identity.holder_name == "王小明"


def test_rsa_1024(site: Site) -> None:
    with pytest.raises(f.CertificateUnusable):
        verify(site, answer(site, card=issue(Profile(key=pki.rsa_key("small", 1024)))))


def test_curve_that_is_not_on_the_list(site: Site) -> None:
    with pytest.raises(f.AlgorithmMismatch):
        verify(site, answer(site, card=issue(Profile(key=pki.ec_key(ec.SECP256K1))), kind="ecdsa"))


def test_rsa_signature_said_to_be_ecdsa(site: Site) -> None:
    with pytest.raises(f.AlgorithmMismatch):
        verify(site, answer(site, signature_algorithm=algorithm("1.2.840.10045.4.3.2")))


@pytest.mark.parametrize(
    ("profile", "failure"),
    [
        pytest.param(Profile(usage=pki.ENCIPHERMENT), f.CertificateUnusable, id="encryption_certificate"),
        pytest.param(Profile(issuer=pki.impostor()), f.CertificateUntrusted, id="same_named_authority"),
        pytest.param(Profile(policies=("2.16.886.101.0.3.0",)), f.CertificatePolicyRefused, id="test_policy"),
        pytest.param(Profile(not_after=pki.NOW - timedelta(days=1)), f.CertificateExpired, id="expired"),
        pytest.param(Profile(serial_number=4711), f.CertificateRevoked, id="revoked"),
    ],
)
def test_certificate_is_held_to_the_same_rules(site: Site, profile: Profile, failure: type[CardLoginError]) -> None:
    with pytest.raises(failure):
        verify(site, answer(site, card=issue(profile)))


def test_nothing_is_fetched_for_an_unsigned_answer(site: Site) -> None:
    with pytest.raises(f.SignatureInvalid):
        verify(site, answer(site, signature=bytes(256)))
    assert site.web.asked == []


def test_answer_is_base64_of_the_usual_kind(site: Site) -> None:
    made = answer(site)
    for text in (made.text + "\n", made.text.replace("A", "-", 1), made.text.rstrip("=") + "==="):
        with pytest.raises(f.TokenMalformed):
            verify(site, made, text)
    assert base64.b64decode(made.text) == made.der()
