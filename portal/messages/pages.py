"""The outbox page of a development installation: what would have been sent. It is not there anywhere else."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.messages.models import OutboxMessage

_NEWEST = 50
_MAIL, _TEXT = "portal.messages.outbox.OutboxMailBackend", "portal.messages.gateway.OutboxGateway"


def outbox_is_open() -> bool:
    """Whether this installation shows its outbox: it says so itself, and nothing it sends leaves the computer."""
    kept_here = settings.EMAIL_BACKEND == _MAIL and settings.CARDLOGIN_TEXT_GATEWAY == _TEXT
    return bool(settings.CARDLOGIN_OUTBOX) and kept_here


@require_safe
@never_cache
def outbox(request: HttpRequest) -> HttpResponse:
    """Answer the newest fifty mails and text messages; 404 where they are really sent."""
    if not outbox_is_open():
        raise Http404
    sent = OutboxMessage.objects.order_by("-pk")[:_NEWEST]
    return render(request, "messages/outbox.html", {"sent": sent, "newest": _NEWEST})
