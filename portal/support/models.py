"""How often an account of the desk has looked up a code."""

from django.conf import settings
from django.db import models
from typing_extensions import override


class LookUp(models.Model):
    """One try at a code, right or wrong; kept for an hour (portal.support.tries)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="look_ups")
    at = models.DateTimeField()

    @override
    def __str__(self) -> str:
        """Return the row number."""
        return f"look-up {self.pk}"
