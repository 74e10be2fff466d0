"""The one place that reaches into allauth's internals: the session's record that a card was used."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse

from portal.accounts.models import User


def enter_with_card(
    request: HttpRequest, user: User, certificate_sha256: str, redirect_url: str | None
) -> HttpResponse:
    """Record the method "card" and log `user` in through allauth's stages; return where to go next."""
    record_authentication(request, user, method="card", certificate=certificate_sha256)
    response: HttpResponse = perform_login(request, user, redirect_url=redirect_url)
    return response
