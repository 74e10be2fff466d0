"""Which reports a session of the desk has opened: by code, or from the list of the same computer's; no other is shown.

A report's number in an address opens nothing, so nobody can go through all of them.
"""

from typing import Final

from django.http import HttpRequest

from portal.accounts import epoch
from portal.accounts.models import User
from portal.audit.log import record
from portal.selftest import reports
from portal.selftest.models import Report

_KEY: Final = "desk_opened"
_MOST = 50  # the newest; more than a shift has


def open_report(request: HttpRequest, user: User, report: Report) -> None:
    """Note that this session may read it; the audit log says who and which, each time (never its code)."""
    # A count of its own: such rows are never summed up.
    record("report_opened", account=user.pk, request=request, report=report.pk, count=1)
    numbers = [number for number in _numbers(request, user) if number != report.pk]
    epoch.keep(request, user, _KEY, [*numbers, report.pk][-_MOST:])


def opened(request: HttpRequest, user: User, number: int) -> Report | None:
    """The report of this number if the session has opened it and it is still there; None otherwise."""
    return reports.live().filter(pk=number).first() if number in _numbers(request, user) else None


def beside(request: HttpRequest, user: User, number: int) -> Report | None:
    """The report of this number if one of the same computer's was opened in this session; None otherwise."""
    computers = reports.live().filter(pk__in=_numbers(request, user)).values("installation")
    return reports.live().filter(pk=number, installation__in=computers).first()


def _numbers(request: HttpRequest, user: User) -> list[int]:
    found: list[int] = epoch.kept(request, user, _KEY) or []
    return found
