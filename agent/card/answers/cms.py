"""Builds attached CMS SignedData (RFC 5652) as the old component makes it; no other file builds with asn1crypto."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import algos, core, parser
from cryptography.hazmat.primitives import hashes

from agent.card.answers.certificate import CertificateFacts, der_signature
from agent.card.old_asks import CmsAsk, Hash
from agent.failures import Code, FailureError

MAX_CONTENT = 1024 * 1024
# Verifiers of the old answers cut two bytes, tag and length, off a claim: its length must fit into one.
MAX_CLAIM = 127
NONCE = "1.2.840.113549.1.9.25.3"
CARD_NUMBER = "2.16.886.1.100.2.204"
DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{number}" for number in (3, 4, 5))
HASHES: dict[Hash, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303  # pages of some portals still ask for it; the window warns
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_UNIVERSAL, _CONTEXT, _CONSTRUCTED = 0, 2, 1
# RFC 5652, 11.3: a signing time of this year and later is no UTCTime.
_END_OF_UTC_TIME = 2050


@dataclass(frozen=True)
class Draft:
    """SignedData that waits for its signature, which is over `message`, hashed with `hash`.

    `message` is the DER of the signed attributes as a SET OF (RFC 5652, 5.4).
    """

    facts: CertificateFacts
    content: bytes
    message: bytes
    hash: hashes.HashAlgorithm

    def signed(self, signature: bytes) -> bytes:
        """The DER of the whole ContentInfo (RFC 5652, 3 and 5.1); an ECDSA signature is given as raw R||S."""
        data = _sequence(
            _VERSION_1,
            _set(self._digest_algorithm()),
            _sequence(_oid(DATA), _context(0, _octets(self.content))),
            # As it is: asn1crypto's own type encodes some certificates anew, and fails at odd ones.
            _context(0, self.facts.der),
            _set(self._signer(signature)),
        )
        return _sequence(_oid(SIGNED_DATA), _context(0, data))

    def _signer(self, signature: bytes) -> bytes:
        # Of an RSA key the plain name, which every verifier of PKCS#7 knows (RFC 3370, 3.2).
        elliptic = self.facts.elliptic
        algorithm = f"{self.hash.name}_ecdsa" if elliptic else "rsassa_pkcs1v15"
        return _sequence(
            _VERSION_1,
            _sequence(*_issuer_and_serial_number(self.facts.der)),
            self._digest_algorithm(),
            _context(0, _contents(self.message)),
            _dump(algos.SignedDigestAlgorithm({"algorithm": algorithm})),
            _octets(der_signature(signature) if elliptic else signature),
        )

    def _digest_algorithm(self) -> bytes:
        return _dump(algos.DigestAlgorithm({"algorithm": self.hash.name}))


def draft(facts: CertificateFacts, ask: CmsAsk, card_number: str, now: datetime) -> Draft:
    """SignedData over the content that is asked for, with the attributes that are asked for (hipki.md, 3.1).

    Raises FailureError before a PIN is spent: request_malformed for content of more than 1 MiB or a nonce that is no
    short line of text, card_unsupported for a card without a number where that is asked for.
    """
    if len(ask.content) > MAX_CONTENT or not _is_claim(ask.nonce):
        raise FailureError(Code.REQUEST_MALFORMED)
    if ask.card_number and not (card_number and _is_claim(card_number)):
        raise FailureError(Code.CARD_UNSUPPORTED)
    return Draft(facts, ask.content, _set(*_attributes(ask, card_number, now)), HASHES[ask.hash])


def _is_claim(text: str) -> bool:
    return len(text.encode()) <= MAX_CLAIM and text.isprintable()


def _attributes(ask: CmsAsk, card_number: str, now: datetime) -> Iterator[bytes]:
    yield _attribute(CONTENT_TYPE, _oid(DATA))
    yield _attribute(MESSAGE_DIGEST, _octets(hashlib.new(ask.hash, ask.content).digest()))
    if ask.signing_time:
        kind = core.UTCTime if now.year < _END_OF_UTC_TIME else core.GeneralizedTime
        yield _attribute(SIGNING_TIME, _dump(kind(now.replace(microsecond=0))))
    if ask.nonce:
        yield _attribute(NONCE, _dump(core.UTF8String(ask.nonce)))
    if ask.card_number:
        yield _attribute(CARD_NUMBER, _dump(core.UTF8String(card_number)))


def _attribute(kind: str, value: bytes) -> bytes:
    return _sequence(_oid(kind), _set(value))


def _issuer_and_serial_number(certificate: bytes) -> tuple[bytes, bytes]:
    """The two parts of the TBSCertificate (RFC 5280, 4.1) behind its version, which version 1 leaves out."""
    body = _children(_contents(next(_children(_contents(certificate)))))
    first = next(body)
    serial = next(body) if parser.parse(first)[0] == _CONTEXT else first
    next(body)  # the algorithm of the issuer's signature
    return next(body), serial


def _children(contents: bytes) -> Iterator[bytes]:
    while contents:
        length = parser.peek(contents)
        yield contents[:length]
        contents = contents[length:]


def _contents(element: bytes) -> bytes:
    contents: bytes = parser.parse(element)[4]
    return contents


def _sequence(*parts: bytes) -> bytes:
    return _emit(_UNIVERSAL, core.Sequence.tag, b"".join(parts))


def _set(*parts: bytes) -> bytes:
    """SET OF, its parts in the order of DER (X.690, 11.6)."""
    return _emit(_UNIVERSAL, core.Set.tag, b"".join(sorted(parts)))


def _context(number: int, contents: bytes) -> bytes:
    return _emit(_CONTEXT, number, contents)


def _emit(class_: int, tag: int, contents: bytes) -> bytes:
    encoded: bytes = parser.emit(class_, _CONSTRUCTED, tag, contents)
    return encoded


def _oid(dotted: str) -> bytes:
    return _dump(core.ObjectIdentifier(dotted))


def _octets(contents: bytes) -> bytes:
    return _dump(core.OctetString(contents))


def _dump(value: core.Asn1Value) -> bytes:
    encoded: bytes = value.dump()
    return encoded


_VERSION_1 = _dump(core.Integer(1))
