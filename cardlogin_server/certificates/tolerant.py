"""A reader for two harmless breaches of DER that some issued cards have and the strict parser refuses.

Off unless ``read_leaf`` is told ``ACCEPT_CERTIFICATES_THAT_BREAK_DER``. It never guesses: it makes a copy without

* a NULL where ECDSA's algorithm identifier has no parameters (RFC 5758 section 3.2), and
* a default written out as ``cA FALSE`` in the basic constraints (X.690 section 11.5),

has the strict parser read the copy, and keeps the bytes that were really signed for the signature. Nothing else is
forgiven. The known cards with these are two Finnish test cards (Web eID's published vectors).
"""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from cardlogin_server.certificates.der_shape import NotDer, require_der

LARGEST = 8_192
_SEQUENCE, _BIT_STRING, _EXTENSIONS = 0x30, 0x03, 0xA3
_BASIC_CONSTRAINTS = bytes.fromhex("0603551d13")
_OPENINGS = (b"", bytes.fromhex("0101ff"))
_SPELT_OUT, _LEFT_OUT = bytes.fromhex("04053003010100"), bytes.fromhex("04023000")
_ECDSA = tuple(bytes.fromhex(f"06082a8648ce3d04030{last}") for last in (2, 3, 4))
_NULL = bytes.fromhex("0500")


class NotReadable(ValueError):
    """The bytes are no certificate, or have other faults than the two that are forgiven."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What an authority really signed: the bytes and its signature over them."""

    content: bytes
    signature: bytes
    algorithm: hashes.HashAlgorithm

    def is_by(self, key: CertificatePublicKeyTypes) -> bool:
        """Whether the signature is this key's (ECDSA, or RSA PKCS#1 v1.5 with SHA-2)."""
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(self.signature, self.content, padding.PKCS1v15(), self.algorithm)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(self.signature, self.content, ec.ECDSA(self.algorithm))
            else:
                return False
        except InvalidSignature:
            return False
        return True


def read_irregular(der: bytes) -> tuple[x509.Certificate, Signed]:
    """The certificate, strictly read from the mended copy, and what was signed in the original.

    At most 8,192 bytes. Raises NotReadable when the copy cannot be read either, or nothing needed mending.
    """
    if len(der) > LARGEST:
        raise NotReadable("too long")
    try:
        require_der(der)
        content, algorithm, signature = _members(_inside(der), 3)
        mended_content = _mend_content(content)
        mended = _wrap(mended_content, _mend_algorithm(algorithm), signature)
        if mended == der:
            raise NotReadable("has neither of the faults that are forgiven")
        certificate = x509.load_der_x509_certificate(mended)
        kind = certificate.signature_hash_algorithm
    except NotDer as error:
        raise NotReadable("is not one DER element") from error
    bits = _inside(signature, _BIT_STRING)
    if kind is None or bits[:1] != b"\0":
        raise NotReadable("signature is of an unknown form")
    return certificate, Signed(content, bits[1:], kind)


def _mend_content(content: bytes) -> bytes:
    members = _members(_inside(content))
    mended = [_mend_algorithm(members[2]), *members[3:]] if len(members) > 3 else []
    if not mended or members[-1][0] != _EXTENSIONS:
        raise NotReadable("is not a certificate of version 3 with extensions")
    extensions = [_mend_extension(extension) for extension in _members(_inside(_inside(members[-1], _EXTENSIONS)))]
    mended[-1] = _element(_EXTENSIONS, _wrap(*extensions))
    return _wrap(*members[:2], *mended)


def _mend_algorithm(algorithm: bytes) -> bytes:
    for oid in _ECDSA:
        if algorithm == _wrap(oid, _NULL):
            return _wrap(oid)
    return algorithm


def _mend_extension(extension: bytes) -> bytes:
    for critical in _OPENINGS:
        if extension == _wrap(_BASIC_CONSTRAINTS, critical, _SPELT_OUT):
            return _wrap(_BASIC_CONSTRAINTS, critical, _LEFT_OUT)
    return extension


def _members(content: bytes, count: int | None = None) -> list[bytes]:
    """The elements in a content whose shape ``require_der`` has checked."""
    found = []
    while content:
        size = _size(content)
        found.append(content[:size])
        content = content[size:]
    if count is not None and len(found) != count:
        raise NotReadable(f"has not {count} parts")
    return found


def _start(element: bytes) -> int:
    return 2 + (element[1] - 0x80 if element[1] > 0x80 else 0)


def _size(element: bytes) -> int:
    start = _start(element) if len(element) > 1 else 2
    if len(element) < start:
        raise NotReadable("an element is cut off")
    size = start + (int.from_bytes(element[2:start]) if start > 2 else element[1])
    if size > len(element):
        raise NotReadable("an element is cut off")
    return size


def _inside(element: bytes, tag: int = _SEQUENCE) -> bytes:
    """The content of an element that must have that tag; the tags are not rebuilt from guesses."""
    _size(element)
    if element[0] != tag:
        raise NotReadable("an element is of another kind")
    return element[_start(element) :]


def _wrap(*members: bytes) -> bytes:
    return _element(_SEQUENCE, b"".join(members))


def _element(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    width = (len(content).bit_length() + 7) // 8
    return bytes((tag, 0x80 + width)) + len(content).to_bytes(width) + content
