"""What becomes of an account's open sessions when its password is replaced."""

from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import transaction
from django.utils.crypto import constant_time_compare

from portal.accounts import devices, epoch
from portal.accounts.models import User


def end_sessions(user: User) -> int:
    """End them all at once (ASVS 7.4.3), and whatever is half done, and know no browser any more; returns how many."""
    with transaction.atomic():
        epoch.advance(user)
        rows = list(UserSession.objects.filter(user=user))
        for row in rows:
            row.end()
        devices.forget(user)
    return len(rows)


def keep_sessions(user: User, former_hash: str) -> int:
    """Let those go on that were open under the former password; returns how many.

    Django ties a session to password and epoch by a hash; `former_hash` is the one before the change. What is half
    done in them has ended all the same, a proof that somebody gave there among it.
    """
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    return sum(_carry_over(key, user, former_hash) for key in keys)


def new_key(session: SessionBase) -> None:
    """Give a session a new key; the list of its holder's sessions, if somebody is logged in by it, follows."""
    former = session.session_key
    session.cycle_key()
    UserSession.objects.filter(session_key=former).update(session_key=session.session_key)


def _carry_over(key: str, user: User, former_hash: str) -> bool:
    session: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    held = session.get(HASH_SESSION_KEY, "")
    if session.get(SESSION_KEY) != str(user.pk) or not constant_time_compare(held, former_hash):
        return False
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    try:
        session.save()
    except UpdateError:
        return False  # logged out meanwhile
    return True
