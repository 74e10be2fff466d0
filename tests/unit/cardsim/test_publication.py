"""Revocation lists and OCSP answers, checked with the cryptography library and with the openssl command."""

import base64
import datetime
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from hypothesis import example, given
from hypothesis import strategies as st

from cardsim.errors import SimulatorError
from cardsim.pki.index import read_index
from cardsim.pki.lists import next_number
from cardsim.pki.publication import Publication
from cardsim.pki.state import card_states, set_state
from tests.stand.waiting import LIMIT

Certificate = Callable[..., x509.Certificate]


@pytest.fixture
def folder(pki: Path, tmp_path: Path) -> Path:
    """A copy of the PKI whose states a test may change."""
    return Path(shutil.copytree(pki, tmp_path / "pki"))


@pytest.fixture(scope="module")
def publication(pki: Path) -> Publication:
    """What the untouched PKI publishes."""
    return Publication(pki)


@pytest.fixture
def certificate(pki: Path) -> Certificate:
    """Loads a card's certificate."""

    def load(card: str, key: str = "9A") -> x509.Certificate:
        image = json.loads((pki / "cards" / f"{card}.json").read_text())
        return x509.load_der_x509_certificate(base64.b64decode(image["keys"][key]["certificate"]))

    return load


@pytest.fixture(scope="session")
def moica(pki: Path) -> x509.Certificate:
    """The authority that issues citizen cards."""
    return x509.load_der_x509_certificate((pki / "issuers" / "moica.cer").read_bytes())


def _urls(one: x509.Certificate) -> list[str]:
    value = one.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return [point.full_name[0].value for point in value if point.full_name]


def _list(publication: Publication, url: str) -> x509.CertificateRevocationList:
    found = publication.document(urlsplit(url).path)
    assert found is not None
    assert found[1] == "application/pkix-crl"
    return x509.load_der_x509_crl(found[0])


def _reason(crl: x509.CertificateRevocationList, serial: int) -> x509.ReasonFlags | None:
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    return None if entry is None else entry.extensions.get_extension_for_class(x509.CRLReason).value.reason


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("citizen", None),
        ("expired", None),
        ("revoked", x509.ReasonFlags.key_compromise),
        ("suspended", x509.ReasonFlags.certificate_hold),
    ],
)
@pytest.mark.parametrize("key", ["9A", "9D"])
def test_both_lists_of_a_certificate(
    folder: Path, certificate: Certificate, card: str, key: str, reason: x509.ReasonFlags | None
) -> None:
    publication, one = Publication(folder), certificate(card, key)
    for url in _urls(one):
        assert _reason(_list(publication, url), one.serial_number) == reason


def test_a_list_s_fields(folder: Path, certificate: Certificate, moica: x509.Certificate) -> None:
    partition, complete = (_list(Publication(folder), url) for url in _urls(certificate("revoked")))
    for crl in (partition, complete):
        assert crl.is_signature_valid(moica.public_key())  # type: ignore[arg-type]  # an RSA key
        assert crl.issuer == moica.subject
        assert crl.next_update_utc is not None
        assert crl.next_update_utc - crl.last_update_utc == datetime.timedelta(days=1)
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        assert str(number).startswith(crl.last_update_utc.strftime("%Y%m%d"))
    scope = partition.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert scope.critical
    assert scope.value.full_name is not None
    assert [name.value for name in scope.value.full_name] == _urls(certificate("revoked"))[:1]
    with pytest.raises(x509.ExtensionNotFound):
        complete.extensions.get_extension_for_class(x509.IssuingDistributionPoint)


def test_a_partition_names_only_its_own(folder: Path) -> None:
    publication = Publication(folder)
    parts = [_list(publication, f"/crl/moica-{part:02d}.crl") for part in range(1, 5)]
    for number, part in enumerate(parts):
        assert all(entry.serial_number % 4 == number for entry in part)
    complete = _list(publication, "/crl/moica-complete.crl")
    assert sum(len(part) for part in parts) == len(complete) == 4


