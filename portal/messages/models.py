"""What waits to be sent and how it ended, how much each recipient got, and the outbox of a development installation."""

import json
import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from typing_extensions import override

from portal.sealing import index, seal, unseal


class QueuedMessage(models.Model):
    """One mail or text message on its way, or a job that decides in the sender process whether one is written.

    Recipient, text and code are sealed and deleted once they have left; what stays tells nobody to whom it went.
    """

    class Channel(models.TextChoices):
        """By which way."""

        MAIL = "mail"
        TEXT = "text"
        JOB = "job"

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting"
        SENT = "sent"
        DEAD = "dead"  # given up; keeps its content, so that an operator can have it tried again
        EXPIRED = "expired"  # its code or link ended before it could be sent

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(max_length=4, choices=Channel)
    name = models.CharField(max_length=40)  # of the template, or of the job
    recipient = models.CharField(max_length=64, blank=True)  # keyed hash
    sealed = models.BinaryField(null=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    created = models.DateTimeField(default=timezone.now)
    due = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ended = models.DateTimeField(null=True)

    class Meta:
        """The sender asks by state and time."""

        indexes: ClassVar[list[models.Index] | tuple[models.Index, ...]] = (
            models.Index(fields=["state", "due"], name="queued_state_due"),
        )

    @override
    def __str__(self) -> str:
        """Return channel, name and row number; nothing of the recipient."""
        return f"{self.channel} {self.name} {self.pk}"

    @classmethod
    def put(
        cls, channel: Channel, name: str, recipient: str, content: dict[str, Any], expires: datetime | None = None
    ) -> None:
        """Note something to be sent; it comes and goes with the transaction of the deed."""
        row = cls(channel=channel, name=name, recipient=hash_of(recipient) if recipient else "", expires=expires)
        row.keep(content)
        row.save(force_insert=True)

    def keep(self, content: dict[str, Any]) -> None:
        """Seal the content for this row, with the newest key."""
        self.sealed = seal(json.dumps(content), self._context())

    def content(self) -> dict[str, Any]:
        """Return the content; raises SealBroken for a row that was tampered with or has none any more."""
        opened: dict[str, Any] = json.loads(unseal(bytes(self.sealed or b""), self._context()))
        return opened

    def _context(self) -> str:
        return f"cardlogin_messages.queuedmessage.sealed {self.key}"


class RecipientCount(models.Model):
    """How many messages of one kind an address or number got in the running hour and day (portal.messages.limits)."""

    subject = models.CharField(max_length=64, unique=True)  # keyed hash of recipient and kind
    hour = models.DateTimeField(default=timezone.now)
    in_hour = models.PositiveSmallIntegerField(default=0)
    day = models.DateTimeField(default=timezone.now)
    in_day = models.PositiveSmallIntegerField(default=0)

    @override
    def __str__(self) -> str:
        """Return the row number."""
        return f"count {self.pk}"


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


def hash_of(recipient: str) -> str:
    """The keyed hash by which a recipient is known without being kept."""
    return index(recipient, "message recipient")
