"""The forms of the ways back."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from typing_extensions import override

from cardlogin_server.identity.identifiers.account import mail_form
from cardlogin_server.identity.identifiers.normal_form import normal_form
from portal.accounts.answers import LONGEST_ANSWER
from portal.accounts.models import User, account_name
from portal.accounts.passwords import rule_text
from portal.both import ask_in_both, both, parted
from portal.captcha.forms import CaptchaForm
from portal.recovery.resetting import password_refusals

_six_digits = RegexValidator(r"\A[0-9]{6}\Z", both("驗證碼為 6 位數字。", "The code has six digits."))
_PLAIN = {"autocapitalize": "none", "spellcheck": "false"}


class InBoth(forms.Form):
    """A form whose refusals are in both languages."""

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_in_both(self)
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.error_messages["max_length"] = both("內容過長。", "This is too long.")
                field.error_messages["null_characters_not_allowed"] = both("含有不能使用的字元。", "Not readable.")


class AccountForm(InBoth):
    """The account name; whether it exists is not looked at."""

    account = forms.CharField(
        label=both("帳號", "Account"), max_length=15, validators=[account_name],
        widget=forms.TextInput(attrs={"autocomplete": "username", **_PLAIN}),
    )  # fmt: skip

    def clean_account(self) -> str:
        """Return the name in the form in which it is stored."""
        return str(self.cleaned_data["account"]).lower()


class StartForm(CaptchaForm, AccountForm):
    """Account name and captcha, for ways that send something or ask a question."""


class MailForm(CaptchaForm, InBoth):
    """The mail address somebody registered with."""

    email = forms.CharField(
        label=both("註冊時填寫的電子信箱", "Mail address you registered with"), max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", **_PLAIN}),
    )  # fmt: skip

    def clean_email(self) -> str:
        """Return the address in the form in which it is stored."""
        try:
            return mail_form(self.cleaned_data["email"])
        except ValueError:
            raise forms.ValidationError(
                both("請填寫完整的電子信箱。", "Write the whole mail address."), code="mail_malformed"
            ) from None


class AnswerForm(InBoth):
    """The answer to the question; shown as typed, because it is often Chinese."""

    answer = forms.CharField(
        label=both("您的回答", "Your answer"), max_length=LONGEST_ANSWER,
        widget=forms.TextInput(attrs={"autocomplete": "off", **_PLAIN}),
    )  # fmt: skip


class SixDigits(forms.CharField):
    """Six digits; spaces and full-width ones, which input methods make, are put right."""

    @override
    def to_python(self, value: Any) -> str:
        """Return the digits without what separates them."""
        return normal_form(super().to_python(value) or "")


class CodeForm(InBoth):
    """The code from a mail or text message."""

    code = SixDigits(
        label=both("驗證碼（6 位數字）", "Code (six digits)"), max_length=12, validators=[_six_digits],
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", **_PLAIN}),
    )  # fmt: skip


class SavedCodeForm(InBoth):
    """The recovery code that was saved in the member's area."""

    saved_code = forms.CharField(
        label=both("救援碼", "Recovery code"), max_length=40,
        help_text=both("16 個英文字母或數字，每 4 個一組。", "Sixteen letters or digits in groups of four."),
        widget=forms.TextInput(attrs={"autocomplete": "off", **_PLAIN}),
    )  # fmt: skip


class NewPasswordForm(InBoth):
    """A new password, twice, under the rules of the active profile; and what becomes of other sessions."""

    password = forms.CharField(
        label=both("設定新密碼", "New password"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    again = forms.CharField(
        label=both("確認新密碼", "New password again"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    end_others = forms.BooleanField(
        label=both("同時登出所有裝置（建議）", "Log out everywhere (advised)"), required=False, initial=True
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        self.fields["password"].help_text = parted(rule_text())

    def clean_password(self) -> str:
        """Raise ValidationError with every reason."""
        password: str = self.cleaned_data["password"]
        if reasons := password_refusals(self._user, password):
            raise forms.ValidationError(
                [forms.ValidationError(parted(reason), code="password_refused") for reason in reasons]
            )
        return password

    @override
    def clean(self) -> dict[str, Any]:
        """Raise ValidationError when the two are not the same."""
        password, again = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if password is not None and again is not None and password != again:
            self.add_error(
                "again",
                forms.ValidationError(both("兩次輸入的密碼不同。", "The two are not the same."), code="differs"),
            )
        return self.cleaned_data
