"""The password form of the log-in page."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from typing_extensions import override

from portal.accounts import lockout
from portal.accounts.sources import source_of
from portal.captcha.forms import CaptchaForm
from portal.failures import (
    ACCOUNT_LOCKED,
    CAPTCHA_NEEDED,
    FORM_INCOMPLETE,
    PASSWORD_OUT_OF_USE,
    PASSWORD_WRONG,
    RATE_LIMITED,
    WAIT_A_MOMENT,
    Failure,
)  # fmt: skip

_BY_CODE = {
    "username_password_mismatch": PASSWORD_WRONG,
    "too_many_login_attempts": RATE_LIMITED,
    "account_locked": ACCOUNT_LOCKED,
    "wait_a_moment": WAIT_A_MOMENT,
    "password_out_of_use": PASSWORD_OUT_OF_USE,
    "captcha_needed": CAPTCHA_NEEDED,
}
_LONGEST_PASSWORD = 128


class PasswordLoginForm(CaptchaForm, LoginForm):  # type: ignore[misc]
    """Account and password, and a captcha after some wrong ones; labels stand in the template."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A limit, because Argon2 hashes whatever it is given.
        self.fields["password"] = forms.CharField(
            max_length=_LONGEST_PASSWORD,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )
        self.fields["captcha"].required = False
        login = self.fields["login"].widget.attrs
        login.pop("placeholder", None)
        login.pop("autofocus", None)
        login.update(autocapitalize="none", spellcheck="false")

    @property
    def needs_captcha(self) -> bool:
        """Return whether too many wrong passwords for the typed account name came from where this one does."""
        typed = self.data.get("login") or self.initial.get("login") or ""
        return bool(typed) and lockout.standing(typed, source_of(self.request, typed)).captcha

    @override
    def clean_captcha(self) -> str:
        """Return what was typed; `clean` looks at it, once the account name is known."""
        return str(self.cleaned_data["captcha"])

    @override
    def clean(self) -> Any:
        """Check the captcha before the password, so that a wrong one costs no try."""
        if not self.errors and self.needs_captcha and not self.answered(self.cleaned_data["captcha"]):
            raise forms.ValidationError("captcha", code="captcha_needed")
        return super().clean()

    def failure(self) -> Failure:
        """Return why the form was refused."""
        codes = [error.code for errors in self.errors.as_data().values() for error in errors]
        return next((_BY_CODE[code] for code in codes if code in _BY_CODE), FORM_INCOMPLETE)
