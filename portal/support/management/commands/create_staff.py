"""For an operator: let an account read the reports of the self-test, or take that back."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.urls import reverse
from typing_extensions import override

from portal.accounts.fresh import has_second_factor
from portal.accounts.models import User
from portal.audit.log import record
from portal.audit.origin import Job


class Command(Job):
    """`python -m portal create_staff --account NAME [--remove]`."""

    help = "Make an existing account one of the staff, who read reports by code; --remove takes it back."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whose account it is, and the way back."""
        parser.add_argument("--account", required=True, help="account name")
        parser.add_argument("--remove", action="store_true", help="take it back, at once")

    @override
    def handle(self, *args: Any, account: str, remove: bool, **options: Any) -> None:
        """Do it and say what the person has to do next; raise CommandError for an account that cannot be one."""
        with transaction.atomic():
            user = User.objects.select_for_update().filter(username=account.strip().lower()).first()
            if user is None:
                raise CommandError("there is no such account")
            if not remove:
                _must_fit(user)
            if user.is_staff is remove:
                user.is_staff = not remove
                user.save(update_fields=["is_staff"])
                record("staff_removed" if remove else "staff_made", account=user.pk)
        self.stdout.write(f"{user.username} is not of the staff" if remove else _next(user))


def _must_fit(user: User) -> None:
    if not user.is_active:
        raise CommandError("the account is not active: its holder confirms the mail address first")
    if user.is_company or not user.has_usable_password():
        raise CommandError("the account has no password, which two-step log-in needs")


def _next(user: User) -> str:
    here = settings.CARDLOGIN_ORIGIN.rstrip("/")
    steps = [f"open {here}{reverse('support_reports')} after each log-in"]
    if not has_second_factor(user):
        steps.insert(0, f"switch two-step log-in on (an authenticator app): {here}{reverse('second_factor')}")
    return "\n".join([f"{user.username} is of the staff; the person has to", *(f"- {step}" for step in steps)])
