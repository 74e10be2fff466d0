"""Django's mail back end for a development installation: mails stay in the database."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from typing_extensions import override

from portal.messages.models import OutboxMessage


class OutboxMailBackend(BaseEmailBackend):
    """Keeps mails for the outbox page."""

    @override
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep every mail, once for each recipient; return how many mails there were."""
        for message in email_messages:
            for recipient in message.to:
                OutboxMessage.objects.create(
                    channel="mail", recipient=recipient, subject=str(message.subject), body=str(message.body)
                )
        return len(email_messages)
