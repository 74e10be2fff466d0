"""Confirming a mail address: the mail, its link and its code, and having it sent again."""

from collections.abc import Callable
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise as StrPromise
from django.utils.http import urlencode
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.accounts.codes import CodePurpose, find_link, issue, take_code, take_link
from portal.accounts.holding import hold_rows
from portal.accounts.models import IssuedCode, Person, User
from portal.accounts.passwords import set_password
from portal.audit.log import record
from portal.cards.models import WaitingCard
from portal.failures import (
    CONFIRM_CODE_WRONG,
    CONFIRM_LINK_EXPIRED,
    CONFIRM_LINK_UNKNOWN,
    CONFIRM_LINK_USED,
    MAIL_TAKEN,
    Failure,
    Refusal,
)  # fmt: skip
from portal.messages.jobs import later
from portal.messages.sending import send_mail
from portal.policy import policy
from portal.registration.activation import settle

Writer = Callable[[str], bool]
"""Whether one more mail may go to an address now; what keeps strangers from filling somebody's mailbox."""
_DAY = timedelta(days=1)
# Stands for whoever a name without an account belongs to; no row has this number.
_NOBODY = 0


def is_waiting(user: User) -> bool:
    """Whether an account has never been in use and waits for its address to be confirmed (未啟用, F026)."""
    never_used = not user.is_active and user.last_login is None
    return never_used and not user.certificate_only and user.delete_after is None


def belongs_to_another(user: User) -> bool:
    """Whether the address of this account is another one's: then it is not confirmed."""
    others = EmailAddress.objects.filter(email=user.email, verified=True).exclude(user=user)
    return bool(others.exists())


def send_confirmation(user: User, may_write: Writer, next_url: str = "") -> bool:
    """Have link and code sent to the account's address; or the truth, to the one person whom it concerns, instead.

    Which of the two is found out by the sender, so that the request takes as long for either. Returns False when no
    mail may go to the address now.
    """
    if not may_write(user.email):
        return False
    later("confirm_mail", user=user.pk, next_url=next_url)
    return True


def write_confirmation(user: int, next_url: str = "") -> None:
    """Write that mail now (a job of the sender), unless the account is gone or confirmed by now."""
    with transaction.atomic():
        hold_rows(user)
        found = User.objects.filter(pk=user).first()
        if found is None or not (is_waiting(found) or _is_open_unconfirmed(found)):
            return
        if belongs_to_another(found):
            send_mail(found.email, _language_at(found), "registration_in_use", origin=settings.CARDLOGIN_ORIGIN)
        else:
            _write_link(found, next_url)


def _write_link(user: User, next_url: str) -> None:
    life = policy().confirm_within
    issued = issue(user, CodePurpose.CONFIRM_MAIL, IssuedCode.Channel.MAIL, user.email, life)
    link = address_of("confirm", issued.link) + (f"?{urlencode({'next': next_url})}" if next_url else "")
    send_mail(
        user.email, user.language, "confirm", until=issued.expires, account=user.username, link=link, code=issued.code,
        code_page=address_of("confirm_code"), official_page=address_of("official_account"), life=life_text(life),
        official=user.official_wanted,
    )  # fmt: skip


def _language_at(user: User) -> str:
    """The language of whoever the address belongs to."""
    confirmed = EmailAddress.objects.select_related("user").filter(email=user.email, verified=True).first()
    return confirmed.user.language if confirmed is not None else user.language


def resend(account: str) -> None:
    """Have the mail sent again if there is such an account and it waits for it.

    The sender finds that out: the caller's answer, and the time it takes, is always the same.
    """
    later("resend", account=account.strip().lower())


def resend_now(account: str) -> None:
    """Write the mail again (a job of the sender).

    An account that its holder's card activated is open already; its address still waits to be confirmed.
    """
    user = User.objects.filter(username=account).first()
    if user is not None and (is_waiting(user) or _is_open_unconfirmed(user)):
        with transaction.atomic():
            write_confirmation(user.pk)
            record("resend_confirmation", account=user.pk)


