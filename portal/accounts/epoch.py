"""The epoch of an account: whatever is half done belongs to the one it was begun in and is worth nothing in the next.

Open sessions are tied to it by `User.get_session_auth_hash`, everything that waits in a session by `stamp`.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from portal.accounts.codes import CodePurpose
from portal.accounts.models import IssuedCode, User
from portal.sealing import index

# Not those of a registration and of a deletion: they give nobody anything that the account does not offer by itself.
_ENDED = (
    CodePurpose.CHANGE_MAIL, CodePurpose.RESET_PASSWORD, CodePurpose.CONFIRM_MOBILE, CodePurpose.SECOND_PROOF,
)  # fmt: skip


def stamp(user: User) -> str:
    """What a half-way state of `user` is kept with: a keyed hash of account number, password hash and epoch (hex).

    One that was kept with another stamp is worth nothing. `user` must have been read from the database in this request.
    """
    return index(f"{user.pk} {user.epoch} {user.password}", "epoch")


def hold(user: User) -> None:
    """Hold the account's row until the transaction ends; the epoch that `user` was read in must not be over.

    For whatever changes an account on behalf of a session: a request that was under way when the holder ended that
    session changes nothing any more. Raises `SessionInterrupted`, which Django answers with 400.
    """
    now = User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
    if now is None or stamp(now) != stamp(user):
        raise SessionInterrupted("the account's sessions were ended meanwhile")


def advance(user: User) -> None:
    """Begin the next epoch: every open session and every half-way state of the account ends, codes that were sent, too.

    A waiting mail address is given up. `user` knows the new epoch afterwards; the caller decides whether the session
    it is called in goes on (portal.member.sessions.keep_this).
    """
    with transaction.atomic():
        # Under the row's lock, so that this is the epoch begun here and no later one, which ends this session, too.
        user.epoch = User.objects.select_for_update(no_key=True).get(pk=user.pk).epoch + 1
        User.objects.filter(pk=user.pk).update(epoch=user.epoch)
        IssuedCode.objects.filter(user=user, purpose__in=_ENDED, used=None).update(used=timezone.now())
        EmailAddress.objects.filter(user=user, primary=False, verified=False).delete()


def advance_all() -> None:
    """The same for every account, at once."""
    with transaction.atomic():
        User.objects.update(epoch=F("epoch") + 1)
        IssuedCode.objects.filter(purpose__in=_ENDED, used=None).update(used=timezone.now())
        EmailAddress.objects.filter(primary=False, verified=False).delete()


def keep(request: HttpRequest, user: User, key: str, value: Any) -> None:
    """Keep something half done of this account in the session, under its stamp."""
    request.session[key] = {"stamp": stamp(user), "value": value}


def kept(request: HttpRequest, user: User, key: str) -> Any:
    """What was kept under `key`, or None where nothing was, for another account or in another epoch."""
    return of_now(user, request.session.get(key))


def of_now(user: User, found: Any) -> Any:
    """The value of what `keep` wrote, if its stamp is the account's present one; None otherwise."""
    return found["value"] if isinstance(found, dict) and found.get("stamp") == stamp(user) else None
