"""Deletes the accounts whose grace time is over; for a job that runs every hour or every night."""

from typing import Any

from typing_extensions import override

from portal.audit.origin import Job
from portal.member.deletion import delete_due, free_names


class Command(Job):
    """`python -m portal delete_accounts`."""

    help = "Delete accounts whose holders asked for it, once the grace time is over; free names deleted long ago."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and say how many."""
        self.stdout.write(f"deleted {delete_due()}, names freed {free_names()}")
