"""After a new sealing key was put before the old one: everything sealed is written anew with it."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.management.base import CommandError
from django.db import transaction
from typing_extensions import override

from portal.accounts.holding import hold_rows
from portal.accounts.models import IdKind, Person
from portal.audit.log import record
from portal.audit.origin import Job
from portal.messages.models import QueuedMessage
from portal.sealing import SealBroken

# What allauth.mfa seals: the secret of an authenticator app, and the seed of the recovery codes.
_FACTOR_SECRETS = ("secret", "seed")


class Command(Job):
    """`python -m portal reseal`: run it while nobody is served; a number cannot be found until its row is done."""

    help = "Encrypt ID numbers, secrets of second factors and waiting messages anew, and index ID numbers."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        """Do every row that can be opened; raise CommandError with the numbers of those that cannot."""
        people = list(Person.objects.exclude(id_sealed=None).order_by("pk").values_list("pk", flat=True))
        factors = list(Authenticator.objects.order_by("pk").values_list("pk", flat=True))
        if people or factors:
            # Row by row, so that a kill loses none; what was begun stands in the log before the first.
            record("reseal_begun", count=len(people) + len(factors))
        broken = [f"person {number}" for number in people if not _reseal_person(number)]
        broken += [f"factor {number}" for number in factors if not _reseal_factor(number)]
        messages = list(QueuedMessage.objects.exclude(sealed=None).order_by("pk").values_list("pk", flat=True))
        broken += [f"message {number}" for number in messages if not _reseal_message(number)]
        done = len(people) + len(factors) + len(messages) - len(broken)
        if done:
            record("reseal", count=done)
        self.stdout.write(f"resealed {done}")
        if broken:
            raise CommandError(f"no key opens {', '.join(broken)}")


@transaction.atomic
def _reseal_person(number: int) -> bool:
    rows = Person.objects.filter(pk=number)
    hold_rows(*rows.values_list("user", flat=True))
    person = rows.select_for_update().first()
    if person is None:
        return True
    try:
        text = person.id_number
    except SealBroken:
        return False
    held, proven = person.id_index is not None, person.id_proven
    person.note_id_number(IdKind(person.id_kind), text)
    # What is typed and not held stays so: another account may hold the same number.
    person.id_index, person.id_proven = person.number_index() if held else None, proven
    person.save(update_fields=["id_sealed", "id_index"])
    return True


@transaction.atomic
def _reseal_factor(number: int) -> bool:
    rows = Authenticator.objects.filter(pk=number)
    hold_rows(*rows.values_list("user", flat=True))
    factor = rows.select_for_update().first()
    if factor is None:
        return True
    adapter = get_adapter()
    try:
        for name in _FACTOR_SECRETS:
            if name in factor.data:
                factor.data[name] = adapter.encrypt(adapter.decrypt(factor.data[name]))
    except SealBroken:
        return False
    factor.save(update_fields=["data"])
    return True


@transaction.atomic
def _reseal_message(number: int) -> bool:
    message = QueuedMessage.objects.select_for_update().exclude(sealed=None).filter(pk=number).first()
    if message is None:
        return True
    try:
        message.keep(message.content())
    except SealBroken:
        return False
    message.save(update_fields=["sealed"])
    return True
