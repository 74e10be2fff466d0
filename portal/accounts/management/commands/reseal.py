"""After a new sealing key was put before the old one: every ID number is written anew with it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from typing_extensions import override

from portal.accounts.models import IdKind, Person
from portal.audit.log import record
from portal.sealing import SealBroken


class Command(BaseCommand):
    """`python -m portal reseal`: run it while nobody is served; a number cannot be found until its row is done."""

    help = "Encrypt and index every ID number with the newest sealing key."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        """Do every row that can be opened; raise CommandError with the numbers of those that cannot."""
        rows = Person.objects.exclude(id_sealed=None).order_by("pk").values_list("pk", flat=True)
        broken = [number for number in list(rows) if not _reseal(number)]
        done = len(rows) - len(broken)
        if done:
            record("reseal", count=done)
        self.stdout.write(f"resealed {done}")
        if broken:
            raise CommandError(f"no key opens the ID number of person {', '.join(map(str, broken))}")


@transaction.atomic
def _reseal(number: int) -> bool:
    person = Person.objects.select_for_update().filter(pk=number).first()
    if person is None:
        return True
    try:
        text = person.id_number
    except SealBroken:
        return False
    if text:
        person.set_id_number(IdKind(person.id_kind), text)
        person.save(update_fields=["id_kind", "id_sealed", "id_index"])
    return True
