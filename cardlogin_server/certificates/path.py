"""From a log-in certificate to a configured anchor: the issuer by key identifier, the path by signature, the dates."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from cardlogin_server.certificates.anchors import ISSUERS, ROOTS, shipped
from cardlogin_server.certificates.authorities import (
    check_link,
    common_policies,
    name_constraints,
    require_authority,
    require_decided_constraints,
    subject_key_id,
)
from cardlogin_server.certificates.leaf import Leaf
from cardlogin_server.certificates.remembered import Remembered
from cardlogin_server.certificates.route import Route
from cardlogin_server.failures import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUntrusted,
)

__all__ = ["Anchors", "check_dates", "subject_key_id"]

LARGEST_FILE = 16_384
_PURPOSES = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


def _serves_log_in(policy: Policy, authority: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    """An authority for certain purposes must be one for clientAuth, whether it says so critically or not."""
    del policy, authority
    if usage is not None and not _PURPOSES & set(usage):
        raise ValueError("authority's extended key usage does not say clientAuth")


# Policies are decided in ``authorities.py``, more strictly than these two extensions could ask for.
_AUTHORITY_RULES = (
    ExtensionPolicy.webpki_defaults_ca()
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _serves_log_in)
    .may_be_present(x509.CertificatePolicies, Criticality.AGNOSTIC, None)
    .may_be_present(x509.PolicyConstraints, Criticality.AGNOSTIC, None)
    .may_be_present(x509.InhibitAnyPolicy, Criticality.AGNOSTIC, None)
)


class Anchors:
    """The roots that are trusted and the issuing authorities below them, all named by the portal's operator.

    Immutable but for what it remembers, and safe for threads. Issuing authorities are hints only: each must itself
    lead to a root whenever it is used. ``longest_path`` is how many authorities may stand between certificate and
    root: one, as in every Taiwanese path. Raises ValueError for a certificate that is not an authority's.
    """

    def __init__(
        self, roots: Sequence[x509.Certificate], issuers: Sequence[x509.Certificate], *, longest_path: int = 1
    ) -> None:
        if not roots or not issuers:
            raise ValueError("at least one anchor and one issuing authority are needed")
        for certificate in (*roots, *issuers):
            require_authority(certificate)
        self._roots = frozenset(roots)
        self._store = Store(list(roots))
        self._issuers = {subject_key_id(issuer): issuer for issuer in issuers}
        if len(self._issuers) != len(issuers):
            raise ValueError("two issuing authorities have the same key identifier")
        self._longest_path = longest_path
        self._signed: Remembered[x509.Certificate] = Remembered()
        # As many entries as issuers, so it needs no bound.
        self._routes: dict[bytes, tuple[Store, Route]] = {}

    @classmethod
    def taiwan(cls) -> "Anchors":
        """The government's roots G2 and G3 with the authorities of citizen and company cards, as shipped.

        Raises ``anchors.AnchorChanged`` when a shipped file is not the one whose fingerprint is pinned.
        """
        return cls.from_der(shipped(ROOTS), shipped(ISSUERS))

    @classmethod
    def from_der(cls, anchors: Sequence[bytes], issuers: Sequence[bytes], *, longest_path: int = 1) -> "Anchors":
        """Anchors of DER certificates. Raises ValueError for one that is not a usable authority's (SHA-1 included)."""
        return cls(_load(anchors), _load(issuers), longest_path=longest_path)

    @classmethod
    def from_folder(cls, folder: Path | str) -> "Anchors":
        """Anchors of the folder's DER files ``anchors/*.cer`` and ``issuers/*.cer``. Raises ValueError and OSError."""
        return cls.from_der(_files(Path(folder) / "anchors"), _files(Path(folder) / "issuers"))

    def issuer_by_key_id(self, key_identifier: bytes) -> x509.Certificate | None:
        """The configured issuing authority with that key identifier, or None."""
        return self._issuers.get(key_identifier)

    def issuer_named_by(self, leaf: Leaf) -> x509.Certificate:
        """The authority that the leaf names by AuthorityKeyIdentifier; whether it signed is not looked at here.

        Never by name: generations of one authority have the same name (RFC 5280 section 4.2.1.1).
        Raises CertificateUntrusted.
        """
        identifier = leaf.extension(x509.AuthorityKeyIdentifier)
        if identifier is None or identifier.key_identifier is None:
            raise CertificateUntrusted("certificate names no authority key")
        issuer = self._issuers.get(identifier.key_identifier)
        if issuer is None:
            raise CertificateUntrusted("authority key is not configured")
        return issuer

    def issuer_of(self, leaf: Leaf) -> x509.Certificate:
        """The authority that the leaf names, when its key signed the leaf. Raises CertificateUntrusted."""
        known = self._signed.of(leaf.der)
        if known is not None:
            return known
        issuer = self.issuer_named_by(leaf)
        _prove_signature(leaf, issuer)
        self._signed.remember(leaf.der, issuer)
        return issuer

    def check_path(
        self, leaf: Leaf, issuer: x509.Certificate, now: datetime, *, policies: frozenset[str]
    ) -> tuple[x509.Certificate, ...]:
        """The path from leaf to anchor, when it is valid at that moment (RFC 5280 section 6.1).

        Authorities follow the web PKI's rules; the leaf, which has no subject alternative name, follows ``leaf.py``.
        One of the policies must stand in the leaf and in every authority below the anchor.
        Raises CertificateUntrusted or CertificatePolicyRefused.
        """
        if leaf.signed is None:
            route = self._route(leaf.certificate, issuer, now)
        else:
            route = self._irregular_route(leaf, issuer, now)
        self._signed.remember(leaf.der, issuer)
        route.require_policy(leaf, policies)
        return (leaf.certificate, *route.authorities)

    def _route(self, leaf: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Route:
        """The engine's verdict on the leaf; the part from issuer to anchor is found once and holds for its dates."""
        key = subject_key_id(issuer)
        known = self._routes.get(key)
        if known is not None and known[1].holds_at(now):
            _engine_path(leaf, [], known[0], now, 0)
            return known[1]
        others = [other for other in self._issuers.values() if other is not issuer]
        route = _ruled_route(_engine_path(leaf, [issuer, *others], self._store, now, self._longest_path)[1:])
        if route.authorities[0] != issuer:
            raise CertificateUntrusted("path leads over another authority than the one named")
        # With constraints on names every leaf is another question.
        if not any(map(name_constraints, route.authorities)):
            self._routes[key] = (Store([issuer]), route)
        return route

    def _irregular_route(self, leaf: Leaf, issuer: x509.Certificate, now: datetime) -> Route:
        """For what only the tolerant reader reads: directly under an anchor, or not at all."""
        if issuer not in self._roots or name_constraints(issuer):
            raise CertificateUntrusted("an irregular certificate must be issued by an unconstrained anchor itself")
        _prove_signature(leaf, issuer)
        route = Route.of([issuer], None)
        certificate = leaf.certificate
        if not (route.holds_at(now) and certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc):
            raise CertificateUntrusted("no valid path to an anchor")
        return route


def check_dates(leaf: Leaf, now: datetime) -> None:
    """Returns only within the certificate's validity, both ends included (RFC 5280 section 4.1.2.5).

    Raises CertificateNotYetValid or CertificateExpired.
    """
    certificate = leaf.certificate
    if now < certificate.not_valid_before_utc:
        raise CertificateNotYetValid(certificate.not_valid_before_utc)
    if now > certificate.not_valid_after_utc:
        raise CertificateExpired(certificate.not_valid_after_utc)


def _engine_path(
    leaf: x509.Certificate, issuers: list[x509.Certificate], store: Store, now: datetime, depth: int
) -> list[x509.Certificate]:
    builder = PolicyBuilder().store(store).time(now).max_chain_depth(depth)
    builder = builder.extension_policies(ca_policy=_AUTHORITY_RULES, ee_policy=ExtensionPolicy.permit_all())
    try:
        return list(builder.build_client_verifier().verify(leaf, issuers).chain)
    except VerificationError as error:
        raise CertificateUntrusted("no valid path to an anchor") from error


def _ruled_route(authorities: list[x509.Certificate]) -> Route:
    """The engine's path held to our own rules; the last authority is the anchor."""
    require_decided_constraints(authorities[-1])
    for authority in authorities[:-1]:
        check_link(authority)
    return Route.of(authorities, common_policies(authorities[:-1]))


def _prove_signature(leaf: Leaf, issuer: x509.Certificate) -> None:
    if leaf.signed is not None:
        if leaf.certificate.issuer != issuer.subject or not leaf.signed.is_by(issuer.public_key()):
            raise CertificateUntrusted("certificate is not signed by the authority it names")
        return
    try:
        leaf.certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CertificateUntrusted("certificate is not signed by the authority it names") from error


def _load(files: Iterable[bytes]) -> list[x509.Certificate]:
    try:
        return [x509.load_der_x509_certificate(content) for content in files]
    except x509.InvalidVersion as error:
        raise ValueError("a certificate is of an unknown version") from error


def _files(folder: Path) -> list[bytes]:
    contents = []
    for path in sorted(folder.glob("*.cer")):
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"{path.name} is too large for a certificate")
        contents.append(path.read_bytes())
    return contents
