"""The one place that reaches into allauth's internals: the session's record of how somebody proved who he is."""

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import clear_authentication_records, record_authentication
from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse

from portal.accounts.models import User


def enter_with_card(
    request: HttpRequest, user: User, certificate_sha256: str, redirect_url: str | None, *, old_way: bool = False
) -> HttpResponse:
    """Record the method "card" and log `user` in through allauth's stages; return where to go next.

    One that came the old way is recorded so: it opens the account and proves nothing beyond that.
    """
    old = {"old_way": True} if old_way else {}
    record_authentication(request, user, method="card", certificate=certificate_sha256, **old)
    response: HttpResponse = perform_login(request, user, redirect_url=redirect_url)
    return response


def entered_by_other_than_card(request: HttpRequest, user: User) -> bool:
    """Whether the log-in under way is not by card; what was proved for it then counts no more."""
    records = get_authentication_records(request, user)
    if records and records[-1]["method"] == "card":
        return False
    clear_authentication_records(request)
    return True
