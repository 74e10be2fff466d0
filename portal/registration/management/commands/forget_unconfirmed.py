"""Frees the account names of registrations that were never confirmed; for a nightly job."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from portal.audit.origin import Job
from portal.registration.forgetting import forget_unconfirmed

_DAYS = 7


class Command(Job):
    """`python -m portal forget_unconfirmed [--days 7]`."""

    help = "Delete accounts that were never confirmed, some days after their confirmation link has ended."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--days", type=int, default=_DAYS, help="days after the end of the link (default 7)")

    @override
    def handle(self, *args: Any, days: int, **options: Any) -> None:
        """Forget, and say how many."""
        if days < 0:
            raise CommandError("--days is negative")
        self.stdout.write(f"forgotten {forget_unconfirmed(timedelta(days=days))}")
