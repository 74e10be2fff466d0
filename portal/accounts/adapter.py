"""The portal's decisions inside allauth: no open registration, where one may be sent, what a log-in leaves behind."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from typing_extensions import override

from portal.accounts import lockout
from portal.accounts.devices import remember
from portal.accounts.entry import (
    audit,
    current_entry,
    is_first,
    leave_earlier_behind,
    prove_log_in,
    remember_previous,
)  # fmt: skip
from portal.accounts.holding import hold_rows
from portal.accounts.models import User
from portal.accounts.notice import back_to_login
from portal.accounts.passwords import normal_password
from portal.accounts.session_life import begin
from portal.accounts.sources import source_of
from portal.audit.log import record
from portal.cards import pending
from portal.cards.pending import Destination
from portal.cards.session import entered_by_other_than_card
from portal.failures import ACCOUNT_INACTIVE, COMPANY_CARDS_ONLY, LOGGED_OUT_WRONG
from portal.member.deletion import keep
from portal.member.pages import tell


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """What allauth asks the portal."""

    @override
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: registration comes with its own pages."""
        return False

    @override
    def is_safe_url(self, url: str) -> bool:
        """Return whether a log-in or log-out may lead there: this site over TLS, nothing else."""
        own = urlsplit(settings.CARDLOGIN_ORIGIN).netloc
        return url_has_allowed_host_and_scheme(url, allowed_hosts={own}, require_https=True)

    @override
    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where a log-in without `next` leads: an applicant's first one to what an application needs."""
        user = request.user
        if isinstance(user, User) and user.official_wanted and is_first(request):
            return reverse("official_account")
        return str(super().get_login_redirect_url(request))

    @override
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at; raise ValidationError where none may be made now.

        The limit of a network address is for strangers: a known browser and an open session have few tries of their
        own, which nobody behind the same address can use up.
        """
        account = credentials["username"]
        self._source = source_of(request, account)
        if self._source == lockout.STRANGER:
            super().pre_authenticate(request, **credentials)
        before = lockout.begin(account, self._source)
        if not before.may_try:
            self._end_spent_session(request, before)
            code = _refusal_of(before)
            raise ValidationError(code, code=code)

    @override
    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return whose account name and password these are; a right password forgets the wrong ones."""
        credentials["password"] = normal_password(credentials["password"])
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            lockout.right(credentials["username"], self._source)
        return user

    @override
    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """End the session in which the last wrong password was typed."""
        super().authentication_failed(request, **credentials)
        self._end_spent_session(request, lockout.standing(credentials["username"], self._source))

    def _end_spent_session(self, request: HttpRequest, stands: lockout.Standing) -> None:
        """Log out whoever typed too many wrong passwords inside; raises ImmediateHttpResponse (to the log-in page)."""
        if self._source.who is not lockout.From.SESSION or not (stands.locked or stands.out_of_use):
            return
        account = request.user.pk
        logout(request)
        record("session_over", LOGGED_OUT_WRONG.code, account=account, request=request)
        raise ImmediateHttpResponse(back_to_login(request, "password", LOGGED_OUT_WRONG))

    @override
    def get_login_stages(self) -> list[str]:
        """Return allauth's own, but with a second factor that a card has in itself."""
        own = {"allauth.mfa.stages.AuthenticateStage": "portal.member.second_factor.SecondFactorStage"}
        return [own.get(stage, stage) for stage in super().get_login_stages()]

    @override
    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Every log-in, by whatever door, passes here: a company enters by its cards only."""
        if user.is_company and entered_by_other_than_card(request, user):
            record("login", COMPANY_CARDS_ONLY.code, account=user.pk, request=request)
            return back_to_login(request, "password", COMPANY_CARDS_ONLY)
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    @override
    @transaction.atomic
    def login(self, request: HttpRequest, user: User) -> None:
        """Log in, keep the time of the log-in before, and write the audit line; a deletion asked for ends with it."""
        hold_rows(user.pk)
        previous = user.last_login
        card = pending.take_along(request.session, user)
        leave_earlier_behind(request, user)
        super().login(request, user)
        if card is not None:
            pending.keep(request.session, card, Destination.BIND, card.next_url, user)
        begin(request)
        prove_log_in(request, user)
        entry = current_entry(request, user)
        if entry is None or not entry.old_way:  # else whoever had it signed elsewhere would be a known browser here
            remember(request, user)
        if user.delete_after is not None and keep(user):
            tell(request, "delete_cancelled")
        remember_previous(request, previous)
        audit(entry.audited if entry else "unknown", "ok", user)

    @override
    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Send the holder of a right password back to the log-in page, with the reason."""
        audit("password", ACCOUNT_INACTIVE.code, user)
        return back_to_login(request, "password", ACCOUNT_INACTIVE)


def _refusal_of(stands: lockout.Standing) -> str:
    if stands.out_of_use and not stands.locked:
        return "password_out_of_use"
    return "account_locked" if stands.locked else "wait_a_moment"
