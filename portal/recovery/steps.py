"""Where a person is on a way of several pages: kept in the session, on the server, for half an hour."""

import time
from dataclasses import asdict, dataclass
from enum import StrEnum

from django.contrib.sessions.backends.base import SessionBase

from portal.accounts.epoch import stamp
from portal.accounts.models import User
from portal.policy import policy
from portal.recovery.sessions import new_key

_KEY = "recovery_step"


class Way(StrEnum):
    """The ways to recover access; those by card have the value of their signature's purpose."""

    ACTIVATE = "activate"
    UNLOCK = "unlock"
    RESET = "reset"
    TEXT = "text"
    QUESTION = "question"
    SAVED_CODE = "saved_code"

    @property
    def offered(self) -> bool:
        """Whether the active profile has this way (K5)."""
        rules = policy().recovery
        return {Way.QUESTION: rules.question, Way.SAVED_CODE: rules.saved_code}.get(self, True)


class Stage(StrEnum):
    """What comes next on a way."""

    CARD = "card"
    ANSWER = "answer"
    CODE = "code"
    SAVED_CODE = "saved_code"


@dataclass(frozen=True, slots=True)
class Step:
    """The way, the account name as typed (in lower case; it may be nobody's), what comes next, and since when.

    `stamp` is the account's, once something was proven; before that a step is worth nothing and must not tell, by
    ending, that there is such an account.
    """

    way: Way
    account: str
    stage: Stage
    at: float
    stamp: str = ""


def begin(session: SessionBase, way: Way, account: str, stage: Stage) -> None:
    """Start a way; another one that was begun in this browser ends."""
    _keep(session, Step(way, account.lower(), stage, time.time()))


def advance(session: SessionBase, step: Step, stage: Stage, user: User) -> None:
    """Go on to the next stage, to which `user` has proven something; it ends with the account's epoch.

    The time of the beginning stays, the session's key changes with what it is worth.
    """
    _keep(session, Step(step.way, step.account, stage, step.at, stamp(user)))
    new_key(session)


def current(session: SessionBase, way: Way, stage: Stage) -> Step | None:
    """The step this browser is at, if it is this one of this way and not too old."""
    kept = session.get(_KEY)
    if kept is None:
        return None
    step = Step(Way(kept["way"]), kept["account"], Stage(kept["stage"]), kept["at"], kept["stamp"])
    fresh = 0 <= time.time() - step.at < policy().recovery_step.total_seconds()
    return step if fresh and (step.way, step.stage) == (way, stage) and _is_of_now(step) else None


def end(session: SessionBase) -> None:
    """Forget the way."""
    session.pop(_KEY, None)


def _is_of_now(step: Step) -> bool:
    if not step.stamp:
        return True
    user = User.objects.filter(username=step.account, is_active=True).first()
    return user is not None and stamp(user) == step.stamp


def _keep(session: SessionBase, step: Step) -> None:
    session[_KEY] = asdict(step)
