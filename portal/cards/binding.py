"""Linking cards to accounts and unlinking them (binding rules of the portal, 2.10)."""

import hashlib
import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from cardlogin_server import Identity
from cardlogin_server.certificates.families import Family
from portal.accounts import epoch
from portal.accounts.holding import hold_rows
from portal.accounts.id_numbers import give_up, note_proof, prove
from portal.accounts.models import Person, User
from portal.audit.log import record
from portal.cards import renewal
from portal.cards.fit import Card, card_misfit, facts_of, number_proven_with, renewal_misfit
from portal.cards.models import CardBinding, CardCertificate
from portal.failures import (
    CARD_ID_DIFFERS,
    CARD_KIND_OTHER,
    CARD_TAKEN,
    LAST_WAY_IN,
    PAGE_OUTDATED,
    TOO_MANY_CARDS,
    Refusal,
)  # fmt: skip
from portal.messages.sending import send_mail
from portal.policy import policy
from portal.sealing import SealBroken

_log = logging.getLogger("portal.cards")


def bind(user: User, identity: Identity, request: HttpRequest | None = None) -> CardBinding:
    """Link the card whose holder was just verified for this purpose to an account; linking it again changes nothing.

    It proves the account's ID number where it fits (portal.accounts.id_numbers). Linking a card again also confirms a
    renewed certificate of it (2.10 rule 7). Raises `Refusal`: card_kind_other, card_name_differs, card_id_differs,
    too_many_cards, card_taken, id_number_proven; page_outdated for an account that is gone. A card that belongs to a
    certificate-only account of the same holder comes over with it, and that account ends; one that a password or
    another card opens, too, keeps its card. Of several accounts that link one card at once, one gets it.
    """
    _must_fit(user, identity)
    return link(user, identity, number_proven_with(user, identity), request)


def link(user: User, card: Card, proven_number: str = "", request: HttpRequest | None = None) -> CardBinding:
    """The same without asking the confirmer, who said yes to `proven_number` (or whom nobody has to ask) before."""
    try:
        with transaction.atomic():
            held, binding = _hold(user, card)
            # Compared under the lock: a number may have been typed meanwhile.
            _must_fit(held, card)
            binding = _tie(held, binding, card, request)
            _prove(held, card, proven_number)
            return binding
    except IntegrityError:
        raise Refusal(CARD_TAKEN) from None


def bound_card(identity: Identity) -> CardBinding | None:
    """The binding of a card that was just verified, or None; for every use of a card that is bound already.

    Raises `Refusal` (card_name_differs, card_id_differs) when the certificate is another person's than the one that
    was bound.
    """
    found = CardBinding.objects.select_related("user").filter(binding_key=identity.binding_key).first()
    failure = renewal_misfit(found, identity) if found is not None else None
    if failure is not None:
        raise Refusal(failure)
    return found


def may_come_over(binding: CardBinding) -> bool:
    """Whether binding this card takes it from the account it has: one that nothing else opens (rule 8)."""
    former: User = binding.user
    return former.certificate_only and not former.has_usable_password() and former.cards.count() == 1


def unbind(user: User, binding: CardBinding, request: HttpRequest | None = None) -> None:
    """Unlink a card; one that is unlinked already changes nothing.

    Raises `Refusal` (last_way_in) when there would be no way into the account any more.
    """
    with transaction.atomic():
        epoch.hold(user)
        if not CardBinding.objects.filter(pk=binding.pk, user=user).exists():
            return  # pressed twice
        if not user.has_usable_password() and user.cards.count() <= 1:
            raise Refusal(LAST_WAY_IN)
        last_digits, family = binding.last_digits, binding.family
        binding.delete()
        record("unbind", account=user.pk, request=request, family=family)
        send_mail(user.email, user.language, "card_unbound", name=user.name, last_digits=last_digits)


def note_revoked(certificate_der: bytes, at: datetime) -> None:
    """Remember that a certificate seen on a bound card was revoked; one that was never seen is nobody's here."""
    sha256 = hashlib.sha256(certificate_der).hexdigest()
    CardCertificate.objects.filter(sha256=sha256, revoked=None).update(revoked=at)


def _hold(user: User, card: Card) -> tuple[User, CardBinding | None]:
    """The account and, where the card is linked already, its binding, held until the transaction ends.

    The accounts' rows come first, in one order, so that two requests never wait for each other: two cards at once
    cannot both be the last one allowed, and two accounts at once cannot both take one card over.
    """
    rows = CardBinding.objects.filter(binding_key=card.binding_key)
    owner = rows.values_list("user", flat=True).first()
    numbers = {user.pk} if owner is None else {user.pk, owner}
    hold_rows(*numbers)
    held = User.objects.in_bulk(numbers)
    if user.pk not in held:
        raise Refusal(PAGE_OUTDATED)
    epoch.hold(user)
    binding = rows.select_for_update().first()
    if binding is not None:
        if binding.user_id not in held:
            raise Refusal(CARD_TAKEN)  # linked to a third account meanwhile
        binding.user = held[binding.user_id]
    return held[user.pk], binding


def _tie(user: User, binding: CardBinding | None, card: Card, request: HttpRequest | None) -> CardBinding:
    if binding is not None and binding.user_id == user.pk:
        renewal.use(binding, card, request, confirmed=True)
        return binding
    if user.cards.count() >= policy().most_cards:
        raise Refusal(TOO_MANY_CARDS)
    if binding is not None:
        _merge(user, binding, card, request)
    else:
        binding = CardBinding.objects.create(user=user, binding_key=card.binding_key, **facts_of(card))
    renewal.note_certificate(binding, card)
    record("bind", account=user.pk, request=request, family=card.family.value)
    send_mail(user.email, user.language, "card_bound", name=user.name, last_digits=binding.last_digits)
    return binding


def _merge(user: User, binding: CardBinding, card: Card, request: HttpRequest | None) -> None:
    """Take a card over from the certificate-only account that it made (rule 8)."""
    former: User = binding.user
    if not may_come_over(binding):
        raise Refusal(CARD_TAKEN)
    binding.user = user
    for name, fact in facts_of(card).items():
        setattr(binding, name, fact)
    binding.save()
    former.is_active = False
    former.save(update_fields=["is_active"])
    give_up(former.pk)
    record("account_merged", account=former.pk, request=request, by=user.pk)


def _must_fit(user: User, card: Card) -> None:
    if card.family is not Family.CITIZEN or user.is_company:
        raise Refusal(CARD_KIND_OTHER)
    try:
        failure = card_misfit(user, card)
    except SealBroken:
        _log.error("ID number of account %s cannot be opened", user.pk)
        failure = CARD_ID_DIFFERS
    if failure is not None:
        raise Refusal(failure)


def _prove(user: User, card: Card, number: str) -> None:
    person = Person.objects.filter(user=user).exclude(id_sealed=None).first()
    if not number or person is None or person.id_number != number or not card.last_four:
        return
    if person.id_proven and person.id_index is not None:
        return
    (prove if user.is_active else note_proof)(person)
