"""Change of the mail address: the old one stays until the new one is confirmed (F067)."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.accounts.codes import CodePurpose, issue, take_code, take_link
from portal.accounts.epoch import hold
from portal.accounts.holding import hold_rows
from portal.accounts.models import IssuedCode, User
from portal.audit.log import record
from portal.failures import CONFIRM_CODE_WRONG, CONFIRM_LINK_USED, MAIL_TAKEN, Refusal
from portal.messages import limits
from portal.messages.jobs import later
from portal.messages.models import QueuedMessage
from portal.messages.sending import send_mail
from portal.policy import policy
from portal.registration.confirmation import Writer, address_of, life_text, problem_with, send_confirmation

Channel = QueuedMessage.Channel


def waiting_address(user: User) -> str:
    """The address that waits to take the place of the account's own, or an empty text."""
    found = EmailAddress.objects.filter(user=user, primary=False, verified=False).first()
    return found.email if found is not None else ""


def is_confirmed(user: User) -> bool:
    """Whether the account's own address is confirmed."""
    confirmed: bool = EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()
    return confirmed


def ask(user: User, address: str, may_write: Writer) -> bool:
    """Note the new address, write to it, and tell the old one; another change that was waiting ends.

    An address that belongs to another account is noted all the same: its holder is told by mail, nobody else.
    Which mail it is, is found out by the sender, so that the request takes as long for either. Returns False when no
    mail may go to the address now, whoever it belongs to: the change waits all the same.
    """
    with transaction.atomic():
        hold(user)
        forget(user)
        record("change_mail_asked", account=user.pk)
        if address == user.email:
            # Not confirmed yet: an account that a card activated.
            return send_confirmation(user, may_write)
        EmailAddress.objects.create(user=user, email=address)
        if user.email:
            # Not held back by what follows: whoever took the account over must not be able to use that up.
            send_mail(user.email, user.language, "mail_change_asked", account=user.username)
        return _write(user, address, may_write)


def write_again(user: User, may_write: Writer) -> bool:
    """Send the confirmation mail of a waiting change again; False as above."""
    address = waiting_address(user)
    if not address:
        return True
    with transaction.atomic():
        record("change_mail_again", account=user.pk)
        return _write(user, address, may_write)


def give_up(user: User) -> None:
    """Forget a waiting change because its member says so: that is an event."""
    with transaction.atomic():
        hold(user)
        forget(user)
        record("change_mail_cancelled", account=user.pk)


def forget(user: User) -> None:
    """Give a waiting change up; the mail that was sent for it leads nowhere."""
    with transaction.atomic():
        EmailAddress.objects.filter(user=user, primary=False, verified=False).delete()
        open_codes = IssuedCode.objects.filter(user=user, purpose=CodePurpose.CHANGE_MAIL, used=None)
        open_codes.update(used=timezone.now())


def remove(user: User) -> None:
    """Take the account's own address away, which is told there; a waiting change ends, too."""
    with transaction.atomic():
        hold(user)
        forget(user)
        EmailAddress.objects.filter(user=user).delete()
        IssuedCode.objects.filter(user=user, channel=IssuedCode.Channel.MAIL, used=None).update(used=timezone.now())
        old, user.email = user.email, ""
        user.save(update_fields=["email"])
        record("change_mail", account=user.pk)
        if old:
            send_mail(old, user.language, "mail_changed", account=user.username)


def change_by_link(link: str) -> User:
    """Put the address that the link was sent to in the place of the old one; raises `Refusal`."""
    with transaction.atomic():
        code = take_link(CodePurpose.CHANGE_MAIL, link)
        if code is None:
            raise Refusal(problem_with(CodePurpose.CHANGE_MAIL, link) or CONFIRM_LINK_USED)
        return _change(code)


def change_by_code(user: User, typed: str) -> User:
    """The same with the code that the mail shows; raises `Refusal`. A wrong code costs one of its tries."""
    with transaction.atomic():
        code = take_code(user, CodePurpose.CHANGE_MAIL, typed)
        if code is not None:
            return _change(code)
    raise Refusal(CONFIRM_CODE_WRONG)


def write_change(user: int, address: str) -> None:
    """Write to the new address now (a job of the sender), or to its holder; nothing once the change was given up."""
    with transaction.atomic():
        hold_rows(user)
        waiting = EmailAddress.objects.select_related("user").filter(user=user, email=address, primary=False)
        asked = waiting.filter(verified=False).first()
        if asked is None:
            return
        others = EmailAddress.objects.select_related("user").filter(email=asked.email, verified=True)
        if (other := others.exclude(user=user).first()) is not None:
            send_mail(other.email, other.user.language, "mail_in_use")
            return
        _write_link(asked.user, asked.email)


def _write(user: User, address: str, may_write: Writer) -> bool:
    # Counted here, where the member can be told.
    if not may_write(address) or not limits.spend(Channel.MAIL, "confirm_change", address, proved=False):
        return False
    later("confirm_change", user=user.pk, address=address)
    return True


def _write_link(user: User, address: str) -> None:
    life = policy().confirm_within
    issued = issue(user, CodePurpose.CHANGE_MAIL, IssuedCode.Channel.MAIL, address, life)
    link = address_of("mail_change_confirm", issued.link)
    context: dict[str, Any] = {
        "account": user.username,
        "link": link,
        "code": issued.code,
        "code_page": address_of("mail_change"),
    }
    context |= {"life": life_text(life)}
    send_mail(address, user.language, "confirm_change", until=issued.expires, counted=True, **context)


def _change(code: IssuedCode) -> User:
    try:
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).get(pk=code.user_id)
            _swap(user, code.recipient)
            return user
    except IntegrityError:
        raise Refusal(MAIL_TAKEN) from None


def _swap(user: User, address: str) -> None:
    waiting = EmailAddress.objects.filter(user=user, email=address, primary=False)
    if not user.is_active or not waiting.exists():
        raise Refusal(CONFIRM_LINK_USED)
    if user.email:
        # While the old address still counts as proved: this notice must not be held back.
        send_mail(user.email, user.language, "mail_changed", account=user.username)
    EmailAddress.objects.filter(user=user, primary=True).delete()
    waiting.update(primary=True, verified=True)
    user.email = address
    user.save(update_fields=["email"])
    # Whatever still lies in the old mailbox opens nothing any more.
    IssuedCode.objects.filter(user=user, channel=IssuedCode.Channel.MAIL, used=None).update(used=timezone.now())
    record("change_mail", account=user.pk)