def test_a_changed_state_shows_at_once(folder: Path, certificate: Certificate) -> None:
    publication, one = Publication(folder), certificate("citizen")
    seen = []
    for state in ("revoked", "suspended", "good"):
        set_state(folder, "citizen", state)
        seen += [_reason(_list(publication, url), one.serial_number) for url in _urls(one)]
    revoked, hold = x509.ReasonFlags.key_compromise, x509.ReasonFlags.certificate_hold
    assert seen == [revoked, revoked, hold, hold, None, None]


def test_unchanged_lists_are_not_signed_again(folder: Path) -> None:
    publication = Publication(folder)
    before = publication.document("/crl/moica-01.crl")
    assert publication.document("/crl/moica-01.crl") == before


def test_numbers_only_grow(folder: Path) -> None:
    day = datetime.datetime(2026, 5, 6, tzinfo=datetime.UTC)
    path = folder / "crl-number"
    path.unlink(missing_ok=True)
    assert [next_number(folder, day) for _ in range(2)] == [2026050601, 2026050602]
    assert next_number(folder, day + datetime.timedelta(days=1)) == 2026050701
    assert next_number(folder, day) == 2026050702
    path.write_text("damaged")
    assert next_number(folder, day) == 2026050601


def test_unknown_cards_and_states(folder: Path) -> None:
    with pytest.raises(SimulatorError, match="there is no card nobody"):
        set_state(folder, "nobody", "good")
    with pytest.raises(SimulatorError, match="not lost"):
        set_state(folder, "citizen", "lost")
    assert not (folder / "state.json").exists()


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"citizen": 1}', '{"citizen": {"state": "lost", "since": 1}}',
     '{"nobody": {"state": "good", "since": 1}}',
     '{"citizen": {"state": "good", "since": 1e400}}', '{"citizen": {"state": "good"}}'],
)  # fmt: skip
def test_damaged_states_stop_everything(folder: Path, content: str) -> None:
    publication = Publication(folder)
    (folder / "state.json").write_text(content)
    with pytest.raises(SimulatorError, match="is damaged"):
        card_states(read_index(folder))
    with pytest.raises(SimulatorError):
        publication.document("/crl/moica-01.crl")
    with pytest.raises(SimulatorError):
        publication.ocsp("/ocsp/moica", b"")


def test_a_damaged_key_is_named(folder: Path) -> None:
    (folder / "authorities" / "moica" / "key.der").write_bytes(b"nonsense")
    with pytest.raises(SimulatorError, match="moica is damaged"):
        Publication(folder)


def test_issuer_certificates(folder: Path, moica: x509.Certificate) -> None:
    found = Publication(folder).document("/certs/moica-IssuedToThisCA.p7b")
    assert found is not None
    assert pkcs7.load_der_pkcs7_certificates(found[0]) == [moica]


def test_other_paths_are_nothing(folder: Path) -> None:
    publication = Publication(folder)
    for path in ("/", "/crl/moica-05.crl", "/crl/imposter-01.crl", "/../pki.json", "/authorities/moica/key.der"):
        assert publication.document(path) is None
        assert not publication.responds_at(path)


def _request(
    one: x509.Certificate, issuer: x509.Certificate, nonce: bytes | None = None, algorithm: HashAlgorithm | None = None
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(one, issuer, algorithm or SHA256())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), False)
    return builder.build().public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("card", "status", "reason"),
    [
        ("citizen", ocsp.OCSPCertStatus.GOOD, None),
        ("expired", ocsp.OCSPCertStatus.GOOD, None),
        ("revoked", ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.key_compromise),
        ("suspended", ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.certificate_hold),
        ("untrusted", ocsp.OCSPCertStatus.UNKNOWN, None),
    ],
)
@pytest.mark.parametrize("algorithm", [SHA1(), SHA256()])  # noqa: S303 (what OCSP clients send)
def test_ocsp_status(
    folder: Path, certificate: Certificate, moica: x509.Certificate, card: str,
    status: ocsp.OCSPCertStatus, reason: x509.ReasonFlags | None, algorithm: HashAlgorithm,
) -> None:  # fmt: skip
    one = certificate(card)
    raw = Publication(folder).ocsp("/ocsp/moica", _request(one, moica, b"n" * 32, algorithm))
    answer = ocsp.load_der_ocsp_response(raw)
    assert (answer.certificate_status, answer.revocation_reason) == (status, reason)
    assert answer.serial_number == one.serial_number
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 32
    answer.certificates[0].verify_directly_issued_by(moica)
    key = answer.certificates[0].public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), SHA256())


