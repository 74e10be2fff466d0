"""The home page and the answers to refused requests."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.failures import PAGE_OUTDATED, RATE_LIMITED, Failure
from portal.messages.pages import outbox_is_open


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Answer the home page."""
    return render(request, "home.html", {"outbox": outbox_is_open()})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form without its anti-forgery token; `reason` is Django's, for developers only."""
    return refused(request, PAGE_OUTDATED, 403, "403_csrf.html")


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer 429 where a rate limit is used up."""
    return refused(request, RATE_LIMITED, 429, "429.html")


def refused(request: HttpRequest, failure: Failure, status: int, template: str) -> HttpResponse:
    """Answer a page to people and a problem document (RFC 9457) to scripts that asked for JSON."""
    if request.accepts("text/html"):
        context: dict[str, object] = {"failure": failure}
        if request.method == "POST":
            context["here"] = reverse("home")  # the address of a form may answer nothing else
        return render(request, template, context, status=status)
    return problem(failure, status)


def problem(failure: Failure, status: int) -> JsonResponse:
    """Answer a problem document (RFC 9457)."""
    return JsonResponse(failure.as_problem(status), status=status, content_type="application/problem+json")
