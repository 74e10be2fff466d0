"""For an operator: log somebody out everywhere, or everybody."""

from argparse import ArgumentParser
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from portal.accounts import devices
from portal.accounts.models import KnownDevice, User
from portal.audit.log import record


class Command(BaseCommand):
    """`python -m portal end_sessions --account NAME` or `--all`."""

    help = "End the sessions of one account, or of everybody; nobody else is told."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the two ways."""
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--account", help="account name")
        whose.add_argument("--all", action="store_true", help="every account, and every registration under way")

    @override
    def handle(self, *args: Any, account: str | None, **options: Any) -> None:
        """End them and say how many; raise CommandError for an account that does not exist."""
        if account is None:
            count = Session.objects.all().delete()[0]
            UserSession.objects.all().delete()
            KnownDevice.objects.all().delete()
            record("sessions_ended", count=count, by="operator")
        else:
            user = User.objects.filter(username=account.strip().lower()).first()
            if user is None:
                raise CommandError("there is no such account")
            count = _end(user)
            record("sessions_ended", account=user.pk, count=count, by="operator")
        self.stdout.write(f"ended {count}")


def _end(user: User) -> int:
    rows = UserSession.objects.filter(user=user)
    count: int = Session.objects.filter(session_key__in=rows.values("session_key")).delete()[0]
    rows.delete()
    devices.forget(user)
    return count
