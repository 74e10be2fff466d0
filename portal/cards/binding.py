"""Linking cards to accounts and unlinking them (binding rules of the portal, 2.10)."""

import hashlib
import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from cardlogin_server import Identity
from cardlogin_server.certificates.families import Family
from portal.accounts.id_numbers import give_up, note_proof, prove
from portal.accounts.models import Person, User
from portal.audit.log import record
from portal.cards.fit import card_misfit, number_fits, number_proven_with, renewal_misfit
from portal.cards.models import CardBinding, CardCertificate
from portal.cards.pending import Pending
from portal.failures import (
    CARD_ID_DIFFERS,
    CARD_KIND_OTHER,
    CARD_TAKEN,
    LAST_WAY_IN,
    TOO_MANY_CARDS,
    Refusal,
)  # fmt: skip
from portal.messages.sending import send_mail
from portal.policy import policy
from portal.sealing import SealBroken

_log = logging.getLogger("portal.cards")


def bind(user: User, identity: Identity) -> CardBinding:
    """Link the card whose holder was just verified for this purpose to an account; linking it again changes nothing.

    It proves the account's ID number where it fits (portal.accounts.id_numbers). Raises `Refusal`: card_kind_other,
    card_name_differs, card_id_differs, too_many_cards, card_taken, id_number_proven. A card that belongs to a
    certificate-only account of the same holder comes over with it, and that account ends; one that a password or
    another card opens, too, keeps its card.
    """
    _must_fit(user, identity)
    return link(user, identity, number_proven_with(user, identity))


def link(user: User, identity: Identity | Pending, proven_number: str = "") -> CardBinding:
    """The same without asking the confirmer, who said yes to `proven_number` (or whom nobody has to ask) before."""
    try:
        with transaction.atomic():
            _lock(user, identity)
            # Compared under the lock: a number may have been typed meanwhile.
            _must_fit(user, identity)
            binding, is_new = _tie(user, identity)
            note_certificate(binding, identity)
            _prove(user, identity, proven_number)
            if is_new:
                record("bind", account=user.pk, family=identity.family.value)
                send_mail(
                    user.email, user.language, "card_bound", name=user.name, last_digits=identity.subject_serial[-4:]
                )
    except IntegrityError:
        raise Refusal(CARD_TAKEN) from None
    return binding


def bound_card(identity: Identity) -> CardBinding | None:
    """The binding of a card that was just verified, or None; for every use of a card that is bound already.

    What a card that was bound long ago says of its holder is kept from its next use on. Raises `Refusal`
    (card_name_differs, card_id_differs) when the certificate is another person's than the one that was bound.
    """
    found = CardBinding.objects.select_related("user").filter(binding_key=identity.binding_key).first()
    if found is None:
        return None
    failure = renewal_misfit(found, identity)
    if failure is not None:
        raise Refusal(failure)
    if not found.holder_name or (identity.last_four and not found.last_four):
        found.holder_name, found.last_four = identity.holder_name, identity.last_four or ""
        found.save(update_fields=["holder_name", "last_four"])
        _note_misfit(found)
    return found


def may_come_over(binding: CardBinding) -> bool:
    """Whether binding this card takes it from the account it has: one that nothing else opens (rule 8)."""
    former: User = binding.user
    return former.certificate_only and not former.has_usable_password() and former.cards.count() == 1


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


def _note_misfit(binding: CardBinding) -> None:
    # The number was typed when nobody knew the card's: it stays a claim, and the audit log names the account.
    person = Person.objects.filter(user=binding.user_id).exclude(id_sealed=None).first()
    try:
        if person is not None and not number_fits(person.id_kind, person.id_number, binding.last_four):
            record("card_differs", CARD_ID_DIFFERS.code, account=binding.user_id, family=binding.family)
    except SealBroken:
        _log.error("ID number of account %s cannot be opened", binding.user_id)


def _lock(user: User, identity: Identity | Pending) -> None:
    """Hold the accounts' rows, in one order: two cards at once cannot both be the last one allowed."""
    holders = CardBinding.objects.filter(binding_key=identity.binding_key).values_list("user", flat=True)
    accounts = User.objects.select_for_update().filter(pk__in={user.pk, *holders}).order_by("pk")
    list(accounts.values_list("pk", flat=True))


def _tie(user: User, identity: Identity | Pending) -> tuple[CardBinding, bool]:
    binding = CardBinding.objects.select_for_update().filter(binding_key=identity.binding_key).first()
    if binding is not None and binding.user_id == user.pk:
        return binding, False
    if user.cards.count() >= policy().most_cards:
        raise Refusal(TOO_MANY_CARDS)
    if binding is not None:
        _merge(user, binding, identity)
        return binding, True
    return CardBinding.objects.create(user=user, binding_key=identity.binding_key, **_facts(identity)), True


def _merge(user: User, binding: CardBinding, identity: Identity | Pending) -> None:
    """Take a card over from the certificate-only account that it made (rule 8)."""
    former: User = binding.user
    if not may_come_over(binding):
        raise Refusal(CARD_TAKEN)
    binding.user = user
    for name, fact in _facts(identity).items():
        setattr(binding, name, fact)
    binding.save()
    former.is_active = False
    former.save(update_fields=["is_active"])
    give_up(former.pk)
    record("account_merged", account=former.pk, by=user.pk)


def _facts(identity: Identity | Pending) -> dict[str, str]:
    return {
        "family": identity.family.value, "subject_serial": identity.subject_serial,
        "holder_name": identity.holder_name, "last_four": identity.last_four or "",
    }  # fmt: skip


def _must_fit(user: User, identity: Identity | Pending) -> None:
    if identity.family is not Family.CITIZEN or is_company(user):
        raise Refusal(CARD_KIND_OTHER)
    try:
        failure = card_misfit(user, identity)
    except SealBroken:
        _log.error("ID number of account %s cannot be opened", user.pk)
        failure = CARD_ID_DIFFERS
    if failure is not None:
        raise Refusal(failure)


def _prove(user: User, identity: Identity | Pending, number: str) -> None:
    person = Person.objects.filter(user=user).exclude(id_sealed=None).first()
    if not number or person is None or person.id_number != number or not identity.last_four:
        return
    if person.id_proven and person.id_index is not None:
        return
    (prove if user.is_active else note_proof)(person)
