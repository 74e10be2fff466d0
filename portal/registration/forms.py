"""The forms of the steps; fields, labels and notes as the manuals have them (F035 to F053)."""

from typing import Any

from django import forms
from django.contrib.auth.hashers import make_password
from typing_extensions import override

from cardlogin_server.identity.identifiers.account import is_account_name
from portal.accounts.answers import LONGEST_ANSWER, QUESTIONS, answer_hash, normal_answer
from portal.accounts.models import User
from portal.accounts.passwords import normal_password, refusals, rule_text, warnings
from portal.both import ask_in_both, both, parted
from portal.captcha.forms import CaptchaForm
from portal.failures import ACCOUNT_TAKEN
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
        label=both("帳號", "Account"), max_length=15,
        help_text=both(
            "只接受 5 至 15 個字元的英文字母、數字，第一個字元必須為英文字母。例：clairesu1234",
            "5 to 15 letters and digits, a letter first; capitals do not matter.",
        ),
        widget=forms.TextInput({"autocomplete": "username", **_PLAIN}),
    )  # fmt: skip
    password = forms.CharField(
        label=both("設定密碼", "Password"), max_length=LONGEST_PASSWORD, strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip
    password_again = forms.CharField(
        label=both("確認密碼", "Password again"), max_length=LONGEST_PASSWORD, strip=False,
        help_text=both("重複輸入", "Type it once more."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, draft: Draft, data: Any = None, **options: Any) -> None:
        super().__init__(draft, data, **options)
        self.fields["password"].help_text = parted(rule_text())

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
                both("帳號須為 5 至 15 個英數字，並以英文字母開頭。", "5 to 15 letters and digits, a letter first."),
                code="account",
            )
        account = typed.lower()
        if User.objects.filter(username=account).exists():
            raise forms.ValidationError(
                both(
                    ACCOUNT_TAKEN.meaning_zh + ACCOUNT_TAKEN.remedy_zh,
                    f"{ACCOUNT_TAKEN.meaning_en} {ACCOUNT_TAKEN.remedy_en}",
                ),
                code=ACCOUNT_TAKEN.code,
            )
        return str(account)

    @override
    def clean(self) -> dict[str, Any]:
        """Check the password against the profile, and its repetition."""
        typed = self.cleaned_data.get("password", "")
        for reason in refusals(typed, self.cleaned_data.get("account", "")) if typed else ():
            self.add_error("password", forms.ValidationError(parted(reason), code="password_refused"))
        if typed != self.cleaned_data.get("password_again", typed):
            self.add_error("password_again", _different("兩次輸入的密碼不同。", "The two passwords differ."))
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
    name = forms.CharField(
        label=both("中文姓名", "Name"), max_length=60, widget=forms.TextInput({"autocomplete": "name"})
    )
    email = forms.CharField(
        label=both("電子信箱", "Mail address"), max_length=254,
        help_text=both(
            "※註冊/修改後將依您所填電子信箱發出帳號確認信，請務必填入有效之電子信箱",
            "A confirmation mail goes to this address; it must be a working one.",
        ),
        widget=forms.EmailInput({"autocomplete": "email", **_PLAIN}),
    )  # fmt: skip
    email_again = forms.CharField(
        label=both("確認電子信箱", "Mail address again"), max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", **_PLAIN}),
    )  # fmt: skip
    nickname = forms.CharField(
        label=both("暱稱", "Nickname"), max_length=30, required=False,
        widget=forms.TextInput({"autocomplete": "nickname"}),
    )  # fmt: skip
    advanced = forms.BooleanField(
        label=both(
            "我願意提供更多個人資料以得到更多電子化政府個人化服務",
            "I want to tell more about me and get more personal services",
        ),
        required=False,
    )

    def __init__(self, draft: Draft, data: Any = None, **options: Any) -> None:
        super().__init__(draft, data, **options)
        if draft.card is not None:
            del self.fields["name"]
            self.fields["id_rest"] = RestOfNumber(draft.card)
            self.order_fields(["id_rest"])
            ask_in_both(self)
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
            raise _different("兩次輸入的電子信箱不同。", "The two addresses differ.")
        return again

    @override
    def take(self) -> None:
        """Keep the data, and whether advanced data follow."""
        told, draft = self.cleaned_data, self.draft
        name = fields.name(draft.card.holder_name) if draft.card else told["name"]
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
        label=both("密碼提示問題", "Password question"), required=False,
        choices=[("", "請選擇 Please choose"), *QUESTIONS],
    )  # fmt: skip
    answer = forms.CharField(
        label=both("您的回答", "Your answer"), max_length=LONGEST_ANSWER, required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    rescue_mobile = forms.CharField(
        label=both("救援手機門號", "Rescue mobile"), max_length=20, required=False,
        help_text=both("範例：行動電話:0911123456(此欄位只能輸入數字)", "Example: 0911123456, digits only"),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, draft: Draft, data: Any = None, **options: Any) -> None:
        super().__init__(draft, data, **options)
        if not policy().recovery.question:
            del self.fields["question"], self.fields["answer"]
        elif draft.rescue.get("answer_hash"):
            self.fields["answer"].help_text = both(
                "先前的回答已記下；留空即沿用。", "Your answer is kept; leave this empty to keep it."
            )

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
            self.add_error("answer", _missing("請填寫您的回答。", "Answer the question."))
        if answer and not question:
            self.add_error("question", _missing("請選擇密碼提示問題。", "Choose the question."))
        return self.cleaned_data

    @override
    def doubts(self) -> list[Doubt]:
        """Nothing that helps when the password is forgotten."""
        if any(self.cleaned_data.get(name) for name in ("question", "rescue_mobile")) or policy().recovery.saved_code:
            return []
        empty = both(
            "您未填寫任何救援選項，忘記密碼時將無法自行重設。",
            "Without any of these you cannot set a new password by yourself when you forget yours.",
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
        error_messages={
            "required": both(
                "請先詳閱並勾選同意服務條款和隱私權保護政策。",
                "Please read and accept the terms and the privacy policy.",
            )
        }
    )


class LastStep(CaptchaForm, ConsentStep):
    """Captcha and consent on one page, when the advanced data took a step (C01)."""

    step = Step.LAST


def _different(zh: str, en: str) -> forms.ValidationError:
    return forms.ValidationError(both(zh, en), code="different")


def _missing(zh: str, en: str) -> forms.ValidationError:
    return forms.ValidationError(both(zh, en), code="missing")
