"""Reads what lies on a card: certificates, public keys, and the private key of a certificate."""

import sys
from collections.abc import Callable
from typing import TypeVar

from pkcs11_shims import cryptoki
from pkcs11_shims.cryptoki import Session
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import CardCertificate, CardPublicKey, may_belong
from pkcs11_shims.returncodes import ReturnCodeError

MAX_CERTIFICATE = 16 * 1024
_MAX_ID = _MAX_LABEL = 256
_MAX_PUBLIC = 1024

Item = TypeVar("Item")


def read_all(session: Session, class_: int, read: Callable[[Session, int], Item | None], most: int) -> list[Item]:
    """All objects of a class that can be read; raises ReturnCodeError when reading any fails and none is left."""
    found, failures = list[Item](), list[ReturnCodeError]()
    for handle in session.find({cryptoki.CLASS: class_})[:most]:
        try:
            item = read(session, handle)
        except ReturnCodeError as error:  # one broken object does not hide the others
            failures.append(error)
            continue
        found += [item] if item else []
    if failures and not found:
        raise failures[0]
    return found


def certificate(session: Session, handle: int) -> CardCertificate | None:
    """A certificate; None for one without a value or without CKA_ID."""
    der = session.attribute(handle, cryptoki.VALUE, MAX_CERTIFICATE)
    key_id = session.attribute(handle, cryptoki.ID, _MAX_ID)
    return CardCertificate(key_id, _label(session, handle), der) if der and key_id else None


def public_key(session: Session, handle: int) -> CardPublicKey | None:
    """A public key; None for one that does not tell its type."""
    kind = readable(session, handle, cryptoki.KEY_TYPE)
    if not kind:
        return None
    number = int.from_bytes(kind, sys.byteorder)
    key_id = readable(session, handle, cryptoki.ID) or b""
    first, second = (cryptoki.MODULUS, cryptoki.PUBLIC_EXPONENT)
    if number != cryptoki.RSA:
        first, second = (cryptoki.EC_PARAMS, cryptoki.EC_POINT)
    parts = (readable(session, handle, first) or b"", readable(session, handle, second) or b"")
    return CardPublicKey(key_id, _label(session, handle), number, parts)


def private_key(session: Session, certificate: CardCertificate) -> int:
    """The private key of a certificate: the same CKA_ID, and the same public part where it can be read.

    Raises CardError(no_certificate) unless there is exactly one.
    """
    handles = session.find({cryptoki.CLASS: cryptoki.PRIVATE_KEY, cryptoki.ID: certificate.key_id})
    fitting = [handle for handle in handles if may_belong(_public(session, handle), certificate.der)]
    if len(fitting) != 1:
        raise CardError(Fault.NO_CERTIFICATE, detail=f"{len(fitting)} private keys")
    return fitting[0]


def readable(session: Session, handle: int, kind: int) -> bytes | None:
    """An attribute that may be missing in every way that drivers have found."""
    try:
        return session.attribute(handle, kind, _MAX_PUBLIC)
    except ReturnCodeError:
        return None


def _public(session: Session, handle: int) -> bytes | None:
    parts = (readable(session, handle, kind) for kind in (cryptoki.MODULUS, cryptoki.EC_POINT))
    return next((part for part in parts if part), None)


def _label(session: Session, handle: int) -> str:
    label = session.attribute(handle, cryptoki.LABEL, _MAX_LABEL) or b""
    return label.decode("utf-8", "replace")  # old cards have labels in Big5
