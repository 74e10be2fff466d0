"""OCSP responders of the test authorities, good ones and every kind of bad one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from cardlogin_server.revocation.fetching.fetch import FetchFailed
from tests.unit.cardlogin_server.pki import HOST, NOW, SIGNING, Authority, Card, Profile, issue, moica, name, rsa_key

URL = f"http://{HOST}/OCSP/ocsp"
GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
ACCESS = x509.AuthorityInformationAccess(
    [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(URL))]
)


def card(**changes: object) -> Card:
    """A citizen's card whose certificate names the responder."""
    return issue(Profile(**({"more": ((ACCESS, False),)} | changes)))  # type: ignore[arg-type]


def delegate(
    issuer: Authority | None = None,
    *,
    usage: bool = True,
    no_check: bool = True,
    signing: bool = True,
    days: int = 10,
    bits: int = 2048,
    extra: x509.ExtensionType | None = None,
    addresses: tuple[str, ...] = (),
) -> Authority:
    """A responder's certificate of the citizens' authority, and its key."""
    issuer = issuer or moica()
    key = rsa_key("responder", bits)
    more: list[tuple[x509.ExtensionType, bool]] = []
    if usage:
        more.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False))
    if no_check:
        more.append((x509.OCSPNoCheck(), False))
    if extra:
        more.append((extra, True))
    profile = Profile(
        subject=name((NameOID.COMMON_NAME, "OCSP")),
        issuer=issuer,
        key=key,
        serial_number=77,
        not_before=NOW - timedelta(days=20),
        not_after=NOW + timedelta(days=days),
        usage=SIGNING if signing else None,
        attributes=None,
        addresses=addresses,
        more=tuple(more),
    )
    return Authority(issue(profile).certificate, key)


@dataclass(kw_only=True)
class Responder:
    """Answers as its fields say; ``asked`` holds the requests."""

    card: Card = field(default_factory=card)
    signer: Authority = field(default_factory=delegate)
    issuer: Authority = field(default_factory=moica)
    status: ocsp.OCSPCertStatus = GOOD
    reason: x509.ReasonFlags | None = None
    this_update: datetime = NOW - timedelta(minutes=1)
    next_update: datetime | None = NOW + timedelta(hours=1)
    nonce: Callable[[bytes], bytes | None] = lambda sent: sent
    by_name: bool = False
    send_certificate: bool = True
    hash_kind: type[hashes.HashAlgorithm] = hashes.SHA256
    critical: x509.ExtensionType | None = None
    raw: bytes | None = None
    asked: list[bytes] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, kind: str, largest: int) -> bytes:
        self.asked.append(body)
        if url != URL or kind != "application/ocsp-request":
            raise FetchFailed("status 404")
        return self.raw if self.raw is not None else self._answer(ocsp.load_der_ocsp_request(body))

    def _answer(self, request: ocsp.OCSPRequest) -> bytes:
        revoked = self.status is REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=self.card.certificate,
            issuer=self.issuer.certificate,
            algorithm=self.hash_kind(),
            cert_status=self.status,
            this_update=self.this_update,
            next_update=self.next_update,
            revocation_time=NOW - timedelta(days=3) if revoked else None,
            revocation_reason=self.reason,
        )
        encoding = ocsp.OCSPResponderEncoding.NAME if self.by_name else ocsp.OCSPResponderEncoding.HASH
        builder = builder.responder_id(encoding, self.signer.certificate)
        if self.send_certificate:
            builder = builder.certificates([self.signer.certificate])
        if nonce := self._nonce(request):
            builder = builder.add_extension(x509.OCSPNonce(nonce), False)
        if self.critical:
            builder = builder.add_extension(self.critical, True)
        # PyCA writes the system's time as producedAt.
        with time_machine.travel(self.this_update, tick=False):
            return builder.sign(self.signer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _nonce(self, request: ocsp.OCSPRequest) -> bytes | None:
        for extension in request.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                return self.nonce(extension.value.nonce)
        return None
