"""A middleware that turns a refused card into an answer that pages and programs understand."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from cardlogin_server import CardLoginError
from cardlogin_server.messages import in_every_language, translate


class CardLoginErrorMiddleware:
    """Answers 403 with a problem document (RFC 9457) wherever a view lets a CardLoginError through."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The view's own answer."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The problem document, without the detail that is for the log; None for other exceptions."""
        if not isinstance(exception, CardLoginError):
            return None
        problem = {
            "type": "about:blank",
            "title": translate(exception.meaning, "en"),
            "status": 403,
            "code": exception.code,
            "meaning": in_every_language(exception.meaning),
            "remedy": in_every_language(exception.remedy),
        }
        return JsonResponse(problem, status=403, content_type="application/problem+json")
