"""刪除帳號 (F098): asked for, kept after all, and done when the grace time is over."""

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from portal.accounts import lockout
from portal.accounts.codes import CodePurpose, issue, take_link
from portal.accounts.epoch import hold
from portal.accounts.holding import hold_rows
from portal.accounts.models import IssuedCode, User
from portal.audit.log import record
from portal.failures import CONFIRM_LINK_USED, Refusal
from portal.messages.sending import send_mail
from portal.policy import policy
from portal.recovery.sessions import end_sessions
from portal.registration.confirmation import address_of, problem_with


def ask(request: HttpRequest, user: User) -> None:
    """Note the end of the grace time, and tell the holder by mail with a link that keeps the account."""
    grace = policy().delete_grace
    with transaction.atomic():
        hold(user)
        user.delete_after = timezone.now() + grace
        user.save(update_fields=["delete_after"])
        record("delete_asked", account=user.pk, request=request)
        if user.email:
            issued = issue(user, CodePurpose.KEEP_ACCOUNT, IssuedCode.Channel.MAIL, user.email, grace)
            link = address_of("keep_account", issued.link)
            send_mail(
                user.email,
                user.language,
                "member_delete_asked",
                until=issued.expires,
                name=user.name,
                account=user.username,
                link=link,
                hours=_hours(),
            )


def keep(user: User) -> bool:
    """End a deletion that was asked for; returns whether there was one."""
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk, is_active=True).exclude(delete_after=None).update(delete_after=None):
            return False
        user.delete_after = None
        codes = IssuedCode.objects.filter(user=user, purpose=CodePurpose.KEEP_ACCOUNT, used=None)
        codes.update(used=timezone.now())
        record("delete_cancelled", account=user.pk)
        send_mail(user.email, user.language, "member_delete_cancelled", name=user.name)
        return True


def keep_by_link(link: str) -> None:
    """The same by the link in the mail; raises `Refusal` with the link's trouble."""
    with transaction.atomic():
        code = take_link(CodePurpose.KEEP_ACCOUNT, link)
        if code is not None and keep(code.user):
            return
    raise Refusal(problem_with(CodePurpose.KEEP_ACCOUNT, link) or CONFIRM_LINK_USED)


def delete_due() -> int:
    """Delete the accounts whose grace time is over, each whole or not at all; returns how many.

    Until this has run, logging in keeps an account. The certificate and the ID number are free afterwards, and nothing
    personal is left; the account's name stays taken for a while, so that nobody is taken for somebody else. The audit
    log keeps its rows, which hold the account's number and no personal data.
    """
    due = User.objects.filter(is_active=True, delete_after__lte=timezone.now()).values_list("pk", flat=True)
    return sum(_delete(number) for number in list(due))


def free_names() -> int:
    """Let the names of accounts go that were deleted long ago; returns how many."""
    kept_since = timezone.now() - policy().deleted_name_kept
    old = User.objects.filter(is_active=False, delete_after__lte=kept_since)
    with transaction.atomic():
        hold_rows(*old.values_list("pk", flat=True))
        count = old.delete()[1].get("accounts.User", 0)  # without the counts that go with them
        if count:
            record("names_freed", count=count)
    return count


def _delete(number: int) -> bool:
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=number, delete_after__lte=timezone.now()).first()
        if user is None:
            return False
        name, since = user.username, user.delete_after
        send_mail(user.email, user.language, "member_deleted", name=user.name, account=name)
        end_sessions(user)
        lockout.lift(name, second_factor=True)
        user.delete()
        placeholder = User(username=name, is_active=False, delete_after=since)
        placeholder.set_unusable_password()
        placeholder.save()
        record("delete_account", account=number)
        return True


def _hours() -> int:
    return int(policy().delete_grace.total_seconds() // 3600)
