"""OCSP answers: good ones of every kind of responder, each attack on one, and when a responder is asked at all."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from cardlogin_server import Anchors, CrlRevocation
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.clock import utc_now
from cardlogin_server.failures import CertificateRevoked, CertificateSuspended, RevocationUnknown
from cardlogin_server.revocation.policy import Nonce, RevocationPolicies, RevocationPolicy, UseOcsp
from tests.stand.waiting import LIMIT
from tests.unit.cardlogin_server.pki import COMPLETE, HOST, NOW, PARTITION, impostor, issue, moeaca, moica, root
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, HOLD, Web, partition
from tests.unit.cardlogin_server.revocation.responders import REVOKED, UNKNOWN, URL, Responder, card, delegate
from tests.unit.cardlogin_server.site import Time

SERIAL = 77  # of the responder's own certificate


class Parts:
    """A revocation check whose lists cannot be had, unless a test puts some there."""

    def __init__(self, responder: Responder, **policy: object) -> None:
        self.web, self.time, self.responder = Web(), Time(), responder
        self.web.files.clear()
        rules = RevocationPolicy(**({"use_ocsp": UseOcsp.AFTER_LISTS} | policy))  # type: ignore[arg-type]
        anchors = Anchors.from_der([root().der], [moica().der, moeaca().der])
        self.revocation = CrlRevocation(
            anchors, frozenset({HOST}), self.web, self.time, policies=RevocationPolicies(rules), post=responder
        )

    def check(self) -> None:
        self.revocation.check(read_leaf(self.responder.card.der))

    def why(self) -> str:
        with pytest.raises(RevocationUnknown) as caught:
            self.check()
        return caught.value.attempts[-1]


def own_key() -> Responder:
    return Responder(signer=moica(), send_certificate=False)


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("make", [Responder, own_key], ids=["delegated", "the_authority_itself"])
def test_good_answer(make: type[Responder], by_name: bool) -> None:
    responder = make()
    responder.by_name = by_name
    Parts(responder).check()
    assert len(responder.asked) == 1


def test_designated_responder() -> None:
    stranger = delegate(moeaca(), usage=False)
    responder = Responder(signer=stranger, send_certificate=False)
    Parts(responder, designated_responders=(stranger.certificate,)).check()
    assert Parts(responder).why() == f"{URL}: answer names a signer that is not known"


def test_designated_responder_whose_certificate_ended() -> None:
    stranger = delegate(moeaca(), days=-1)
    responder = Responder(signer=stranger, send_certificate=False)
    assert "not valid now" in Parts(responder, designated_responders=(stranger.certificate,)).why()


def test_revoked() -> None:
    with pytest.raises(CertificateRevoked) as caught:
        Parts(Responder(status=REVOKED, reason=COMPROMISE)).check()
    assert caught.value.reason == "keyCompromise"
    assert caught.value.revoked_at == NOW - timedelta(days=3)


def test_revoked_without_reason() -> None:
    with pytest.raises(CertificateRevoked):
        Parts(Responder(status=REVOKED)).check()


def test_suspended() -> None:
    with pytest.raises(CertificateSuspended):
        Parts(Responder(status=REVOKED, reason=HOLD)).check()


STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"status": UNKNOWN}, "does not know", id="unknown"),
        pytest.param({"card": issue()}, "names no responder", id="no_address"),
        pytest.param({"nonce": lambda sent: b"x" * 32}, "another nonce", id="replayed_nonce"),
        pytest.param({"this_update": NOW + timedelta(minutes=6)}, "future", id="from_the_future"),
        pytest.param({"next_update": NOW}, "stale", id="next_update_passed"),
        pytest.param({"this_update": NOW - timedelta(hours=24), "next_update": None}, "stale", id="too_old"),
        pytest.param({"this_update": NOW - timedelta(hours=24)}, "stale", id="too_old_whatever_the_next_update_says"),
        pytest.param({"signer": delegate(impostor())}, "not the authority's", id="same_name_other_key"),
        pytest.param({"signer": delegate(moeaca())}, "not the authority's", id="another_authoritys_responder"),
        pytest.param({"signer": delegate(usage=False)}, "not for OCSP", id="card_as_responder"),
        pytest.param({"signer": delegate(signing=False, extra=STRANGE)}, "critical", id="strange_critical"),
        pytest.param({"signer": delegate(days=-1)}, "not valid now", id="responder_expired"),
        pytest.param({"signer": delegate(bits=1024)}, "weak key", id="weak_key"),
        pytest.param({"signer": delegate(), "send_certificate": False}, "not known", id="certificate_left_out"),
        pytest.param({"issuer": moeaca()}, "another certificate", id="another_issuer"),
        pytest.param({"hash_kind": hashes.SHA1}, "another certificate", id="another_hash"),
        pytest.param({"critical": STRANGE}, "critical", id="critical_extension"),
        pytest.param({"raw": b""}, "cannot be read", id="empty"),
        pytest.param({"raw": b"<html>"}, "cannot be read", id="a_web_page"),
        pytest.param({"raw": b"\x30" * 65_537}, "too large", id="too_large"),
        pytest.param({"raw": bytes.fromhex("30030a0103")}, "try_later", id="try_later"),
        pytest.param({"raw": bytes.fromhex("30030a0106")}, "unauthorized", id="unauthorized"),
    ],
)
def test_answer_is_refused(changes: dict[str, object], why: str) -> None:
    assert why in Parts(Responder(**changes)).why()  # type: ignore[arg-type]


def test_answer_about_another_certificate() -> None:
    responder = Responder()
    parts = Parts(responder)
    other = card(serial_number=4)
    leaf = read_leaf(responder.card.der)
    responder.card = other
    with pytest.raises(RevocationUnknown, match="another certificate"):
        parts.revocation.check(leaf)


def test_spoilt_signature() -> None:
    responder = Responder()
    parts = Parts(responder, nonce=Nonce.NEVER)
    parts.check()
    content = bytearray(responder(URL, responder.asked[0], "application/ocsp-request", 65_536))
    signature = ocsp.load_der_ocsp_response(bytes(content)).signature
    place = bytes(content).index(signature)
    content[place + 100] ^= 1
    responder.raw = bytes(content)
    assert "not signed" in parts.why()


@pytest.mark.parametrize("nonce", [Nonce.OPTIONAL, Nonce.REQUIRED, Nonce.NEVER])
def test_answer_without_nonce(nonce: Nonce) -> None:
    parts = Parts(Responder(nonce=lambda sent: None), nonce=nonce)
    if nonce is Nonce.REQUIRED:
        assert "no nonce" in parts.why()
    else:
        parts.check()


def test_nonces_are_fresh_and_long() -> None:
    parts = Parts(Responder())
    parts.check()
    parts.check()
    nonces = {
        ocsp.load_der_ocsp_request(body).extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        for body in parts.responder.asked
    }
    assert len(nonces) == 2
    assert {len(nonce) for nonce in nonces} == {32}


def test_nonce_that_was_not_asked_for() -> None:
    responder = Responder()
    Parts(responder).check()
    kept = responder(URL, responder.asked[0], "application/ocsp-request", 65_536)
    responder.raw = kept
    assert "another nonce" in Parts(responder, nonce=Nonce.NEVER).why()


def test_old_certificate_id() -> None:
    Parts(Responder(hash_kind=hashes.SHA1), old_certificate_id=True).check()


def test_responder_without_no_check_is_looked_up() -> None:
    signer = delegate(no_check=False, addresses=(COMPLETE,))
    parts = Parts(Responder(signer=signer))
    assert "responder's certificate" in parts.why()
    parts = Parts(Responder(signer=signer))
    parts.web.files[COMPLETE] = Web().files[COMPLETE]
    parts.responder.card = card(addresses=(PARTITION,))
    parts.check()


@pytest.mark.parametrize("reason", [COMPROMISE, HOLD])
def test_revoked_responder(reason: x509.ReasonFlags) -> None:
    parts = Parts(Responder(signer=delegate(no_check=False, addresses=(PARTITION,))), use_ocsp=UseOcsp.BEFORE_LISTS)
    parts.web.files[PARTITION] = partition(revoked=((SERIAL, reason),))
    parts.check()  # the list answers in its place
    del parts.web.files[PARTITION]
    parts.responder.card = card(addresses=(COMPLETE,))
    with pytest.raises(RevocationUnknown, match="responder's certificate is revoked"):
        parts.check()


def test_responder_is_not_asked_by_default() -> None:
    responder = Responder()
    assert "unreachable" in Parts(responder, use_ocsp=UseOcsp.NEVER).why()
    assert responder.asked == []


def test_responder_is_not_asked_when_a_list_answers() -> None:
    parts = Parts(Responder(status=REVOKED))
    parts.web.files[PARTITION] = partition()
    parts.check()
    assert parts.responder.asked == []


def test_responder_first() -> None:
    parts = Parts(Responder(), use_ocsp=UseOcsp.BEFORE_LISTS)
    parts.check()
    assert parts.web.asked == []
    parts.responder.raw = b""
    with pytest.raises(RevocationUnknown) as caught:
        parts.check()
    assert [text.split(": ")[0] for text in caught.value.attempts] == [URL, PARTITION, COMPLETE]


def test_responder_on_a_host_that_is_not_allowed() -> None:
    responder = Responder()
    parts = Parts(responder)
    anchors = Anchors.from_der([root().der], [moica().der])
    policies = RevocationPolicies(RevocationPolicy(use_ocsp=UseOcsp.BEFORE_LISTS))
    elsewhere = CrlRevocation(
        anchors, frozenset({"other.test"}), parts.web, parts.time, policies=policies, post=responder
    )
    with pytest.raises(RevocationUnknown, match="not allowed"):
        elsewhere.check(read_leaf(responder.card.der))
    assert responder.asked == []


@given(st.integers(0, 5_000), st.binary(min_size=1, max_size=6))
def test_no_changed_answer_is_believed(place: int, change: bytes) -> None:
    """What is not signed (the certificates sent along) may differ; what is said may not."""
    responder = Responder(status=REVOKED, reason=COMPROMISE)
    parts = Parts(responder, nonce=Nonce.NEVER)
    with pytest.raises(CertificateRevoked):
        parts.check()
    good = responder(URL, responder.asked[0], "application/ocsp-request", 65_536)
    place %= len(good)
    responder.raw = good[:place] + change + good[place + len(change) :]
    with pytest.raises((CertificateRevoked, RevocationUnknown)):
        parts.check()


def test_openssl_answers_our_request(tmp_path: Path) -> None:
    """``openssl ocsp`` as the responder: a signer and an encoder that is not PyCA's."""
    # OpenSSL knows no clock but the system's: certificates that last some years.
    signer = delegate(days=1_400)
    files = {"ca.pem": moica().certificate, "signer.pem": signer.certificate}
    for file, certificate in files.items():
        (tmp_path / file).write_bytes(certificate.public_bytes(Encoding.PEM))
    key = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    mine = card()
    serial = f"{mine.certificate.serial_number:X}"

    def post(url: str, body: bytes, kind: str, largest: int) -> bytes:
        (tmp_path / "request").write_bytes(body)
        command = ["openssl", "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "signer.pem", "-rkey",
                   "key.pem", "-reqin", "request", "-respout", "answer", "-ndays", "1"]  # fmt: skip
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=LIMIT)
        return (tmp_path / "answer").read_bytes()

    policy = RevocationPolicy(use_ocsp=UseOcsp.BEFORE_LISTS)
    anchors = Anchors.from_der([root().der], [moica().der])

    def check(line: str) -> None:
        (tmp_path / "index.txt").write_text(line)
        web = Web()
        web.files.clear()
        clock = Time()
        revocation = CrlRevocation(
            anchors, frozenset({HOST}), web, clock, policies=RevocationPolicies(policy), post=post
        )
        clock.now = utc_now()
        revocation.check(read_leaf(mine.der))

    check(f"V\t301101000000Z\t\t{serial}\tunknown\t/CN=x\n")
    with pytest.raises(CertificateRevoked):
        check(f"R\t301101000000Z\t261030000000Z,keyCompromise\t{serial}\tunknown\t/CN=x\n")
    with pytest.raises(CertificateSuspended):
        check(f"R\t301101000000Z\t261030000000Z,certificateHold\t{serial}\tunknown\t/CN=x\n")
    with pytest.raises(RevocationUnknown, match="does not know"):
        check("")
