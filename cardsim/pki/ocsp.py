"""OCSP answers by a responder the authority has designated (RFC 6960)."""

import datetime
from collections.abc import Collection, Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from cardsim.pki.lists import LIFE, REASONS, Revoked
from cardsim.pki.profile import Issuer
from cardsim.pki.store import Publisher

MAX_REQUEST = 2048
"""Largest request in bytes; one for a single certificate has about 120."""
MAX_NONCE = 128
"""Longest nonce (RFC 9654 2.1)."""
_HASHES = (hashes.SHA1, hashes.SHA256)


def respond(
    publisher: Publisher, raw: bytes, known: Collection[int], entries: Mapping[int, Revoked], now: datetime.datetime
) -> bytes:
    """The DER answer to one request about one certificate.

    `known` are the serial numbers the authority has issued, `entries` those that are not good. Raises nothing:
    what is not a request of this kind gets malformedRequest, another authority's certificate unauthorized.
    """
    responder = publisher.responder
    if responder is None:
        return _refuse(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    try:
        request = ocsp.load_der_ocsp_request(raw)
        nonce = _nonce(request)
        serial, algorithm = request.serial_number, request.hash_algorithm
        asked = (request.issuer_name_hash, request.issuer_key_hash)
    except (ValueError, NotImplementedError, x509.UnsupportedGeneralNameType, x509.DuplicateExtension):
        return _refuse(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if not isinstance(algorithm, _HASHES) or asked != _issuer_hashes(publisher.issuer.certificate, algorithm):
        return _refuse(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    builder = _single(asked, serial, algorithm, serial in known, entries.get(serial), now)
    return _sign(builder, responder, nonce)


def _refuse(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def _nonce(request: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    try:
        nonce = request.extensions.get_extension_for_class(x509.OCSPNonce).value
    except x509.ExtensionNotFound:
        return None
    if not 1 <= len(nonce.nonce) <= MAX_NONCE:
        raise ValueError("nonce too long")
    return nonce


def _issuer_hashes(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    """Hashes of the issuer's name and key bits (RFC 6960 4.1.1)."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    name = certificate.subject.public_bytes()
    return _digest(name, algorithm), _digest(key, algorithm)


def _digest(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _single(
    asked: tuple[bytes, bytes],
    serial: int,
    algorithm: hashes.HashAlgorithm,
    known: bool,
    entry: Revoked | None,
    now: datetime.datetime,
) -> ocsp.OCSPResponseBuilder:
    status = ocsp.OCSPCertStatus.GOOD if known else ocsp.OCSPCertStatus.UNKNOWN
    if entry is not None:
        status = ocsp.OCSPCertStatus.REVOKED
    return ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=asked[0],
        issuer_key_hash=asked[1],
        serial_number=serial,
        algorithm=algorithm,
        cert_status=status,
        this_update=now,
        next_update=now + LIFE,
        revocation_time=entry.since if entry else None,
        revocation_reason=REASONS[entry.state] if entry else None,
    )


def _sign(builder: ocsp.OCSPResponseBuilder, responder: Issuer, nonce: x509.OCSPNonce | None) -> bytes:
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    builder = builder.certificates([responder.certificate])
    if nonce is not None:
        builder = builder.add_extension(nonce, False)
    return builder.sign(responder.key, hashes.SHA256()).public_bytes(Encoding.DER)
