"""Everything the portal refuses by itself: stable code, meaning and remedy in both languages."""

from dataclasses import asdict, dataclass
from typing import Self

from relying_party import CardLoginError

SUPPORT_ZH = "請與服務人員聯絡。"
SUPPORT_EN = "Contact the help desk."


@dataclass(frozen=True, slots=True)
class Failure:
    """One refusal as a person and a program read it; `code` never changes once published."""

    code: str
    meaning_zh: str
    meaning_en: str
    remedy_zh: str
    remedy_en: str

    @classmethod
    def of(cls, error: CardLoginError) -> Self:
        """Return the same failure in the portal's own form."""
        return cls(error.code, error.meaning.zh, error.meaning.en, error.remedy.zh, error.remedy.en)

    def as_dict(self) -> dict[str, str]:
        """Return plain texts for the session or a template."""
        return asdict(self)

    def as_problem(self, status: int) -> dict[str, object]:
        """Return the body of a problem document (RFC 9457) in the shape the component uses too."""
        return {
            "type": "about:blank",
            "title": self.meaning_en,
            "status": status,
            "code": self.code,
            "meaning": {"zh-Hant": self.meaning_zh, "en": self.meaning_en},
            "remedy": {"zh-Hant": self.remedy_zh, "en": self.remedy_en},
        }


class Refusal(Exception):
    """Raised by a flow that stops; carries the `Failure` to show."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


CARD_NOT_BOUND = Failure(
    "card_not_bound",
    "這張憑證卡是有效的，但尚未與任何帳號綁定。",
    "This card is valid, but it is not tied to any account yet.",
    "請改用帳號及密碼登入；憑證綁定功能將於日後提供。",
    "Log in with your account and password; tying a card to an account will be offered later.",
)
ACCOUNT_INACTIVE = Failure(
    "account_inactive",
    "此帳號尚未啟用或已被鎖定。",
    "This account is not activated or has been locked.",
    SUPPORT_ZH,
    SUPPORT_EN,
)
PASSWORD_WRONG = Failure(
    "password_wrong",
    "帳號或密碼不正確。",
    "The account or the password is not correct.",
    "請確認大小寫及輸入法後再試一次。",
    "Check capital letters and the input method, then try again.",
)
FORM_INCOMPLETE = Failure(
    "form_incomplete",
    "帳號及密碼都必須填寫。",
    "Both the account and the password are needed.",
    "請填寫兩個欄位後再登入。",
    "Fill in both fields and log in again.",
)
RATE_LIMITED = Failure(
    "rate_limited",
    "短時間內嘗試次數過多。",
    "Too many attempts in a short time.",
    "請等候幾分鐘後再試。",
    "Wait a few minutes, then try again.",
)
REQUEST_MALFORMED = Failure(
    "request_malformed",
    "網頁送出的資料格式不正確。",
    "The data sent by the page is not in the expected form.",
    "請重新整理頁面後再試一次。",
    "Reload the page and try again.",
)
PAGE_OUTDATED = Failure(
    "page_outdated",
    "這個頁面已逾時，或瀏覽器未接受 Cookie。",
    "This page is out of date, or the browser does not accept cookies.",
    "請允許本站使用 Cookie，重新整理頁面後再試一次。",
    "Allow cookies for this site, reload the page and try again.",
)
PORTAL_UNREACHABLE = Failure(
    "portal_unreachable",
    "無法連線到本網站。",
    "This site cannot be reached.",
    "請確認網路連線，再試一次。",
    "Check the network connection and try again.",
)
