"""Where a page may lead on to, as the request asks: this site over TLS, nothing else."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

_LONGEST = 2_000


def safe_next(request: HttpRequest) -> str | None:
    """Return the field or parameter `next` when a log-in may lead there, else None."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if 0 < len(wanted) <= _LONGEST and get_adapter().is_safe_url(wanted) else None
