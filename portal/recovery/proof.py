"""The right to set a new password: in one browser session, for one account, for ten minutes, for one use."""

import time

from django.db import transaction
from django.http import HttpRequest

from portal.accounts.models import Kind, User
from portal.audit.log import record
from portal.policy import policy
from portal.recovery import steps
from portal.recovery.sessions import new_key
from portal.recovery.steps import Way
from portal.sealing import index

_KEY = "reset_proof"


def grant(request: HttpRequest, user: User, way: Way) -> None:
    """Note that the person in this browser proved to be the holder of `user` by `way`.

    The session gets a new key, so that somebody who planted or read the old one gains nothing. The proof is worth the
    password it replaces: once that one has changed, by whomever, it is worth nothing, in any copy of the session.
    """
    steps.end(request.session)
    request.session[_KEY] = {"user": user.pk, "way": way.value, "at": time.time(), "instead_of": _worth(user)}
    with transaction.atomic():
        new_key(request.session)
        record("reset_proof", account=user.pk, request=request, method=way.value)


def holder(request: HttpRequest) -> tuple[User, Way] | None:
    """Whose password may be set in this browser now, and by which way that was proved."""
    kept = request.session.get(_KEY)
    if kept is None or not 0 <= time.time() - kept["at"] < policy().proof_life.total_seconds():
        forget(request)
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True, kind=Kind.PERSON).first()
    if user is None or _worth(user) != kept["instead_of"]:
        forget(request)
        return None
    return user, Way(kept["way"])


def forget(request: HttpRequest) -> None:
    """Drop the proof."""
    request.session.pop(_KEY, None)


def _worth(user: User) -> str:
    return index(user.password, "reset proof")
