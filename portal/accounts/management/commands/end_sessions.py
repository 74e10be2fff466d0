"""For an operator: log somebody out everywhere, or everybody."""

from argparse import ArgumentParser
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management.base import CommandError
from django.db import transaction
from typing_extensions import override

from portal.accounts import epoch
from portal.accounts.models import KnownDevice, User
from portal.audit.log import record
from portal.audit.origin import Job
from portal.recovery.sessions import end_sessions


class Command(Job):
    """`python -m portal end_sessions --account NAME` or `--all`."""

    help = "End sessions and whatever is half done, of one account or of everybody; nobody is told."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the two ways."""
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--account", help="account name")
        whose.add_argument("--all", action="store_true", help="every account, and every registration under way")

    @override
    @transaction.atomic
    def handle(self, *args: Any, account: str | None, **options: Any) -> None:
        """End them and say how many; raise CommandError for an account that does not exist."""
        if account is None:
            with transaction.atomic():
                epoch.advance_all()
                count = Session.objects.all().delete()[0]
                UserSession.objects.all().delete()
                KnownDevice.objects.all().delete()
                record("sessions_ended", count=count)
        else:
            user = User.objects.filter(username=account.strip().lower()).first()
            if user is None:
                raise CommandError("there is no such account")
            with transaction.atomic():
                count = end_sessions(user)
                record("sessions_ended", account=user.pk, count=count)
        self.stdout.write(f"ended {count}")
