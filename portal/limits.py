"""Limits for every request and answer: methods, the size of a body before anything parses it, who may keep a page."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

Handler = Callable[[HttpRequest], HttpResponse]
_METHODS = ("GET", "HEAD", "POST")
# Where a report of the self-test comes in; elsewhere forms are short (settings, CARDLOGIN_LARGEST_FORM).
_OF_REPORTS = frozenset({"/.well-known/cardlogin-return", "/selftest/report/"})


def largest_body(path: str) -> int:
    """How many bytes a body for this address may have."""
    return (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) if path in _OF_REPORTS else int(settings.CARDLOGIN_LARGEST_FORM)


def body_limit(get_response: Handler) -> Handler:
    """Return a middleware that refuses (400) a body longer than its address takes.

    Django's own limit leaves out the file parts of a form, which would be written to disk. A request
    without Content-Length is read as empty by Django, so the header decides.
    """

    def refuse_or_go_on(request: HttpRequest) -> HttpResponse:
        if _announced(request) > largest_body(request.path):
            raise RequestDataTooBig("request body too large")
        return get_response(request)

    return refuse_or_go_on


def readable_form(get_response: Handler) -> Handler:
    """Return a middleware that reads a form once, as UTF-8, before anything else does: a broken one is a plain 400.

    What a page of errors shows needs the form as well, so one that cannot be read would break that page too. A charset
    in Content-Type is the visitor's word, and Python knows some that are none (`base64`, `idna`): browsers send forms
    in the charset of their page, which is UTF-8 here, so none is believed.
    """

    def read_and_go_on(request: HttpRequest) -> HttpResponse:
        if request.encoding is not None:
            request.encoding = None  # type: ignore[assignment]  # Django's own word for "not said"
        if request.method == "POST":
            request.body  # noqa: B018 - kept, for a page that is sent no form and reads it itself
            request.POST  # noqa: B018 - parsed here, or refused
        return get_response(request)

    return read_and_go_on


def known_methods(get_response: Handler) -> Handler:
    """Return a middleware that answers 405 to every method but GET, HEAD and POST, whatever a view would make of it.

    HEAD is GET without the content (RFC 9110, 9.3.2), for every view and for what counts tries: the browser client
    asks that way for the headers of its own page.
    """

    def refuse_or_go_on(request: HttpRequest) -> HttpResponse:
        if request.method not in _METHODS:
            return HttpResponseNotAllowed(_METHODS)
        if request.method != "HEAD":
            return get_response(request)
        request.method = "GET"
        response = get_response(request)
        if not response.streaming:
            response.content = b""  # its length stays said
        return response

    return refuse_or_go_on


def not_kept(get_response: Handler) -> Handler:
    """Return a middleware that lets no browser and no proxy keep a page (files of WhiteNoise do not come here)."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "no-store" not in response.headers.get("Cache-Control", ""):
            response.headers["Cache-Control"] = "no-store, private"
        return response

    return answer


def _announced(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdecimal() else 0
