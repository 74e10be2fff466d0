"""Codes for a new password: to whom, by which channel, and whether a typed one is right."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from portal.accounts.codes import CodePurpose, asker_of, issue, kind_of, take_code
from portal.accounts.models import IssuedCode, Kind, Person, User
from portal.accounts.sources import source_of
from portal.audit.log import record
from portal.messages.sending import send_mail, send_text
from portal.policy import policy
from portal.recovery.rescue_data import is_young
from portal.recovery.steps import Step, Way

Channel = IssuedCode.Channel
# Stands for whoever a name without an account belongs to; no row has this number.
_NOBODY = 0


def find(account: str) -> User | None:
    """The account of that name (in lower case), if it is open and a person's: a company has cards only."""
    return User.objects.filter(username=account, is_active=True, kind=Kind.PERSON).first()


def send_code(way: str, account: str, asker: str, *, known: bool) -> None:
    """Send the code of a way (a job of the sender), if an open account has that name and an address; tells nobody.

    The code is good in the session that asked for it (`asker`, of portal.accounts.codes) and in no other; `known`
    tells whether its browser is known to the account.
    """
    user = find(account)
    if user is None:
        return
    if Way(way) is Way.TEXT:
        _text(user, CodePurpose.RESET_PASSWORD, asker, known=known)
    else:
        send_second_proof(user, asker, known=known)


def send_second_proof(user: User, asker: str, *, known: bool) -> IssuedCode.Channel | None:
    """Send the code that goes with an answer or a saved code: to the confirmed mail address, else to the mobile.

    Returns the channel, None when the account has neither.
    """
    mail = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary").first()
    if mail is None:
        return _text(user, CodePurpose.SECOND_PROOF, asker, known=known)
    with transaction.atomic():
        issued = issue(user, CodePurpose.SECOND_PROOF, Channel.MAIL, mail.email, policy().recovery_step, asker)
        record("recovery_code", account=user.pk, channel=Channel.MAIL.value, purpose=CodePurpose.SECOND_PROOF.value)
    send_mail(
        mail.email, user.language, "recovery_code", until=issued.expires, known=known, name=user.name,
        code=issued.code, minutes=_minutes(issued.life),
    )  # fmt: skip
    return Channel.MAIL


def right_code(request: HttpRequest, step: Step, typed: str) -> User | None:
    """Whose code this is, now used up; None, and one try less, for a wrong one. An unknown name never has one."""
    purpose = CodePurpose.RESET_PASSWORD if step.way is Way.TEXT else CodePurpose.SECOND_PROOF
    user = find(step.account) or User(pk=_NOBODY, username=step.account)
    source = source_of(request, step.account, kind_of(purpose))
    taken = take_code(user, purpose, typed, asker_of(request.session), source)
    return taken.user if taken is not None else None


def end_codes(user: User) -> None:
    """Make every code that was sent for a new password worthless."""
    now = timezone.now()
    purposes = [CodePurpose.RESET_PASSWORD, CodePurpose.SECOND_PROOF]
    IssuedCode.objects.filter(user=user, purpose__in=purposes, used=None).update(used=now)


def usable_mobile(user: User) -> str:
    """The rescue mobile to which something may be sent, or an empty text.

    A mistyped number is somebody else's telephone: `modern` uses one only when a code sent there has come back
    (NIST SP 800-63B-4, 4.2.1). One that was changed lately must wait in both profiles (portal.recovery.rescue_data).
    """
    known = Person.objects.filter(user=user).first()
    if known is None or is_young(known.mobile_since):
        return ""
    return known.rescue_mobile if known.mobile_confirmed or policy().recovery.unconfirmed_mobile else ""


def _text(user: User, purpose: CodePurpose, asker: str, *, known: bool) -> IssuedCode.Channel | None:
    number = usable_mobile(user)
    if not number:
        return None
    with transaction.atomic():
        issued = issue(user, purpose, Channel.TEXT, number, policy().text_code_life, asker)
        record("recovery_code", account=user.pk, channel=Channel.TEXT.value, purpose=purpose.value)
        send_text(
            number, user.language, "recovery_code", until=issued.expires, known=known, code=issued.code,
            minutes=_minutes(issued.life),
        )  # fmt: skip
    return Channel.TEXT


def _minutes(life: timedelta) -> int:
    return int(life.total_seconds() // 60)