def test_no_nonce_asked_none_answered(folder: Path, certificate: Certificate, moica: x509.Certificate) -> None:
    raw = Publication(folder).ocsp("/ocsp/moica", _request(certificate("citizen"), moica))
    assert not list(ocsp.load_der_ocsp_response(raw).extensions)


def _refusal(folder: Path, request: bytes) -> ocsp.OCSPResponseStatus:
    return ocsp.load_der_ocsp_response(Publication(folder).ocsp("/ocsp/moica", request)).response_status


def test_other_issuers_and_hashes_are_unauthorized(
    folder: Path, certificate: Certificate, moica: x509.Certificate
) -> None:
    moeaca = x509.load_der_x509_certificate((folder / "issuers" / "moeaca.cer").read_bytes())
    expected = ocsp.OCSPResponseStatus.UNAUTHORIZED
    assert _refusal(folder, _request(certificate("company"), moeaca)) is expected
    assert _refusal(folder, _request(certificate("citizen"), moica, algorithm=SHA384())) is expected


@pytest.mark.parametrize("nonce", [b"", b"n" * 129])
def test_nonces_have_limits(folder: Path, certificate: Certificate, moica: x509.Certificate, nonce: bytes) -> None:
    request = _request(certificate("citizen"), moica, nonce)
    assert _refusal(folder, request) is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


@given(st.binary(max_size=300))
@example(b"")
@example(bytes.fromhex("30053003300130"))
def test_any_bytes_get_an_ocsp_answer(publication: Publication, raw: bytes) -> None:
    answer = ocsp.load_der_ocsp_response(publication.ocsp("/ocsp/moica", raw))
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def _pem(path: Path, *certificates: x509.Certificate) -> Path:
    path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    return path


def _verify_with_openssl(folder: Path, work: Path, one: x509.Certificate) -> str:
    """The openssl command's verdict with the partition list and full revocation checking."""
    publication = Publication(folder)
    anchors = [x509.load_der_x509_certificate((folder / "anchors" / "root.cer").read_bytes())]
    issuers = [x509.load_der_x509_certificate(path.read_bytes()) for path in (folder / "issuers").iterdir()]
    lists = [_list(publication, url).public_bytes(Encoding.PEM) for url in (_urls(one)[0], "/crl/root-complete.crl")]
    (work / "lists.pem").write_bytes(b"".join(lists))
    command: list[str | Path] = [
        "openssl", "verify", "-crl_check_all", "-extended_crl", "-x509_strict", "-policy_check",
        "-CAfile", _pem(work / "root.pem", *anchors), "-untrusted", _pem(work / "issuers.pem", *issuers),
        "-CRLfile", work / "lists.pem", _pem(work / "card.pem", one),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    return "OK" if done.returncode == 0 else done.stderr


@pytest.mark.parametrize(
    ("card", "verdict"),
    [
        ("citizen", "OK"),
        ("company", "OK"),
        ("ec", "OK"),
        ("revoked", "certificate revoked"),
        ("suspended", "certificate revoked"),
        ("expired", "certificate has expired"),
        ("untrusted", "unable to get local issuer certificate"),
    ],
)
def test_the_openssl_command_agrees(
    folder: Path, tmp_path: Path, certificate: Certificate, card: str, verdict: str
) -> None:
    assert verdict in _verify_with_openssl(folder, tmp_path, certificate(card))
