"""What a page says once: kept in the session until that page is opened, and said again only in another language."""

from typing import Any

from django.http import HttpRequest

_SAID = "said_once"


def take(request: HttpRequest, *keys: str) -> list[Any]:
    """Return what waits in the session under these keys (None where nothing does) and forget it.

    A page calls this once for all its keys: what another page said before cannot be said again after that.
    """
    found = {key: request.session.pop(key) for key in keys if key in request.session}
    if found:
        said(request, found)
    else:
        request.session.pop(_SAID, None)
    return [found.get(key) for key in keys]


def said(request: HttpRequest, found: dict[str, Any]) -> None:
    """Note what this page says, so that `again` can have it said once more."""
    request.session[_SAID] = {"path": request.path, "found": found}


def again(request: HttpRequest, path: str) -> None:
    """Let the page at `path` say once more what it said last."""
    kept = request.session.pop(_SAID, None)
    if kept is not None and kept["path"] == path:
        for key, value in kept["found"].items():
            request.session.setdefault(key, value)
