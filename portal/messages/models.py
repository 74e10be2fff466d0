"""The development outbox: what would have been sent, kept for the page that shows it."""

from django.db import models
from django.utils import timezone
from typing_extensions import override


class OutboxMessage(models.Model):
    """One mail or text message that stayed on this computer."""

    channel = models.CharField(max_length=4, choices=[("mail", "mail"), ("text", "text")])
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    @override
    def __str__(self) -> str:
        """Return channel and time; the recipient stays out of logs."""
        return f"{self.channel} {self.at:%Y-%m-%d %H:%M}"
