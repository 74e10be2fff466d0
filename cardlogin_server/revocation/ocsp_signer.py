"""Who may sign an OCSP answer: the authority, a responder the operator designated, or one the authority delegated."""

from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, SignatureAlgorithmOID

from cardlogin_server.certificates.hashes import SIGNATURE_HASHES, signed_with_good_hash
from cardlogin_server.certificates.leaf import Leaf, read_leaf
from cardlogin_server.failures import CertificateRevoked, CertificateSuspended
from cardlogin_server.revocation.lists import Undecided
from cardlogin_server.revocation.policy import RevocationPolicy

_RSA_SIGNATURES = frozenset(
    {
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
    }
)
_RESPONDER_UNDERSTOOD = frozenset(
    {ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE, ExtensionOID.BASIC_CONSTRAINTS}
)

CheckResponder = Callable[[Leaf], None]
"""Returns only when a responder's own certificate is not revoked; raises as ``Lists.check`` does."""


class AnswerRefused(Exception):
    """The answer cannot be believed or decides nothing; the text says why, in English, for the log."""


def check_signer(
    response: ocsp.OCSPResponse,
    issuer: x509.Certificate,
    policy: RevocationPolicy,
    now: datetime,
    responder_check: CheckResponder,
) -> None:
    """Returns only when one of them signed the answer (RFC 6960 section 4.2.2.2). Raises AnswerRefused, ValueError."""
    if not isinstance(response.signature_hash_algorithm, SIGNATURE_HASHES):
        raise AnswerRefused("answer is signed with a hash that is not accepted")
    if _is_named(response, issuer):
        _verify(response, issuer)
        return
    for designated in policy.designated_responders:
        if _is_named(response, designated):
            _check_dates(designated, now)
            _verify(response, designated)
            return
    for candidate in response.certificates:
        if _is_named(response, candidate):
            _verify(response, candidate)
            _check_delegated(candidate, issuer, now, responder_check)
            return
    raise AnswerRefused("answer names a signer that is not known")


def _is_named(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == certificate.subject
    # RFC 6960 section 4.2.1: KeyHash is SHA-1 of the key's bits, which is also how PyCA makes key identifiers.
    digest = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    return response.responder_key_hash == digest


def _verify(response: ocsp.OCSPResponse, signer: x509.Certificate) -> None:
    key, kind = signer.public_key(), response.signature_hash_algorithm
    if kind is None:
        raise AnswerRefused("answer is signed with a hash that is not accepted")
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if key.key_size < 2_048 or response.signature_algorithm_oid not in _RSA_SIGNATURES:
                raise AnswerRefused("answer is signed with a weak key or in another way than PKCS #1 v1.5")
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(kind))
        else:
            raise AnswerRefused("signer has another kind of key")
    except InvalidSignature as error:
        raise AnswerRefused("answer is not signed by the responder it names") from error


def _check_delegated(
    responder: x509.Certificate, issuer: x509.Certificate, now: datetime, responder_check: CheckResponder
) -> None:
    """RFC 6960 section 4.2.2.2: issued by the same authority, for OCSP, valid, and not itself revoked."""
    if not signed_with_good_hash(responder):
        raise AnswerRefused("responder's certificate is signed with a hash that is not accepted")
    try:
        responder.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise AnswerRefused("responder is not the authority's") from error
    _check_dates(responder, now)
    kinds = {type(extension.value): extension.value for extension in responder.extensions}
    usage = kinds.get(x509.ExtendedKeyUsage)
    if not isinstance(usage, x509.ExtendedKeyUsage) or ExtendedKeyUsageOID.OCSP_SIGNING not in usage:
        raise AnswerRefused("responder's certificate is not for OCSP")
    key_usage = kinds.get(x509.KeyUsage)
    if isinstance(key_usage, x509.KeyUsage) and not key_usage.digital_signature:
        raise AnswerRefused("responder's key may not sign")
    for extension in responder.extensions:
        if extension.critical and extension.oid not in _RESPONDER_UNDERSTOOD:
            raise AnswerRefused("responder's certificate has a critical extension that is not understood")
    if x509.OCSPNoCheck not in kinds:
        _check_not_revoked(responder, responder_check)


def _check_not_revoked(responder: x509.Certificate, responder_check: CheckResponder) -> None:
    try:
        responder_check(read_leaf(responder.public_bytes(Encoding.DER)))
    except (CertificateRevoked, CertificateSuspended) as error:
        raise AnswerRefused("responder's certificate is revoked") from error
    except Undecided as error:
        raise AnswerRefused(f"responder's certificate: {error}") from error


def _check_dates(responder: x509.Certificate, now: datetime) -> None:
    if not responder.not_valid_before_utc <= now <= responder.not_valid_after_utc:
        raise AnswerRefused("responder's certificate is not valid now")
