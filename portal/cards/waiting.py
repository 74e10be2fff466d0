"""The card of a registration: linked at once when it is free, and only after confirmation when an account has it."""

from django.db import transaction
from django.http import HttpRequest

from cardlogin_server import Identity
from portal.accounts.id_numbers import note_proof
from portal.accounts.models import Person, User
from portal.audit.log import record
from portal.cards.binding import link, may_come_over
from portal.cards.fit import card_misfit
from portal.cards.models import CardBinding, WaitingCard
from portal.failures import CARD_TAKEN, Refusal


def reserve(user: User, identity: Identity, proven_number: str, request: HttpRequest | None = None) -> None:
    """Link a card to an account that is being registered; raises what `link` raises.

    A card that its holder's certificate-only account has stays there until the registration is confirmed: nothing of
    anybody's is lost by a registration that never is.
    """
    held = CardBinding.objects.select_related("user").filter(binding_key=identity.binding_key).first()
    if held is None:
        link(user, identity, proven_number, request)
        return
    failure = card_misfit(user, identity) if may_come_over(held) else CARD_TAKEN
    if failure is not None:
        raise Refusal(failure)
    WaitingCard.objects.create(
        user=user, binding_key=identity.binding_key, family_name=identity.family.value,
        subject_serial=identity.subject_serial, holder_name=identity.holder_name, last_four=identity.last_four or "",
        certificate_sha256=identity.certificate_sha256, not_after=identity.not_after,
    )  # fmt: skip
    person = Person.objects.filter(user=user).exclude(id_sealed=None).first()
    if person is not None and identity.last_four and proven_number:
        note_proof(person)


def take_over(user: User) -> None:
    """Link the card that waits for an account which is confirmed now; one that has another use meanwhile stays there.

    Then it has proven nothing here. The account is held before the one that has the card, whatever their numbers: an
    account with a waiting card has no other, so no transaction comes the other way.
    """
    waiting = WaitingCard.objects.filter(user=user).first()
    if waiting is None:
        return
    waiting.delete()
    try:
        with transaction.atomic():
            link(user, waiting)
    except Refusal as refusal:
        Person.objects.filter(user=user).update(id_proven=False)
        record("bind", refusal.failure.code, account=user.pk)
