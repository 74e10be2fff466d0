"""A size limit for every request body, before anything parses it."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def body_limit(get_response: Handler) -> Handler:
    """Return a middleware that refuses (400) a body longer than DATA_UPLOAD_MAX_MEMORY_SIZE.

    Django's own limit leaves out the file parts of a form, which would be written to disk. A request
    without Content-Length is read as empty by Django, so the header decides.
    """

    def refuse_or_go_on(request: HttpRequest) -> HttpResponse:
        if _announced(request) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
            raise RequestDataTooBig("request body too large")
        return get_response(request)

    return refuse_or_go_on


def _announced(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0
