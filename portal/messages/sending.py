"""The two functions that send: both take the name of a text in templates/ and the language of who will read it.

Nothing leaves in a request. What is to be sent is noted in a table, in the transaction of the deed, and the sender
process (`python -m portal send_messages`) hands it over: so a request takes as long with a message as without one, and
a mail server that is away costs nobody a page.
"""

import logging
from datetime import datetime

from allauth.account.models import EmailAddress
from django.template.loader import render_to_string
from django.utils.translation import override

from portal.languages import codes
from portal.messages import limits
from portal.messages.help_desk import help_desk_line
from portal.messages.models import QueuedMessage

Channel = QueuedMessage.Channel
# Nearly everybody here reads one of these; a further language is for those who have chosen it.
_FOR_ANYBODY = ("zh-hant", "en")
_log = logging.getLogger("portal.messages")


def send_mail(
    address: str,
    language: str,
    name: str,
    /,
    *,
    until: datetime | None = None,
    counted: bool = False,
    known: bool = False,
    **context: object,
) -> bool:
    """Note the mail `mail/<name>.txt` for the sender; its first line is the subject. It goes with the transaction.

    `language` is the account's (User.language); where it is unknown, the mail is in Chinese first and in English below.
    `until`: when what the mail holds is worth nothing any more; it is not sent after that. `counted`: whether the mail
    was counted before (`limits.spend`). `known`: a browser has asked for it that the holder has used before. Returns
    False, and notes nothing, for an account without an address (a card made it) and when the address got enough.
    """
    if not address:
        return False
    parts = [text.partition("\n") for text in _texts(f"mail/{name}.txt", language, context)]
    subject, body = " ".join(part[0].strip() for part in parts), "\n\n".join(part[2].strip() for part in parts)
    proved = EmailAddress.objects.filter(email=address, verified=True).exists()
    content = {"to": address, "subject": subject, "body": body + "\n"}
    if not counted and not _may(Channel.MAIL, name, address, proved, known):
        return False
    QueuedMessage.put(Channel.MAIL, name, address, content, until)
    return True


def send_text(
    number: str,
    language: str,
    name: str,
    /,
    *,
    proved: bool = False,
    known: bool = False,
    until: datetime | None = None,
    **context: object,
) -> bool:
    """Note the text message `text/<name>.txt` to a mobile number; the rest as above.

    `proved`: whether a code that was sent to the number came back.
    """
    body = " ".join(_texts(f"text/{name}.txt", language, context))
    if not _may(Channel.TEXT, name, number, proved, known):
        return False
    QueuedMessage.put(Channel.TEXT, name, number, {"to": number, "body": body}, until)
    return True


def _may(channel: QueuedMessage.Channel, name: str, recipient: str, proved: bool, known: bool) -> bool:
    allowed = limits.spend(channel, name, recipient, proved=proved, known=known)
    if not allowed:
        _log.warning("%s %s: held back, the recipient got enough", channel.value, name)
    return allowed


def _texts(template: str, language: str, context: dict[str, object]) -> list[str]:
    texts = []
    for code in (language,) if language in codes() else _FOR_ANYBODY:
        with override(code):
            text = render_to_string(template, context).strip()
            texts.append(f"{text}\n{help_desk_line()}".strip() if template.startswith("mail/") else text)
    return texts
