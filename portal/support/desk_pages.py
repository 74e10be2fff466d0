"""The desk's pages: a code is typed, its report is read; how often each failure was met."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts.destination import safe_next
from portal.accounts.fresh import Factor, prove
from portal.accounts.models import User
from portal.audit.log import record
from portal.failures import REPORT_CODE_UNLIKELY, REPORT_TRIES, REPORT_UNKNOWN, Failure
from portal.member.pages import holder
from portal.member.second_factor_pages import LogInForm
from portal.member.sessions import keep_this
from portal.selftest.models import Report
from portal.selftest.reports import find_by_code, history_of
from portal.support import tries
from portal.support.desk import desk_only, has_passed, staff_only
from portal.support.forms import LookUpForm
from portal.support.opened import beside, open_report, opened
from portal.support.reading import rows_of
from portal.support.statistics import frequency


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only
def code(request: HttpRequest) -> HttpResponse:
    """Ask for a code of the app; a right one leads on to `next`."""
    user = holder(request)
    if request.method != "POST":
        return _onward(request) if has_passed(request) else _code_page(request, user, None)
    failure = LogInForm(request.POST, user=user).limited_code(request)
    record("support_code", failure.code if failure else "ok", account=user.pk, request=request)
    if failure is not None:
        return _code_page(request, user, failure)
    prove(request, user, Factor.CODE)
    keep_this(request, user)  # a new key, as after a log-in (ASVS 7.2.4)
    return _onward(request)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@desk_only
def reports(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a report and open it; below, how often each failure was met."""
    user, notice = holder(request), None
    form = LookUpForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        found = _look_up(user, form)
        if isinstance(found, Report):
            open_report(request, user, found)
            return redirect("support_report", found.pk)
        notice = found
        record("report_opened", found.code, account=user.pk, request=request)
    context = {"form": form, "notice": notice, "left": tries.left(user), "most": tries.MOST, "table": frequency()}
    return render(request, "support/reports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@desk_only
def report(request: HttpRequest, number: int) -> HttpResponse:
    """Show a report that was opened in this session; a form opens another one of the same computer."""
    user = holder(request)
    if request.method == "POST":
        other = beside(request, user, number)
        if other is None:
            raise Http404
        open_report(request, user, other)
        return redirect("support_report", number)
    found = opened(request, user, number)
    if found is None:
        raise Http404
    context = {"report": found, "rows": rows_of(found.content), "history": history_of(found)}
    return render(request, "support/report.html", context)


def _look_up(user: User, form: LookUpForm) -> Report | Failure:
    """The report, or why there is none: no try is spent on what cannot be a code."""
    if not form.is_valid():
        return REPORT_CODE_UNLIKELY
    if not tries.spend(user):
        return REPORT_TRIES
    return find_by_code(form.cleaned_data["code"]) or REPORT_UNKNOWN


def _code_page(request: HttpRequest, user: User, failure: Failure | None) -> HttpResponse:
    context = {"form": LogInForm(user=user), "notice": failure, "next": safe_next(request) or ""}
    return render(request, "support/code.html", context)


def _onward(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(safe_next(request) or reverse("support_reports"))
