"""The forms of the ways to recover access."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from cardlogin_server.identity.identifiers.account import mail_form
from cardlogin_server.identity.identifiers.normal_form import normal_form
from portal.accounts.answers import LONGEST_ANSWER
from portal.accounts.models import User, account_name
from portal.accounts.passwords import rule_text
from portal.captcha.forms import CaptchaForm
from portal.recovery.resetting import password_refusals

_six_digits = RegexValidator(r"\A[0-9]{6}\Z", _("The code has six digits."))
_PLAIN = {"autocapitalize": "none", "spellcheck": "false"}


class AccountForm(forms.Form):
    """The account name; whether it exists is not looked at."""

    account = forms.CharField(
        label=_("Account"), max_length=15, validators=[account_name],
        widget=forms.TextInput(attrs={"autocomplete": "username", **_PLAIN}),
    )  # fmt: skip

    def clean_account(self) -> str:
        """Return the name in the form in which it is stored."""
        return str(self.cleaned_data["account"]).lower()


class StartForm(CaptchaForm, AccountForm):
    """Account name and captcha, for ways that send something or ask a question."""


class MailForm(CaptchaForm):
    """The mail address somebody registered with."""

    email = forms.CharField(
        label=_("Email address you registered with"), max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", **_PLAIN}),
    )  # fmt: skip

    def clean_email(self) -> str:
        """Return the address in the form in which it is stored."""
        try:
            return mail_form(self.cleaned_data["email"])
        except ValueError:
            raise forms.ValidationError(_("Please type the whole email address."), code="mail_malformed") from None


class AnswerForm(forms.Form):
    """The answer to the question; shown as typed, because it is often Chinese."""

    answer = forms.CharField(
        label=_("Your answer"), max_length=LONGEST_ANSWER,
        widget=forms.TextInput(attrs={"autocomplete": "off", **_PLAIN}),
    )  # fmt: skip


class SixDigits(forms.CharField):
    """Six digits; spaces and full-width ones, which input methods make, are put right."""

    @override
    def to_python(self, value: Any) -> str:
        """Return the digits without what separates them."""
        return normal_form(super().to_python(value) or "")


class CodeForm(forms.Form):
    """The code from a mail or text message."""

    code = SixDigits(
        label=_("Code (six digits)"), max_length=12, validators=[_six_digits],
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", **_PLAIN}),
    )  # fmt: skip


class SavedCodeForm(forms.Form):
    """The recovery code that was saved in the member's area."""

    saved_code = forms.CharField(
        label=_("Recovery code"), max_length=40,
        help_text=_("Sixteen letters or digits, in groups of four."),
        widget=forms.TextInput(attrs={"autocomplete": "off", **_PLAIN}),
    )  # fmt: skip


class NewPasswordForm(forms.Form):
    """A new password, twice, under the rules of the active profile; and what becomes of other sessions."""

    password = forms.CharField(
        label=_("Set a new password"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    again = forms.CharField(
        label=_("Confirm the new password"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    end_others = forms.BooleanField(label=_("Also log out all devices (advised)"), required=False, initial=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        self.fields["password"].help_text = rule_text()

    def clean_password(self) -> str:
        """Raise ValidationError with every reason."""
        password: str = self.cleaned_data["password"]
        if reasons := password_refusals(self._user, password):
            raise forms.ValidationError([forms.ValidationError(reason, code="password_refused") for reason in reasons])
        return password

    @override
    def clean(self) -> dict[str, Any]:
        """Raise ValidationError when the two are not the same."""
        password, again = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if password is not None and again is not None and password != again:
            self.add_error(
                "again",
                forms.ValidationError(_("The two passwords differ."), code="differs"),
            )
        return self.cleaned_data
