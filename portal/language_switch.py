"""The switch between languages that every page has, and what a page knows of its own language."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override, pgettext
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from portal import once
from portal.accounts.destination import safe_next
from portal.accounts.models import User
from portal.languages import codes, in_use, tag


@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and lead back to the page (`next`, on this site only).

    The account of whoever is logged in keeps it for mails and text messages. What the page said once (a refusal, good
    news, a code) is said again, because its reader has asked for it in another language.
    """
    chosen = request.POST.get("language", "")
    if chosen in codes() and isinstance(request.user, User) and request.user.language != chosen:
        request.user.language = chosen
        request.user.save(update_fields=["language"])
    answer: HttpResponse = set_language(request)
    once.again(request, urlsplit(answer.headers.get("Location", "")).path)
    return answer


def language_context(request: HttpRequest) -> dict[str, object]:
    """Return for every page its language's tag, the languages to choose from, and the address to come back to.

    The last is the page's own; an answer to a form that can only be posted says another `here` in its own context.
    """
    return {"language": tag(in_use()), "languages": _choices(), "here": _here(request)}


def help_desk_context(request: HttpRequest) -> dict[str, object]:
    """Return the help desk's telephone and mail address for the foot of the page, empty where not configured."""
    return {"help_phone": settings.CARDLOGIN_HELP_PHONE, "help_mail": settings.CARDLOGIN_HELP_MAIL}


def _here(request: HttpRequest) -> str:
    query = request.GET.copy()
    if not safe_next(request):
        query.pop("next", None)  # another site's address stands nowhere on a page of ours
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _choices() -> list[dict[str, object]]:
    return [{"code": code, "tag": tag(code), "name": _own_name(code), "here": code == in_use()} for code in codes()]


def _own_name(code: str) -> str:
    with override(code):
        return pgettext("the name of this language in itself", "English")
