"""忘記帳號 by mail: which names belong to an address, told to that address only."""

from allauth.account.models import EmailAddress
from django.db.models import Q

from portal.accounts.models import Kind, User
from portal.audit.log import record
from portal.messages.sending import send_mail

_MOST_NAMES = 10


def send_names(address: str) -> None:
    """Mail the names of the accounts of an address, if there are any, to the address that is stored.

    Addresses are compared as they are stored (`mail_form`), never by a database's idea of upper and lower case: to
    PostgreSQL a dotless ı is an I, and the mail would go to another's mailbox.
    """
    confirmed = EmailAddress.objects.filter(email=address, verified=True).values("user")
    users = User.objects.filter(Q(pk__in=confirmed) | Q(email=address), delete_after=None, kind=Kind.PERSON)
    found = list(users.order_by("pk")[:_MOST_NAMES])
    stored = EmailAddress.objects.filter(email=address, user__in=found).values_list("email", flat=True).first()
    to = stored or next((user.email for user in found if user.email == address), "")
    if to:
        for user in found:
            record("forgot_account", account=user.pk, channel="mail")
        languages = {user.language for user in found}
        language = languages.pop() if len(languages) == 1 else ""
        send_mail(to, language, "recovery_account", accounts=[user.username for user in found])
