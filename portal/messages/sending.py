"""The two functions that send: both take the name of a text in templates/, in both languages in one message."""

import logging
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from portal.messages.gateway import GatewayError, gateway

_log = logging.getLogger("portal.messages")


def send_mail(address: str, name: str, /, **context: object) -> None:
    """Send the mail `mail/<name>.txt` once the transaction is through; its first line is the subject.

    An account that a card made has no address; nothing is sent then.
    A mail server that fails is logged and nothing else: what the person may do next is the same, and every page that
    needs a mail offers to send it again.
    """
    if not address:
        return
    subject, _, body = render_to_string(f"mail/{name}.txt", context).strip().partition("\n")
    message = EmailMessage(subject.strip(), body.strip() + "\n", to=[address])
    transaction.on_commit(lambda: _deliver(message, name))


def send_text(number: str, name: str, /, **context: object) -> None:
    """Send the text message `text/<name>.txt` to a mobile number once the transaction is through; failures as above."""
    body = render_to_string(f"text/{name}.txt", context).strip()
    transaction.on_commit(lambda: _hand_over(number, body, name))


def _deliver(message: EmailMessage, name: str) -> None:
    try:
        message.send()
    except (SMTPException, OSError) as error:
        _log.error("mail %s: %s", name, type(error).__name__)


def _hand_over(number: str, body: str, name: str) -> None:
    try:
        gateway().send(number, body)
    except GatewayError:
        _log.error("text %s: not taken", name)
