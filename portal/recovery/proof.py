"""The right to set a new password: in one browser session, for one account, for ten minutes, for one use."""

import time
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from portal.accounts.epoch import stamp
from portal.accounts.holding import hold_rows
from portal.accounts.models import User
from portal.audit.log import record
from portal.policy import policy
from portal.recovery import steps
from portal.recovery.sessions import new_key
from portal.recovery.steps import Way

_KEY, _REVIEW = "reset_proof", "reset_review"


@dataclass(frozen=True, slots=True)
class Review:
    """Who looks through the ways into the account, and whether the new password is long enough without a second factor.

    `strong`: by two factors (the card), which is as much as the account's strongest ways in are worth.
    """

    user: User
    strong: bool
    long_enough: bool


def grant(request: HttpRequest, user: User, way: Way) -> None:
    """Note that the person in this browser proved to be the holder of `user` by `way`.

    The session gets a new key, so that somebody who planted or read the old one gains nothing. The proof is worth the
    password it replaces: once that one has changed, by whomever, or the account's sessions were ended, it is worth
    nothing, in any copy of the session.
    """
    steps.end(request.session)
    forget_review(request)
    request.session[_KEY] = {"user": user.pk, "way": way.value, "at": time.time(), "stamp": stamp(user)}
    with transaction.atomic():
        hold_rows(user.pk)
        new_key(request.session)
        record("reset_proof", account=user.pk, request=request, method=way.value)


def holder(request: HttpRequest) -> tuple[User, Way] | None:
    """Whose password may be set in this browser now, and by which way that was proved."""
    found = _live(request, _KEY)
    return (found[0], Way(found[1]["way"])) if found else None


def forget(request: HttpRequest) -> None:
    """Drop the proof."""
    request.session.pop(_KEY, None)


def keep_for_review(request: HttpRequest, user: User, way: Way, *, long_enough: bool) -> None:
    """Let the proof that has just set a password live on, for looking through the ways into the account only.

    In this session, in the account's present epoch, for as long as a proof lives. `long_enough` tells whether the new
    password may be used without a second factor.
    """
    told = {"user": user.pk, "way": way.value, "at": time.time(), "stamp": stamp(user), "long_enough": long_enough}
    request.session[_REVIEW] = told


def review(request: HttpRequest) -> Review | None:
    """Whose ways in may be looked through in this browser now, after the reset that it has just done."""
    found = _live(request, _REVIEW)
    if found is None:
        return None
    user, kept = found
    return Review(user, strong=kept["way"] == Way.RESET.value, long_enough=bool(kept["long_enough"]))


def renew_review(request: HttpRequest, seen: Review) -> None:
    """Let the review go on in the epoch that it has begun itself; its time runs on."""
    request.session[_REVIEW] = {**request.session[_REVIEW], "stamp": stamp(seen.user)}


def forget_review(request: HttpRequest) -> None:
    """End the review."""
    request.session.pop(_REVIEW, None)


def _live(request: HttpRequest, key: str) -> tuple[User, dict[str, Any]] | None:
    kept = request.session.get(key)
    if kept is not None and 0 <= time.time() - kept["at"] < policy().proof_life.total_seconds():
        user = User.objects.filter(pk=kept["user"], is_active=True).first()
        if user is not None and stamp(user) == kept["stamp"]:
            return user, kept
    request.session.pop(key, None)
    return None
