"""From a log-in certificate to a configured anchor: the issuer by key identifier, the path by signature, the dates."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from relying_party.failures import CertificateExpired, CertificateNotYetValid, CertificateUntrusted
from relying_party.leaf import Leaf, signed_with_good_hash

LARGEST_FILE = 16_384


class Anchors:
    """The roots that are trusted and the issuing authorities below them, all named by the portal's operator.

    Immutable. Issuing authorities are hints only: each must itself lead to a root whenever it is used.
    """

    def __init__(self, roots: Sequence[x509.Certificate], issuers: Sequence[x509.Certificate]) -> None:
        if not roots or not issuers:
            raise ValueError("at least one anchor and one issuing authority are needed")
        for certificate in (*roots, *issuers):
            _require_authority(certificate)
        self._store = Store(list(roots))
        self._issuers = {subject_key_id(issuer): issuer for issuer in issuers}
        if len(self._issuers) != len(issuers):
            raise ValueError("two issuing authorities have the same key identifier")

    @classmethod
    def from_der(cls, anchors: Sequence[bytes], issuers: Sequence[bytes]) -> "Anchors":
        """Anchors of DER certificates. Raises ValueError for one that is not a usable authority's (SHA-1 included)."""
        return cls(_load(anchors), _load(issuers))

    @classmethod
    def from_folder(cls, folder: Path | str) -> "Anchors":
        """Anchors of the folder's DER files ``anchors/*.cer`` and ``issuers/*.cer``. Raises ValueError and OSError."""
        return cls.from_der(_files(Path(folder) / "anchors"), _files(Path(folder) / "issuers"))

    def issuer_of(self, leaf: Leaf) -> x509.Certificate:
        """The authority whose key signed the leaf, found by AuthorityKeyIdentifier and proved by its signature.

        Never by name: generations of one authority have the same name (RFC 5280 section 4.2.1.1).
        Raises CertificateUntrusted.
        """
        identifier = leaf.extension(x509.AuthorityKeyIdentifier)
        if identifier is None or identifier.key_identifier is None:
            raise CertificateUntrusted("certificate names no authority key")
        issuer = self._issuers.get(identifier.key_identifier)
        if issuer is None:
            raise CertificateUntrusted("authority key is not configured")
        try:
            leaf.certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise CertificateUntrusted("certificate is not signed by the authority it names") from error
        return issuer

    def check_path(self, leaf: Leaf, issuer: x509.Certificate, now: datetime) -> None:
        """Returns only when the path leaf, issuer, anchor is valid at that moment (RFC 5280 section 6.1).

        Authorities follow the web PKI's rules; the leaf, which has no subject alternative name, follows ``leaf.py``.
        Raises CertificateUntrusted.
        """
        verifier = (
            PolicyBuilder()
            .store(self._store)
            .time(now)
            .max_chain_depth(1)
            .extension_policies(
                ca_policy=ExtensionPolicy.webpki_defaults_ca(),
                ee_policy=ExtensionPolicy.permit_all(),
            )
            .build_client_verifier()
        )
        try:
            verifier.verify(leaf.certificate, [issuer])
        except VerificationError as error:
            raise CertificateUntrusted("no valid path to an anchor") from error


def check_dates(leaf: Leaf, now: datetime) -> None:
    """Returns only within the certificate's validity, both ends included (RFC 5280 section 4.1.2.5).

    Raises CertificateNotYetValid or CertificateExpired.
    """
    certificate = leaf.certificate
    if now < certificate.not_valid_before_utc:
        raise CertificateNotYetValid(certificate.not_valid_before_utc)
    if now > certificate.not_valid_after_utc:
        raise CertificateExpired(certificate.not_valid_after_utc)


def subject_key_id(authority: x509.Certificate) -> bytes:
    """The key identifier of an authority. Raises ValueError when the certificate has none."""
    try:
        return authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound as error:
        raise ValueError("an authority's certificate has no subject key identifier") from error


def _require_authority(certificate: x509.Certificate) -> None:
    if not signed_with_good_hash(certificate):
        raise ValueError("an authority's certificate is signed with a hash that is not accepted")
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise ValueError("an authority's certificate lacks basic constraints or key usage") from error
    if not (constraints.ca and usage.key_cert_sign and usage.crl_sign):
        raise ValueError("a certificate is not one of an authority")


def _load(files: Iterable[bytes]) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(content) for content in files]


def _files(folder: Path) -> list[bytes]:
    contents = []
    for path in sorted(folder.glob("*.cer")):
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"{path.name} is too large for a certificate")
        contents.append(path.read_bytes())
    return contents