def _is_open_unconfirmed(user: User) -> bool:
    own = EmailAddress.objects.filter(user=user, email=user.email, primary=True)
    return user.is_active and own.filter(verified=False).exists()


def problem_with(purpose: CodePurpose, link: str) -> Failure | None:
    """Why a link does not work, or None for one that does."""
    found = find_link(purpose, link)
    if found is None:
        return CONFIRM_LINK_UNKNOWN
    if found.used is not None:
        return CONFIRM_LINK_USED
    return CONFIRM_LINK_EXPIRED if found.expires <= timezone.now() else None


def confirm_by_link(link: str, own_password: str | None = None) -> User:
    """Confirm the address that the link was sent to and activate its account; raises `Refusal`.

    With a password of the mailbox's holder, the account begins anew: what else the registration told falls away.
    Nothing is used up by a refusal (id_number_proven, mail_taken among them).
    """
    with transaction.atomic():
        code = take_link(CodePurpose.CONFIRM_MAIL, link)
        if code is None:
            raise Refusal(problem_with(CodePurpose.CONFIRM_MAIL, link) or CONFIRM_LINK_USED)
        return _confirm(code, own_password)


def confirm_by_code(account: str, typed: str, refusal: Callable[[User], Failure | None]) -> User:
    """The same with the code that the mail shows; raises `Refusal`. A wrong code costs one of its tries.

    `refusal` says why whoever types a right code may not activate the account with what its registration told; the
    code can be typed again then, as long as it has tries left.
    """
    name = account.strip().lower()
    user = User.objects.filter(username=name).first() or User(pk=_NOBODY, username=name)
    failure: Failure | None = CONFIRM_CODE_WRONG
    # Together, so that a wrong code costs one commit whether the name has an account (and a try less) or not.
    with transaction.atomic():
        code = take_code(user, CodePurpose.CONFIRM_MAIL, typed)
        if code is not None:
            failure = refusal(code.user)
            if failure is None:
                return _confirm(code)
            IssuedCode.objects.filter(pk=code.pk).update(used=None)
        else:
            record("confirm_mail", CONFIRM_CODE_WRONG.code, account=user.pk or None, typed=account)
    # Raised out here, so that the try stays counted.
    raise Refusal(failure or CONFIRM_CODE_WRONG)


def _confirm(code: IssuedCode, own_password: str | None = None) -> User:
    try:
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).get(pk=code.user_id)
            if own_password is not None:
                _begin_anew(user, own_password)
            if not EmailAddress.objects.filter(user=user, email=code.recipient, primary=True).update(verified=True):
                raise Refusal(CONFIRM_LINK_USED)
            _activate(user)
            return user
    except IntegrityError:
        raise Refusal(MAIL_TAKEN) from None


def _begin_anew(user: User, password: str) -> None:
    # Not for an account that its registrant's card has opened meanwhile.
    if not is_waiting(user):
        raise Refusal(CONFIRM_LINK_USED)
    set_password(user, password)
    user.nickname = ""
    user.save(update_fields=["password", "password_policy", "nickname"])
    Person.objects.filter(user=user).delete()
    user.cards.all().delete()
    WaitingCard.objects.filter(user=user).delete()
    record("registration_begun_anew", account=user.pk)


def _activate(user: User) -> None:
    if is_waiting(user):
        user.is_active = True
        user.save(update_fields=["is_active"])
        settle(user)
    record("confirm_mail", account=user.pk)


def address_of(name: str, *arguments: str) -> str:
    """The whole address of one of the portal's pages, for a mail."""
    origin: str = settings.CARDLOGIN_ORIGIN
    return origin + reverse(name, args=arguments)


def life_text(life: timedelta) -> str | StrPromise:
    """How long a link works, in the manuals' words for seven days, in hours otherwise; in the reader's language."""
    if life == 7 * _DAY:
        return _("seven days")
    return format_lazy(_("{hours} hours"), hours=life // timedelta(hours=1))
