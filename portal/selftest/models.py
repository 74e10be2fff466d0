"""What somebody has sent of a self-test, until it is deleted."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from typing_extensions import override


class Report(models.Model):
    """One report, as it came; it bears no account and no address, and neither its code nor its secret can be read back.

    `installation` is a random number that the component has made for its reports only.
    """

    code_hash = models.CharField(max_length=64, unique=True)  # keyed hash of what is told to the help desk
    secret_hash = models.CharField(max_length=64, unique=True)  # keyed hash of what its sender's page is found by
    installation = models.CharField(max_length=32)
    content = models.JSONField()  # portal.selftest.form has checked all of it
    first = models.CharField(max_length=40, blank=True)  # the code of the first red check; empty: none was red
    received_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        """Asked for by computer, by day, and by what is over."""

        indexes: ClassVar[list[models.Index] | tuple[models.Index, ...]] = (
            models.Index(fields=["installation", "received_at"], name="report_installation"),
            models.Index(fields=["received_at"], name="report_received"),
            models.Index(fields=["expires_at"], name="report_expires"),
        )

    @override
    def __str__(self) -> str:
        """Return the row's number; the code is not known here."""
        return f"report {self.pk}"
