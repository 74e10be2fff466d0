"""One row for one event; the database itself refuses to change or delete it (see the migration)."""

from typing import Any

from django.db import models
from django.utils import timezone
from typing_extensions import override


class AuditEvent(models.Model):
    """What happened: UTC time, action, code ("ok" or a failure's), the account's number, and allow-listed facts.

    The account is a number and no foreign key, because the row outlives the account. Of many refusals one row stands
    for several (`count` among its facts; see `portal.audit.flood`).
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    account = models.BigIntegerField(null=True, db_index=True)
    address = models.CharField(max_length=64, blank=True)  # keyed hash of the caller's network address
    facts = models.JSONField(default=dict)

    @override
    def __str__(self) -> str:
        """Return time, action and code."""
        return f"{self.at:%Y-%m-%dT%H:%M:%SZ} {self.action} {self.code}"

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; raises TypeError for one that exists."""
        if not self._state.adding:
            raise TypeError("audit events are never changed")
        super().save(*args, **kwargs)

    @override
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise TypeError: audit events stay."""
        raise TypeError("audit events are never deleted")
