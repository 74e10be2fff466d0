"""For an operator: what waits, what was given up, and having it tried again; never to whom or what it says."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Q
from django.utils import timezone
from typing_extensions import override

from portal.audit.log import record
from portal.audit.origin import Job
from portal.messages.models import QueuedMessage

State = QueuedMessage.State
_SHOWN = 100


class Command(Job):
    """`python -m portal messages`, `python -m portal messages --again NUMBER`."""

    help = "List messages that wait or were given up, without their content; put one of the latter back."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what is put back."""
        parser.add_argument("--again", type=int, metavar="NUMBER", help="try a message that was given up once more")

    @override
    def handle(self, *args: Any, again: int | None, **options: Any) -> None:
        """Print one line of counts and one for each message; raise CommandError for a number that was not given up."""
        if again is not None:
            _again(again)
            self.stdout.write(f"message {again} waits again")
            return
        waiting = QueuedMessage.objects.filter(state=State.WAITING)
        oldest = waiting.order_by("created").values_list("created", flat=True).first()
        seconds = int((timezone.now() - oldest).total_seconds()) if oldest is not None else 0
        counts = " ".join(
            f"{state}={QueuedMessage.objects.filter(state=state).count()}" for state in (State.DEAD, State.EXPIRED)
        )
        self.stdout.write(f"waiting={waiting.count()} oldest={seconds}s {counts}")
        rows = QueuedMessage.objects.filter(Q(state=State.DEAD) | Q(state=State.WAITING)).order_by("pk")
        for row in rows[:_SHOWN]:
            self.stdout.write(
                f"{row.pk} {row.state} {row.channel} {row.name} tries={row.tries} since={row.created:%Y-%m-%dT%H:%MZ}"
            )


def _again(number: int) -> None:
    now = timezone.now()
    of_use = QueuedMessage.objects.filter(Q(expires=None) | Q(expires__gt=now), pk=number, state=State.DEAD)
    # Its day of tries begins anew.
    if not of_use.exclude(sealed=None).update(state=State.WAITING, created=now, due=now, tries=0, ended=None):
        raise CommandError("there is no such message that was given up and is still of use")
    record("message_again", by="operator")
