"""What a registration asked for becomes its account's when the account is confirmed or activated, and not before."""

import logging

from portal.accounts.id_numbers import claim, prove
from portal.accounts.models import Person, User
from portal.cards.waiting import take_over
from portal.sealing import SealBroken

_log = logging.getLogger("portal.registration")


def settle(user: User, *, proven: bool = False) -> None:
    """Give an account that has just become active the card that waits for it, and the ID number that it typed.

    `proven`: the confirmer has said yes to the number just now. Call it in the transaction that activates; raises
    `Refusal` (id_number_proven) when the number was proven here and another account has proven it meanwhile: then
    nothing is activated. A number that was only typed never hinders.
    """
    take_over(user)
    person = Person.objects.select_for_update().filter(user=user).exclude(id_sealed=None).first()
    if person is None:
        return
    try:
        if proven or person.id_proven:
            prove(person)
        else:
            claim(person)
    except SealBroken:
        _log.error("ID number of person %s cannot be opened", person.pk)
