"""The forms of the steps; fields, labels and notes as the manuals have them (F035 to F053)."""

from typing import Any

from django import forms
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from cardlogin_server.identity.identifiers.account import is_account_name
from portal.accounts.answers import LONGEST_ANSWER, QUESTIONS, answer_hash, normal_answer
from portal.accounts.models import User
from portal.accounts.passwords import normal_password, refusals, rule_text, warnings
from portal.captcha.forms import CaptchaForm
from portal.failures import ACCOUNT_TAKEN
from portal.languages import in_words
from portal.policy import policy
from portal.registration import fields
from portal.registration.card import RestOfNumber
from portal.registration.doubts import Doubt, StepForm
from portal.registration.draft import Draft
from portal.registration.steps import Step

_PLAIN = {"autocapitalize": "none", "spellcheck": "false"}
LONGEST_PASSWORD = 128


class AccountForm(StepForm):
    """帳號和密碼: of the password only its hash goes on."""

    step = Step.ACCOUNT
    account = forms.CharField(
        label=_("Account"), max_length=15,
        help_text=_("5 to 15 letters and digits, the first one a letter. Example: clairesu1234"),
        widget=forms.TextInput({"autocomplete": "username", **_PLAIN}),
    )  # fmt: skip
    password = forms.CharField(
        label=_("Choose a password"), max_length=LONGEST_PASSWORD, strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip
    password_again = forms.CharField(
        label=_("Confirm the password"), max_length=LONGEST_PASSWORD, strip=False,
        help_text=_("Type it again."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, draft: Draft, data: Any = None, **options: Any) -> None:
        super().__init__(draft, data, **options)
        self.fields["password"].help_text = rule_text()

    @classmethod
    @override
    def told(cls, draft: Draft) -> dict[str, Any]:
        """The account name."""
        return {"account": draft.account}

    def clean_account(self) -> str:
        """Return the name in lower case; that it is in use must be told (F037)."""
        typed = self.cleaned_data["account"]
        if not is_account_name(typed):
            raise forms.ValidationError(
                _("An account name has 5 to 15 letters and digits and begins with a letter."),
                code="account",
            )
        account = typed.lower()
        if User.objects.filter(username=account).exists():
            told = f"{in_words(ACCOUNT_TAKEN.meaning)} {in_words(ACCOUNT_TAKEN.remedy)}"
            raise forms.ValidationError(told, code=ACCOUNT_TAKEN.code)
        return str(account)

    @override
    def clean(self) -> dict[str, Any]:
        """Check the password against the profile, and its repetition."""
        typed = self.cleaned_data.get("password", "")
        for reason in refusals(typed, self.cleaned_data.get("account", "")) if typed else ():
            self.add_error("password", forms.ValidationError(reason, code="password_refused"))
        if typed != self.cleaned_data.get("password_again", typed):
            self.add_error("password_again", _different(gettext("The two passwords differ.")))
        return self.cleaned_data

    @override
    def take(self) -> None:
        """Keep name and hash; a common password is spoken of on the next page where it is allowed (K4)."""
        password = self.cleaned_data["password"]
        self.draft.account = self.cleaned_data["account"]
        self.draft.password = make_password(normal_password(password))
        self.draft.policy = policy().version
        self.draft.hints = warnings(password)


class BasicForm(StepForm):
    """基本資料; with a card the name is the card's, and the rest of the ID number is asked for here (F057)."""

    step = Step.BASIC
    name = forms.CharField(label=_("Name in Chinese"), max_length=60, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.CharField(
        label=_("Email address"), max_length=254,
        help_text=_(
            "A confirmation email goes to this address whenever it is registered or changed; it must be a working "
            "one."
        ),
        widget=forms.EmailInput({"autocomplete": "email", **_PLAIN}),
    )  # fmt: skip
    email_again = forms.CharField(
        label=_("Confirm the email address"), max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", **_PLAIN}),
    )  # fmt: skip
    nickname = forms.CharField(
        label=_("Nickname"), max_length=30, required=False,
        widget=forms.TextInput({"autocomplete": "nickname"}),
    )  # fmt: skip
    advanced = forms.BooleanField(
        label=_("I am willing to give more personal data in order to get more personal e-government services"),
        required=False,
    )

    def __init__(self, draft: Draft, data: Any = None, **options: Any) -> None:
        super().__init__(draft, data, **options)
        if draft.card is not None:
            del self.fields["name"]
            self.fields["id_rest"] = RestOfNumber(draft.card)
            self.order_fields(["id_rest"])
        if draft.official:
            del self.fields["advanced"]

    @classmethod
    @override
    def told(cls, draft: Draft) -> dict[str, Any]:
        """What was told; of an ID number what the card does not hold."""
        shown: dict[str, Any] = {**draft.basic, "email_again": draft.basic.get("email", "")}
        if draft.card is not None and draft.number:
            shown["id_rest"] = draft.number.removesuffix(draft.card.last_four)
        return {**shown, "advanced": draft.advanced}

    def clean_name(self) -> str:
        """Return the name as it is stored."""
        return fields.name(self.cleaned_data["name"])

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return fields.mail(self.cleaned_data["email"])

    def clean_email_again(self) -> str:
        """Return the address; it must be the same one."""
        again = fields.mail(self.cleaned_data["email_again"])
        if again != self.cleaned_data.get("email", again):
            raise _different(gettext("The two email addresses differ."))
        return again

    @override
    def take(self) -> None:
        """Keep the data, and whether advanced data follow."""
        told, draft = self.cleaned_data, self.draft
        # The card's name as it is: a certificate allows more characters (64) than the form does.
        name = draft.card.holder_name if draft.card else told["name"]
        draft.basic = {"name": name, "email": told["email"], "nickname": told["nickname"].strip()}
        draft.advanced = draft.official or told["advanced"]
        if draft.card:
            draft.keep_number(*told["id_rest"])
        elif not draft.advanced:
            draft.drop_number()
        if not draft.advanced:
            draft.details = {}


class RescueForm(StepForm):
    """忘記密碼救援選項: question and answer where the profile has them, and a mobile; none is required (C15)."""

    step = Step.RESCUE
    question = forms.ChoiceField(
        label=_("Password question"), required=False,
        choices=[("", _("Please choose")), *QUESTIONS],
    )  # fmt: skip
    answer = forms.CharField(
        label=_("Your answer"), max_length=LONGEST_ANSWER, required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    rescue_mobile = forms.CharField(
        label=_("Rescue mobile"), max_length=20, required=False,
        help_text=_("Example: 0911123456, digits only"),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, draft: Draft, data: Any = None, **options: Any) -> None:
        super().__init__(draft, data, **options)
        if not policy().recovery.question:
            del self.fields["question"], self.fields["answer"]
        elif draft.rescue.get("answer_hash"):
            self.fields["answer"].help_text = _("Your answer is saved; leave this empty to keep it.")

    @classmethod
    @override
    def told(cls, draft: Draft) -> dict[str, Any]:
        """Question and mobile; an answer is known by its hash only."""
        return {name: draft.rescue.get(name, "") for name in ("question", "rescue_mobile")}

    def clean_rescue_mobile(self) -> str:
        """Return ten digits, or nothing."""
        typed = self.cleaned_data["rescue_mobile"]
        return fields.rescue_mobile(typed) if typed else ""

    @override
    def clean(self) -> dict[str, Any]:
        """Question and answer come together."""
        question, answer = self.cleaned_data.get("question", ""), normal_answer(self.cleaned_data.get("answer", ""))
        if question and not answer and not self._answered_before(question):
            self.add_error("answer", _missing(gettext("Please give your answer.")))
        if answer and not question:
            self.add_error("question", _missing(gettext("Please choose a password question.")))
        return self.cleaned_data

    @override
    def doubts(self) -> list[Doubt]:
        """Nothing that helps when the password is forgotten."""
        if any(self.cleaned_data.get(name) for name in ("question", "rescue_mobile")) or policy().recovery.saved_code:
            return []
        empty = _(
            "You have given none of the rescue options; when you forget your password, you will not be able to set a "
            "new one by yourself."
        )
        return [Doubt("rescue_empty", empty)]

    @override
    def take(self) -> None:
        """Keep question, the answer's hash, and the mobile."""
        told = self.cleaned_data
        kept = {"rescue_mobile": told["rescue_mobile"], "question": told.get("question", ""), "answer_hash": ""}
        if kept["question"]:
            typed = told["answer"]
            kept["answer_hash"] = answer_hash(typed) if normal_answer(typed) else self.draft.rescue["answer_hash"]
        self.draft.rescue = kept

    def _answered_before(self, question: str) -> bool:
        return bool(self.draft.rescue.get("answer_hash")) and self.draft.rescue.get("question") == question


class CaptchaStep(CaptchaForm, StepForm):
    """註冊確認(圖像驗證碼)."""

    step = Step.CAPTCHA


class ConsentStep(StepForm):
    """您同意嗎？"""

    step = Step.CONSENT
    consent = forms.BooleanField(
        error_messages={"required": _("Please read and accept the terms of service and the privacy policy first.")}
    )


class LastStep(CaptchaForm, ConsentStep):
    """Captcha and consent on one page, when the advanced data took a step (C01)."""

    step = Step.LAST


def _different(text: str) -> forms.ValidationError:
    return forms.ValidationError(text, code="different")


def _missing(text: str) -> forms.ValidationError:
    return forms.ValidationError(text, code="missing")
