"""Linking cards to accounts and unlinking them (binding rules of the portal, 2.10)."""

import hashlib
import unicodedata
from datetime import datetime

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from cardlogin_server import Identity
from cardlogin_server.certificates.families import Family
from portal.accounts.models import User
from portal.audit.log import record
from portal.cards import renewal
from portal.cards.models import CardBinding, CardCertificate
from portal.failures import (
    CARD_ID_DIFFERS,
    CARD_KIND_OTHER,
    CARD_NAME_DIFFERS,
    CARD_RENEWED,
    CARD_TAKEN,
    LAST_WAY_IN,
    PAGE_OUTDATED,
    TOO_MANY_CARDS,
    Refusal,
)  # fmt: skip
from portal.messages.sending import send_mail
from portal.policy import policy


def bind(user: User, identity: Identity, request: HttpRequest | None = None) -> CardBinding:
    """Link the card whose holder was just verified for this purpose to an account; linking it again changes nothing.

    Linking a card again also confirms a renewed certificate of it (2.10 rule 7). Raises `Refusal`: card_kind_other,
    card_name_differs, card_id_differs, too_many_cards, card_taken, card_renewed; page_outdated for an account that is
    gone. A card that belongs to a certificate-only account of the same holder comes over with it, and that account
    ends. Of several accounts that link one card at once, one gets it.
    """
    try:
        with transaction.atomic():
            held, binding = _hold(user, identity)
            _must_fit(held, identity)
            return _tie(held, binding, identity, request)
    except IntegrityError:
        raise Refusal(CARD_TAKEN) from None


def unbind(user: User, binding: CardBinding, request: HttpRequest | None = None) -> None:
    """Unlink a card; one that is unlinked already changes nothing.

    Raises `Refusal` (last_way_in) when there would be no way into the account any more.
    """
    with transaction.atomic():
        held = User.objects.select_for_update().get(pk=user.pk)
        if not CardBinding.objects.filter(pk=binding.pk, user=held).exists():
            return  # pressed twice
        if not held.has_usable_password() and held.cards.count() <= 1:
            raise Refusal(LAST_WAY_IN)
        last_digits, family = binding.last_digits, binding.family
        binding.delete()
        record("unbind", account=user.pk, request=request, family=family)
        send_mail(user.email, user.language, "card_unbound", name=user.name, last_digits=last_digits)


def note_revoked(certificate_der: bytes, at: datetime) -> None:
    """Remember that a certificate seen on a bound card was revoked; one that was never seen is nobody's here."""
    sha256 = hashlib.sha256(certificate_der).hexdigest()
    CardCertificate.objects.filter(sha256=sha256, revoked=None).update(revoked=at)


def _hold(user: User, identity: Identity) -> tuple[User, CardBinding | None]:
    """The account and, where the card is linked already, its binding, held until the transaction ends.

    The accounts' rows come first, in one order, so that two requests never wait for each other: two cards at once
    cannot both be the last one allowed, and two accounts at once cannot both take one card over.
    """
    rows = CardBinding.objects.filter(binding_key=identity.binding_key)
    owner = rows.values_list("user", flat=True).first()
    numbers = {user.pk} if owner is None else {user.pk, owner}
    accounts = User.objects.select_for_update().filter(pk__in=numbers).order_by("pk")
    held = {account.pk: account for account in accounts}
    if user.pk not in held:
        raise Refusal(PAGE_OUTDATED)
    binding = rows.select_for_update().first()
    if binding is not None:
        if binding.user_id not in held:
            raise Refusal(CARD_TAKEN)  # linked to a third account meanwhile
        binding.user = held[binding.user_id]
    return held[user.pk], binding


def _tie(user: User, binding: CardBinding | None, identity: Identity, request: HttpRequest | None) -> CardBinding:
    if binding is not None and binding.user_id == user.pk:
        renewal.use(binding, identity, request, confirmed=True)
        return binding
    if user.cards.count() >= policy().most_cards:
        raise Refusal(TOO_MANY_CARDS)
    if binding is not None:
        _merge(user, binding, identity, request)
    else:
        fields = {"family": identity.family.value, "subject_serial": identity.subject_serial}
        binding = CardBinding.objects.create(user=user, binding_key=identity.binding_key, **fields)
    renewal.note_certificate(binding, identity)
    record("bind", account=user.pk, request=request, family=identity.family.value)
    send_mail(user.email, user.language, "card_bound", name=user.name, last_digits=binding.last_digits)
    return binding


def _merge(user: User, binding: CardBinding, identity: Identity, request: HttpRequest | None) -> None:
    """Take a card over from the certificate-only account that it made (rule 8)."""
    former: User = binding.user
    if not former.certificate_only:
        raise Refusal(CARD_TAKEN)
    if renewal.needs_confirmation(binding, identity):
        raise Refusal(CARD_RENEWED)
    binding.user = user
    binding.save(update_fields=["user"])
    former.is_active = False
    former.save(update_fields=["is_active"])
    record("account_merged", account=former.pk, request=request, by=user.pk)


def _must_fit(user: User, identity: Identity) -> None:
    if identity.family is not Family.CITIZEN or user.is_company:
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
