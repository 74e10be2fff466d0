"""Linking cards to accounts and unlinking them (binding rules of the portal, 2.10)."""

import hashlib
import unicodedata
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from cardlogin_server import Identity
from cardlogin_server.certificates.families import Family
from portal.accounts.models import User
from portal.audit.log import record
from portal.cards.models import CardBinding, CardCertificate
from portal.cards.pending import Pending
from portal.failures import (
    CARD_ID_DIFFERS,
    CARD_KIND_OTHER,
    CARD_NAME_DIFFERS,
    CARD_TAKEN,
    LAST_WAY_IN,
    TOO_MANY_CARDS,
    Refusal,
)  # fmt: skip
from portal.messages.sending import send_mail
from portal.policy import policy


def bind(user: User, identity: Identity) -> CardBinding:
    """Link the card whose holder was just verified for this purpose to an account; linking it again changes nothing.

    Raises `Refusal`: card_kind_other, card_name_differs, card_id_differs, too_many_cards, card_taken. A card that
    belongs to a certificate-only account of the same holder comes over with it, and that account ends.
    """
    _must_fit(user, identity)
    try:
        with transaction.atomic():
            # The account's row is held, so that two cards at once cannot both be the last one allowed.
            User.objects.select_for_update().get(pk=user.pk)
            binding, is_new = _tie(user, identity)
            note_certificate(binding, identity)
    except IntegrityError:
        raise Refusal(CARD_TAKEN) from None
    if is_new:
        record("bind", account=user.pk, family=identity.family.value)
        send_mail(user.email, user.language, "card_bound", name=user.name, last_digits=identity.subject_serial[-4:])
    return binding


def unbind(user: User, binding: CardBinding) -> None:
    """Unlink a card; raises `Refusal` (last_way_in) when there would be no way into the account any more."""
    with transaction.atomic():
        held = User.objects.select_for_update().get(pk=user.pk)
        if not held.has_usable_password() and held.cards.count() <= 1:
            raise Refusal(LAST_WAY_IN)
        last_digits, family = binding.subject_serial[-4:], binding.family
        binding.delete()
        record("unbind", account=user.pk, family=family)
        send_mail(user.email, user.language, "card_unbound", name=user.name, last_digits=last_digits)


def note_certificate(binding: CardBinding, identity: Identity | Pending) -> bool:
    """Remember that this certificate was used; returns whether it had never been seen on the card before."""
    now = timezone.now()
    _, is_new = CardCertificate.objects.update_or_create(
        sha256=identity.certificate_sha256,
        defaults={"last_used": now},
        create_defaults={"binding": binding, "not_after": identity.not_after, "first_used": now, "last_used": now},
    )
    return is_new


def note_revoked(certificate_der: bytes, at: datetime) -> None:
    """Remember that a certificate seen on a bound card was revoked; one that was never seen is nobody's here."""
    sha256 = hashlib.sha256(certificate_der).hexdigest()
    CardCertificate.objects.filter(sha256=sha256, revoked=None).update(revoked=at)


def is_renewal(binding: CardBinding, identity: Identity | Pending) -> bool:
    """Whether a bound card shows a certificate that was never used here, while another one was (rule 7)."""
    seen = binding.certificates
    return seen.exists() and not seen.filter(sha256=identity.certificate_sha256).exists()


def is_company(user: User) -> bool:
    """Whether the account is a company's: made by its card, and opened by nothing else."""
    return user.cards.filter(family=Family.COMPANY.value).exists()


def _tie(user: User, identity: Identity) -> tuple[CardBinding, bool]:
    binding = CardBinding.objects.select_related("user").filter(binding_key=identity.binding_key).first()
    if binding is not None and binding.user_id == user.pk:
        return binding, False
    if user.cards.count() >= policy().most_cards:
        raise Refusal(TOO_MANY_CARDS)
    if binding is not None:
        _merge(user, binding)
        return binding, True
    fields = {"family": identity.family.value, "subject_serial": identity.subject_serial}
    return CardBinding.objects.create(user=user, binding_key=identity.binding_key, **fields), True


def _merge(user: User, binding: CardBinding) -> None:
    """Take a card over from the certificate-only account that it made (rule 8)."""
    former: User = binding.user
    if not former.certificate_only:
        raise Refusal(CARD_TAKEN)
    binding.user = user
    binding.save(update_fields=["user"])
    former.is_active = False
    former.save(update_fields=["is_active"])
    record("account_merged", account=former.pk, by=user.pk)


def _must_fit(user: User, identity: Identity) -> None:
    if identity.family is not Family.CITIZEN or is_company(user):
        raise Refusal(CARD_KIND_OTHER)
    if _plain(user.name) != _plain(identity.holder_name):
        raise Refusal(CARD_NAME_DIFFERS)
    person = getattr(user, "person", None)
    known = person.last_four if person is not None else ""
    if known and identity.last_four and known != identity.last_four:
        raise Refusal(CARD_ID_DIFFERS)


def _plain(name: str) -> str:
    # Names are compared without blanks: forms and cards set them differently. A certificate's may have 64 characters.
    return "".join(unicodedata.normalize("NFKC", name).split())
