"""The log-in page."""

from typing import Any

from allauth.account.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from portal.accounts.entry import audit_typed
from portal.accounts.forms import PasswordLoginForm
from portal.accounts.notice import show, take_notices
from portal.captcha.forms import unchecked, wants_new_question
from portal.cards.pages import card_context
from portal.policy import policy


class LoginPage(LoginView):  # type: ignore[misc]
    """Both ways in on one page; allauth checks the password."""

    template_name = "account/login.html"

    @override
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Log in; or show the form again, unchecked, when only another captcha was asked for."""
        if wants_new_question(request):
            form = PasswordLoginForm(request=request, initial=unchecked(request.POST, ("login",)))
            again: HttpResponse = self.render_to_response(self.get_context_data(form=form))
            return again
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the page's data: failure to show, the panel it belongs to, the component's ports."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if "notice" not in kwargs:
            context["notice"], context["good_news"] = take_notices(self.request)
        return {**context, **card_context(), "recovery": policy().recovery}

    @override
    def form_invalid(self, form: PasswordLoginForm) -> HttpResponse:
        """Show the page again with the reason; the typed account name stays, the password does not."""
        failure = form.failure()
        audit_typed("password", failure.code, form.data.get("login", ""))
        notice = show(self.request, "password", failure)
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form, notice=notice))
        return response


class LogOut(LogoutView):  # type: ignore[misc]
    """The end of everything in this browser's session, whether anybody is logged in by it or on the way to it."""

    @override
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Log out, and leave nothing behind for the next person."""
        answer: HttpResponse = super().post(request, *args, **kwargs)
        request.session.flush()
        return answer


login_page = LoginPage.as_view()
log_out = LogOut.as_view()
