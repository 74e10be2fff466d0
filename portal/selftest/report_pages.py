"""The pages of a report: one that sends it, and its sender's own, with the code for the help desk, which deletes it."""

from typing import Final

from allauth.core import ratelimit
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.audit.log import record
from portal.failures import REPORT_REFUSED, REPORTS_FULL, REPORTS_LIMITED, Failure, Refusal
from portal.selftest import form, reports
from portal.selftest.models import Report
from portal.support.reading import rows_of

_STATUS: Final = {REPORT_REFUSED: 400, REPORTS_LIMITED: 429, REPORTS_FULL: 503}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Show what is about to be sent, which the page's script has from the component's page; keep what is sent."""
    if request.method != "POST":
        return _sending(request)
    text = request.POST.get("report", "")
    try:
        secret = _kept(request, text)
    except Refusal as refusal:
        record("report_sent", refusal.failure.code, account=request.user.pk, request=request)
        return _sending(request, refusal.failure, text)
    return redirect("selftest_report", secret)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def report(request: HttpRequest, secret: str) -> HttpResponse:
    """Show a report to whoever has its secret; a form of the page deletes it."""
    found = reports.find_by_secret(secret)
    if request.method == "POST" and found is not None and _deleted(request, found):
        return _closed(render(request, "selftest/gone.html", {"deleted": True}))
    if found is None or request.method == "POST":
        return _closed(render(request, "selftest/gone.html", status=404))
    context = {"report": found, "code": reports.shown(reports.code_of(secret)), "rows": rows_of(found.content)}
    return _closed(render(request, "selftest/report.html", context))


def _kept(request: HttpRequest, text: str) -> str:
    """The secret of the report's page; raises `Refusal`."""
    if not ratelimit.consume(request, action="report"):
        raise Refusal(REPORTS_LIMITED)
    content = form.read(text)
    if content is None:
        raise Refusal(REPORT_REFUSED)
    try:
        with transaction.atomic():
            secret = reports.keep(content)
            record("report_sent", account=request.user.pk, request=request)
    except reports.Full as full:
        raise Refusal(REPORTS_FULL) from full
    return secret


def _deleted(request: HttpRequest, found: Report) -> bool:
    """Delete it; False where another request was faster."""
    with transaction.atomic():
        gone = reports.delete(found)
        if gone:
            record("report_deleted", account=request.user.pk, request=request)
    return gone


def _sending(request: HttpRequest, failure: Failure | None = None, text: str = "") -> HttpResponse:
    """The page that sends; what may be sent again later stays in it."""
    context = {"notice": failure, "report": "" if failure is REPORT_REFUSED else text}
    return render(request, "selftest/send_report.html", context, status=_STATUS[failure] if failure else 200)


def _closed(response: HttpResponse) -> HttpResponse:
    """Its address, in which the secret stands, goes nowhere, not even to this site.

    "no-referrer" would say so too, but then browsers send forms without an origin (Fetch, 3.2), and the anti-forgery
    check refuses those.
    """
    response["Referrer-Policy"] = "strict-origin"
    return response
