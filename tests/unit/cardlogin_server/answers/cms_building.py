"""Answers of the old component, built part by part, each part as wrong as a test wants."""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from cardlogin_server.answers.cms_decoding import CARD_NUMBER, NONCE
from tests.unit.cardlogin_server.pki import Card, attribute, der, oid
from tests.unit.cardlogin_server.site import HASHES

DATA, SIGNED_DATA, TIMESTAMP = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{number}" for number in (3, 4, 5))
RSA, PSS, MGF1 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
DIGESTS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
ECDSA = {
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    """An AlgorithmIdentifier."""
    return der(0x30, oid(dotted), parameters)


def digest_algorithm(name: str) -> bytes:
    """The identifier of a hash, with NULL as the old component writes it."""
    return algorithm(DIGESTS[name], b"\x05\0")


def integer(number: int) -> bytes:
    """A DER INTEGER, not negative."""
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def pss(hash_name: str, salt: int | None = None, mask_hash: str | None = None) -> bytes:
    """The identifier of RSASSA-PSS (RFC 4055 section 3.1)."""
    salt = hashlib.new(hash_name).digest_size if salt is None else salt
    mask = algorithm(MGF1, digest_algorithm(mask_hash or hash_name))
    members = der(0xA0, digest_algorithm(hash_name)), der(0xA1, mask), der(0xA2, integer(salt))
    return algorithm(PSS, der(0x30, *members))


def octets(content: bytes) -> bytes:
    """An OCTET STRING."""
    return der(0x04, content)


def utc_time(moment: datetime) -> bytes:
    """A UTCTime."""
    return der(0x17, moment.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode())


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A PKCS7 answer of that card to that challenge, as the old component makes it unless a field says otherwise."""

    card: Card
    challenge: str
    hash_name: str = "sha256"
    kind: str = "pkcs1"
    content: bytes | None = None
    detached: bool = False
    content_type: str = DATA
    signed_content_type: str = DATA
    digest: bytes | None = None
    claims: tuple[tuple[str, bytes], ...] = ()
    more_attributes: tuple[bytes, ...] = ()
    attributes: tuple[bytes, ...] | None = None
    signed_attributes: bool = True
    unsigned_attributes: bytes = b""
    certificates: tuple[bytes, ...] | None = None
    named: Card | None = None
    signers: int = 1
    digest_algorithms: tuple[bytes, ...] | None = None
    signature_algorithm: bytes | None = None
    signature: bytes | None = None
    lists: bytes = b""
    version: int = 1
    signer_version: int = 1
    key_identifier: bool = False

    def but(self, **changes: object) -> "Answer":
        """The same with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def claiming(self, nonce: bytes = b"", card_number: bytes = b"") -> "Answer":
        """The same with these DER values as the client's claims."""
        return self.but(
            claims=tuple((kind, value) for kind, value in ((NONCE, nonce), (CARD_NUMBER, card_number)) if value)
        )

    @property
    def text(self) -> str:
        """The Base64 as a browser sends it."""
        return base64.b64encode(self.der()).decode()

    def der(self) -> bytes:
        """The whole ContentInfo."""
        certificates = (self.card.der,) if self.certificates is None else self.certificates
        signed = der(
            0x30,
            integer(self.version),
            der(0x31, *(self.digest_algorithms or (digest_algorithm(self.hash_name),))),
            self._inner(),
            der(0xA0, *certificates) if certificates else b"",
            self.lists,
            der(0x31, *(self.signer() for _ in range(self.signers))),
        )
        return der(0x30, oid(SIGNED_DATA), der(0xA0, signed))

    def _inner(self) -> bytes:
        return der(0x30, oid(self.content_type), b"" if self.detached else der(0xA0, octets(self._content)))

    @property
    def _content(self) -> bytes:
        return self.challenge.encode() if self.content is None else self.content

    def signer(self) -> bytes:
        """One SignerInfo."""
        members = self._attributes()
        message = der(0x31, members) if self.signed_attributes else self._content
        return der(
            0x30,
            integer(self.signer_version),
            self._sid(),
            digest_algorithm(self.hash_name),
            der(0xA0, members) if self.signed_attributes else b"",
            self.signature_algorithm or self._usual_algorithm(),
            octets(self.signature if self.signature is not None else self.sign(message)),
            self.unsigned_attributes,
        )

    def _sid(self) -> bytes:
        certificate = (self.named or self.card).certificate
        if self.key_identifier:
            return der(0x80, b"\1" * 20)
        return der(0x30, certificate.issuer.public_bytes(), integer(certificate.serial_number))

    def _attributes(self) -> bytes:
        if self.attributes is not None:
            return b"".join(self.attributes)
        digest = hashlib.new(self.hash_name, self._content).digest() if self.digest is None else self.digest
        members = [
            attribute(CONTENT_TYPE, oid(self.signed_content_type)),
            attribute(SIGNING_TIME, utc_time(datetime(2026, 11, 1, 12, tzinfo=UTC))),
            attribute(MESSAGE_DIGEST, octets(digest)),
            *(attribute(kind, value) for kind, value in self.claims),
            *self.more_attributes,
        ]
        return b"".join(sorted(members))

    def _usual_algorithm(self) -> bytes:
        if self.kind == "ecdsa":
            return algorithm(ECDSA[self.hash_name])
        return pss(self.hash_name) if self.kind == "pss" else algorithm(RSA, b"\x05\0")

    def sign(self, message: bytes) -> bytes:
        """The card's signature."""
        return sign(self.card, self.kind, self.hash_name, message)


def sign(card: Card, kind: str, hash_name: str, message: bytes) -> bytes:
    """The card's signature of that kind."""
    if hash_name == "sha1":
        from cryptography.hazmat.primitives.hashes import SHA1

        assert isinstance(card.key, rsa.RSAPrivateKey)
        return card.key.sign(message, padding.PKCS1v15(), SHA1())  # noqa: S303
    hash_ = HASHES[hash_name.removeprefix("sha")]
    if isinstance(card.key, ec.EllipticCurvePrivateKey):
        return card.key.sign(message, ec.ECDSA(hash_))
    salted = padding.PSS(padding.MGF1(hash_), hash_.digest_size)
    return card.key.sign(message, salted if kind == "pss" else padding.PKCS1v15(), hash_)
