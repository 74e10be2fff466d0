"""A company's account is opened by its cards and by nothing else: the one guard that every other door asks.

What the database refuses by itself stands at `User` (a company without an unusable password) and `CardBinding.save`
(a card of another kind than the account).
"""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from portal.accounts.models import User
from portal.audit.log import record
from portal.failures import COMPANY_CARDS_ONLY, Refusal
from portal.member.pages import refused

View = Callable[..., HttpResponse]


def must_be_person(user: User) -> None:
    """Raise `Refusal` (company_cards_only) for a company's account."""
    if user.is_company:
        raise Refusal(COMPANY_CARDS_ONLY)


def persons_only(view: View) -> View:
    """A member's page that makes or changes another way in than a card; a company is led to its area with the reason.

    Stands outside of what asks for a log-in or a fresh proof: strangers pass on to that.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if isinstance(request.user, User) and request.user.is_company:
            record(view.__name__, COMPANY_CARDS_ONLY.code, account=request.user.pk, request=request)
            return refused(request, "member", COMPANY_CARDS_ONLY)
        return view(request, *args, **kwargs)

    return guarded
