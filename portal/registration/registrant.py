"""Who may activate a new account with what its registration told: the browser it came from, or who knows its password.

Whoever only has the mail need not be the one who registered: a stranger can type anybody's address. A stranger's
password, mobile and question must not wait in an account that the mailbox's holder then activates.
"""

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from portal.accounts.epoch import keep, kept
from portal.accounts.models import User
from portal.failures import ACCOUNT_LOCKED, PASSWORD_WRONG, WAIT_A_MOMENT, Failure
from portal.registration.confirmation import is_waiting

_KEY = "registrant"
_BY_CODE = {"account_locked": ACCOUNT_LOCKED, "wait_a_moment": WAIT_A_MOMENT}


def remember(request: HttpRequest, account: str) -> None:
    """Note that this browser has registered the account, until somebody logs in by it."""
    user = User.objects.filter(username=account).first()
    if user is not None:
        keep(request, user, _KEY, user.pk)


def is_known(request: HttpRequest, user: User) -> bool:
    """Whether nothing more is asked for: this browser registered the account, or the account is in use already."""
    return not is_waiting(user) or request.user == user or kept(request, user, _KEY) == user.pk


def wrong_password(user: User, password: str) -> Failure | None:
    """Why this is not the password of the registration; a wrong one is a wrong try like one at the log-in."""
    try:
        good = get_adapter().reauthenticate(user, password)
    except ValidationError as error:
        return _BY_CODE.get(error.code or "", PASSWORD_WRONG)
    return None if good else PASSWORD_WRONG
