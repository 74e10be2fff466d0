"""The renewal rule (2.10 rule 7), for every use of a card that is linked to an account.

A certificate that was never seen on the card, where another one was, may have been issued to somebody else in the
holder's name. An account with a password lets it in only after all its own factors (or by linking the card again,
logged in with a fresh proof; or, to recover access, when the authority confirms the account's full ID number). An
account that only the card opens takes it, and its holder is told.
"""

import logging

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from portal.accounts.holding import hold_rows
from portal.accounts.models import Person, User
from portal.audit.log import record
from portal.cards.fit import Card, number_fits
from portal.cards.models import CardBinding, CardCertificate
from portal.failures import CARD_ID_DIFFERS, CARD_NOT_BOUND, CARD_RENEWED, Refusal
from portal.messages.sending import send_mail
from portal.sealing import SealBroken

_log = logging.getLogger("portal.cards")


def needs_confirmation(binding: CardBinding, card: Card) -> bool:
    """Whether this certificate must be confirmed before its card counts for the account."""
    user: User = binding.user
    return _is_renewed(binding, card) and user.has_usable_password()


def use(binding: CardBinding, card: Card, request: HttpRequest | None, *, confirmed: bool = False) -> None:
    """Note that a linked card is used now; a renewed certificate is told by mail. Every use of a card calls this.

    Raises `Refusal`: card_renewed where the certificate `needs_confirmation` and is not `confirmed`; card_not_bound
    when the card was unlinked, or linked to another account, meanwhile.
    """
    with transaction.atomic():
        hold_rows(binding.user_id)
        # Held until the end: what is noted cannot be of a card that is being unlinked.
        rows = CardBinding.objects.select_for_update(of=("self",)).select_related("user")
        held = rows.filter(pk=binding.pk, user=binding.user_id).first()
        if held is None:
            raise Refusal(CARD_NOT_BOUND)
        if not confirmed and needs_confirmation(held, card):
            raise Refusal(CARD_RENEWED)
        renewed = _is_renewed(held, card)
        note_certificate(held, card)
        _note_holder(held, card)
        if renewed:
            _tell(held, request)


def note_certificate(binding: CardBinding, card: Card) -> None:
    """Remember that this certificate was seen on the card."""
    now = timezone.now()
    CardCertificate.objects.update_or_create(
        sha256=card.certificate_sha256,
        defaults={"last_used": now},
        create_defaults={"binding": binding, "not_after": card.not_after, "first_used": now, "last_used": now},
    )


def _note_holder(binding: CardBinding, card: Card) -> None:
    """Keep what a card that was bound long ago says of its holder; from now on it is compared."""
    if binding.holder_name and (binding.last_four or not card.last_four):
        return
    binding.holder_name, binding.last_four = card.holder_name, card.last_four or ""
    binding.save(update_fields=["holder_name", "last_four"])
    # The number was typed when nobody knew the card's: it stays a claim, and the audit log names the account.
    person = Person.objects.filter(user=binding.user_id).exclude(id_sealed=None).first()
    try:
        if person is not None and not number_fits(person.id_kind, person.id_number, binding.last_four):
            record("card_differs", CARD_ID_DIFFERS.code, account=binding.user_id, family=binding.family)
    except SealBroken:
        _log.error("ID number of account %s cannot be opened", binding.user_id)


def _is_renewed(binding: CardBinding, card: Card) -> bool:
    seen = binding.certificates
    return seen.exists() and not seen.filter(sha256=card.certificate_sha256).exists()


def _tell(binding: CardBinding, request: HttpRequest | None) -> None:
    user: User = binding.user
    record("card_renewed", account=user.pk, request=request, family=binding.family)
    send_mail(user.email, user.language, "card_renewed", name=user.name, last_digits=binding.last_digits)
