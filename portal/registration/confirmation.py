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
from portal.accounts.models import IdKind, IssuedCode, Person, User
from portal.accounts.passwords import set_password
from portal.audit.log import record
from portal.failures import (
    CONFIRM_CODE_WRONG,
    CONFIRM_LINK_EXPIRED,
    CONFIRM_LINK_UNKNOWN,
    CONFIRM_LINK_USED,
    MAIL_TAKEN,
    Failure,
    Refusal,
)  # fmt: skip
from portal.messages.sending import send_mail
from portal.policy import policy

Writer = Callable[[str], bool]
"""Whether one more mail may go to an address now; what keeps strangers from filling somebody's mailbox."""
_DAY = timedelta(days=1)


def is_waiting(user: User) -> bool:
    """Whether an account has never been in use and waits for its address to be confirmed (未啟用, F026)."""
    never_used = not user.is_active and user.last_login is None
    return never_used and not user.certificate_only and user.delete_after is None


def belongs_to_another(user: User) -> bool:
    """Whether the address or the ID number of this account is another one's: then it is not confirmed.

    A number that has become free since is taken over.
    """
    if EmailAddress.objects.filter(email=user.email, verified=True).exclude(user=user).exists():
        return True
    person = Person.objects.filter(user=user, id_index=None).exclude(id_sealed=None).first()
    return person is not None and not _claim_number(person)


def send_confirmation(user: User, may_write: Writer, next_url: str = "") -> None:
    """Send link and code to the account's address; or the truth, to the one person whom it concerns, in its place."""
    if not may_write(user.email):
        return
    if belongs_to_another(user):
        send_mail(user.email, _language_at(user), "registration_in_use", origin=settings.CARDLOGIN_ORIGIN)
        return
    life = policy().confirm_within
    issued = issue(user, CodePurpose.CONFIRM_MAIL, IssuedCode.Channel.MAIL, user.email, life)
    link = address_of("confirm", issued.link) + (f"?{urlencode({'next': next_url})}" if next_url else "")
    send_mail(
        user.email, user.language, "confirm", account=user.username, link=link, code=issued.code,
        code_page=address_of("confirm_code"), official_page=address_of("official_account"), life=life_text(life),
    )  # fmt: skip


def _language_at(user: User) -> str:
    """The language of whoever the address belongs to."""
    confirmed = EmailAddress.objects.select_related("user").filter(email=user.email, verified=True).first()
    return confirmed.user.language if confirmed is not None else user.language


def resend(account: str, may_write: Writer) -> None:
    """Send the mail again if there is such an account and it waits for it; the caller's answer is always the same.

    An account that its holder's card activated is open already; its address still waits to be confirmed.
    """
    user = User.objects.filter(username=account.strip().lower()).first()
    if user is not None and (is_waiting(user) or _is_open_unconfirmed(user)):
        send_confirmation(user, may_write)
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
    user = User.objects.filter(username=account.strip().lower()).first()
    failure: Failure | None = CONFIRM_CODE_WRONG
    with transaction.atomic():
        code = take_code(user, CodePurpose.CONFIRM_MAIL, typed) if user is not None else None
        if code is not None:
            failure = refusal(code.user)
            if failure is None:
                return _confirm(code)
            IssuedCode.objects.filter(pk=code.pk).update(used=None)
    # Raised out here, so that the try stays counted.
    raise Refusal(failure or CONFIRM_CODE_WRONG)


def _confirm(code: IssuedCode, own_password: str | None = None) -> User:
    try:
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=code.user_id)
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
    record("registration_begun_anew", account=user.pk)


def _activate(user: User) -> None:
    if is_waiting(user):
        user.is_active = True
        user.save(update_fields=["is_active"])
    record("confirm_mail", account=user.pk)


def _claim_number(person: Person) -> bool:
    try:
        with transaction.atomic():
            person.set_id_number(IdKind(person.id_kind), person.id_number)
            person.save(update_fields=["id_kind", "id_sealed", "id_index"])
    except IntegrityError:
        return False
    return True


def address_of(name: str, *arguments: str) -> str:
    """The whole address of one of the portal's pages, for a mail."""
    origin: str = settings.CARDLOGIN_ORIGIN
    return origin + reverse(name, args=arguments)


def life_text(life: timedelta) -> str | StrPromise:
    """How long a link works, in the manuals' words for seven days, in hours otherwise; in the reader's language."""
    if life == 7 * _DAY:
        return _("seven days")
    return format_lazy(_("{hours} hours"), hours=life // timedelta(hours=1))
