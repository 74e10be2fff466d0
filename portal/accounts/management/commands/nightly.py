"""Everything that a night is for: what is over is deleted."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from captcha.models import CaptchaStore
from django.contrib.sessions.models import Session
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.utils import timezone
from typing_extensions import override

from portal.accounts import lockout
from portal.accounts.models import IssuedCode
from portal.audit.origin import Job
from portal.cards import pending
from portal.messages import limits, sender
from portal.selftest import reports

_log = logging.getLogger("portal.nightly")
# So long the page of an old link still says "too old" and not "unknown".
_KEEP_CODES = timedelta(days=30)
# So long the desk can say whether something was sent, and put back what was given up.
_KEEP_MESSAGES = timedelta(days=30)


class Command(Job):
    """`python -m portal nightly`: from a timer, on one machine; more often, or on several, does no harm."""

    by = "nightly"
    help = "Delete what is over: sessions, codes, captchas, counts, accounts never confirmed or to be deleted."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        """Run every job, also after one that failed; raise CommandError with the names of those."""
        failed = [name for name, job in _jobs().items() if not self._done(name, job)]
        if failed:
            raise CommandError(f"failed: {', '.join(failed)}")

    def _done(self, name: str, job: Callable[[], object]) -> bool:
        try:
            job()
        except Exception:  # the other jobs must be done all the same
            _log.exception("%s failed", name)
            return False
        self.stdout.write(f"done {name}")
        return True


def _jobs() -> dict[str, Callable[[], object]]:
    jobs: dict[str, Callable[[], object]] = {
        name: lambda name=name: call_command(name, verbosity=0)  # type: ignore[misc]
        for name in ("delete_accounts", "forget_unconfirmed", "clearsessions")
        if name in get_commands()
    }
    return jobs | {
        "ended sessions": _forget_ended_sessions,
        "old codes": _forget_old_codes,
        "old captchas": CaptchaStore.remove_expired,
        "old counts of wrong passwords": lockout.forget_old,
        "old messages": lambda: sender.forget_old(_KEEP_MESSAGES),
        "old counts of messages": limits.forget_old,
        "verified cards": pending.forget_expired,
        "old reports": reports.forget_old,
    }


def _forget_ended_sessions() -> None:
    """The lines of 登入中的裝置 whose session is no more."""
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


def _forget_old_codes() -> None:
    IssuedCode.objects.filter(expires__lt=timezone.now() - _KEEP_CODES).delete()
