"""Who holds an ID number: a claim is a number that was typed, a proof is one that was typed together with a card.

A number is *proven* when it was typed into an account that has a bound citizen card whose holder's name and last four
characters fit and, where a confirmer is configured (CARDLOGIN_CONFIRMER), the confirmer says that the full number is
that card's. An account that is activated by a card which the confirmer says yes to counts alike. Everything else is a
*claim*. Only confirmed accounts hold a number; a registration that was never confirmed holds none.
"""

from django.db import IntegrityError, transaction

from portal.accounts.models import Person
from portal.audit.log import record
from portal.failures import ID_NUMBER_PROVEN, Refusal
from portal.messages.jobs import later
from portal.messages.sending import send_mail

_TRIES = 3  # others may take and lose the number meanwhile


def claim(person: Person) -> None:
    """Let a confirmed account hold the number it typed, if nobody holds it; otherwise it stays typed and not held.

    Whoever has proven the number is told by mail; one who only claims it is told nothing. The statements are the same
    for a free number and for a taken one: the sender finds out whom to tell. Raises SealBroken.
    """
    if person.id_index is not None:
        return
    found = person.number_index()
    taken = Person.objects.filter(id_index=found).exclude(pk=person.pk).exists()
    person.id_index, person.id_proven = None if taken else found, False
    try:
        with transaction.atomic():
            person.save(update_fields=["id_index", "id_proven"])
    except IntegrityError:  # taken by somebody else in this very moment
        person.id_index = None
    later("number_claimed", user=person.user_id, kind=person.id_kind, number=person.id_number)


def tell_holder(user: int, kind: str, number: str) -> None:
    """Tell whoever has proven an ID number that another account was given it (a job of the sender)."""
    holder = Person.with_id_number(number, kind)
    if holder is not None and holder.user_id != user and holder.id_proven and holder.user.email:
        send_mail(holder.user.email, holder.user.language, "id_number_used")


def prove(person: Person) -> None:
    """Let a confirmed account hold the number it has proven; an account that only claims it loses it and is told.

    The proving person is told nothing of it. Raises `Refusal` (id_number_proven) when another account has proven it,
    too, and SealBroken. Call it in a transaction that holds the account.
    """
    for _ in range(_TRIES):
        holder = _other_holder(person)
        if holder is not None:
            _displace(holder, person)
        if _take(person):
            return
    raise Refusal(ID_NUMBER_PROVEN)


def note_proof(person: Person) -> None:
    """Note that an account which is not confirmed yet has proven its number; it takes nothing from anybody.

    Raises `Refusal` (id_number_proven) when another account has proven it already, and SealBroken.
    """
    _other_holder(person)
    person.id_proven = True
    person.save(update_fields=["id_proven"])


def give_up(user_pk: int) -> None:
    """Take its number from an account: nothing of it stays in the row."""
    Person.objects.filter(user=user_pk).update(id_kind="", id_sealed=None, id_index=None, id_proven=False)


def _other_holder(person: Person) -> Person | None:
    others = Person.objects.select_for_update().exclude(pk=person.pk)
    holder = others.filter(id_index=person.number_index()).first()
    if holder is not None and holder.id_proven:
        raise Refusal(ID_NUMBER_PROVEN)
    return holder


def _displace(holder: Person, person: Person) -> None:
    give_up(holder.user_id)
    record("id_number_lost", account=holder.user_id, by=person.user_id)
    loser = holder.user
    send_mail(loser.email, loser.language, "id_number_lost", name=loser.name)


def _take(person: Person) -> bool:
    # The unique index decides between accounts that ask at the same time.
    before = person.id_index, person.id_proven
    person.id_index, person.id_proven = person.number_index(), True
    try:
        with transaction.atomic():
            person.save(update_fields=["id_index", "id_proven"])
    except IntegrityError:
        person.id_index, person.id_proven = before
        return False
    return True
