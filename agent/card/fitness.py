"""Which reader and certificate fit an order, and why a certificate cannot be used for it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from agent.card.frames import HostOrder
from agent.card.old_asks import DecryptAsk, OldAsk, Pkcs1Ask, RawAsk
from agent.card.reader_names import same_reader
from agent.failures import Code
from agent.order import Wanted
from pkcs11_shims.session import PinState

if TYPE_CHECKING:
    from agent.card.answers.certificate import CertificateFacts


def fits_reader(reader: str, order: HostOrder) -> bool:
    """Whether a card in this reader may be used; the name may be PC/SC's, or as the standard has cut it."""
    wanted = order.old.reader if order.old is not None else ""
    return not wanted or same_reader(reader, wanted)


def problem(facts: CertificateFacts, key_id: bytes, pin: PinState, order: HostOrder, now: datetime) -> Code | None:
    """Why a certificate cannot be used; first what nothing done to the card or its PIN would change."""
    if (unfit := _unfit(facts, key_id, order)) is not None:
        return unfit
    if order.old is None or order.old.check_validity:
        if now > facts.not_after:
            return Code.CERTIFICATE_EXPIRED
        if now < facts.not_before:
            return Code.CERTIFICATE_NOT_YET_VALID
    if not pin.activated:
        return Code.CARD_NOT_ACTIVATED
    return Code.PIN_LOCKED if pin.tries_left == 0 else None


def _unfit(facts: CertificateFacts, key_id: bytes, order: HostOrder) -> Code | None:
    decrypts = order.old is not None and isinstance(order.old.work, DecryptAsk)
    if not decrypts and not facts.digital_signature:
        return Code.CERTIFICATE_ENCRYPTION_ONLY
    if order.old is None:
        return None if _is_wanted(facts, order.wanted) else Code.CERTIFICATE_NOT_WANTED
    return None if _fits_ask(facts, key_id, order.old) else Code.CERTIFICATE_NOT_WANTED


def _fits_ask(facts: CertificateFacts, key_id: bytes, old: OldAsk) -> bool:
    if old.key_id not in (b"", key_id):
        return False
    if isinstance(old.work, DecryptAsk):
        return facts.encipherment and not facts.elliptic
    return not (facts.elliptic and isinstance(old.work, Pkcs1Ask | RawAsk))


def _is_wanted(facts: CertificateFacts, wanted: Wanted) -> bool:
    return (
        (not wanted.issuer or wanted.issuer in facts.issuer_names)
        and (not wanted.policy or wanted.policy in facts.policies)
        and wanted.subject_serial in ("", facts.subject_serial)
    )
