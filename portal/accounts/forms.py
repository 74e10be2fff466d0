"""The password form of the log-in page."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms

from portal.failures import FORM_INCOMPLETE, PASSWORD_WRONG, RATE_LIMITED, Failure

_BY_CODE = {"username_password_mismatch": PASSWORD_WRONG, "too_many_login_attempts": RATE_LIMITED}
_LONGEST_PASSWORD = 128


class PasswordLoginForm(LoginForm):  # type: ignore[misc]
    """Account and password, with allauth's limits on failed tries; labels stand in the template."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A limit, because Argon2 hashes whatever it is given.
        self.fields["password"] = forms.CharField(
            max_length=_LONGEST_PASSWORD,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )
        login = self.fields["login"].widget.attrs
        login.pop("placeholder", None)
        login.pop("autofocus", None)
        login.update(autocapitalize="none", spellcheck="false")

    def failure(self) -> Failure:
        """Return why the form was refused."""
        codes = [error.code for errors in self.errors.as_data().values() for error in errors]
        return next((_BY_CODE[code] for code in codes if code in _BY_CODE), FORM_INCOMPLETE)
