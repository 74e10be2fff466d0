"""The two functions that send: both take the name of a text in templates/ and the language of who will read it."""

import logging
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import override

from portal.languages import codes
from portal.messages.gateway import GatewayError, gateway
from portal.messages.help_desk import help_desk_line

# Nearly everybody here reads one of these; a further language is for those who have chosen it.
_FOR_ANYBODY = ("zh-hant", "en")
_log = logging.getLogger("portal.messages")


def send_mail(address: str, language: str, name: str, /, **context: object) -> None:
    """Send the mail `mail/<name>.txt` once the transaction is through; its first line is the subject.

    `language` is the account's (User.language); where it is unknown, the mail is in Chinese first and in English below.
    An account that a card made has no address; nothing is sent then.
    A mail server that fails is logged and nothing else: what the person may do next is the same, and every page that
    needs a mail offers to send it again.
    """
    if not address:
        return
    parts = [text.partition("\n") for text in _texts(f"mail/{name}.txt", language, context)]
    subject, body = " ".join(part[0].strip() for part in parts), "\n\n".join(part[2].strip() for part in parts)
    message = EmailMessage(subject, body + "\n", to=[address])
    transaction.on_commit(lambda: _deliver(message, name))


def send_text(number: str, language: str, name: str, /, **context: object) -> None:
    """Send the text message `text/<name>.txt` to a mobile number once the transaction is through; the rest as above."""
    body = " ".join(_texts(f"text/{name}.txt", language, context))
    transaction.on_commit(lambda: _hand_over(number, body, name))


def _texts(template: str, language: str, context: dict[str, object]) -> list[str]:
    texts = []
    for code in (language,) if language in codes() else _FOR_ANYBODY:
        with override(code):
            text = render_to_string(template, context).strip()
            texts.append(f"{text}\n{help_desk_line()}".strip() if template.startswith("mail/") else text)
    return texts


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
