"""Everything the portal refuses by itself: stable code, meaning and remedy in both languages."""

from dataclasses import asdict, dataclass
from typing import Self

from cardlogin_server import CardLoginError
from cardlogin_server.messages import in_every_language

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
        meaning, remedy = (in_every_language(text) for text in (error.meaning, error.remedy))
        return cls(error.code, meaning["zh-Hant"], meaning["en"], remedy["zh-Hant"], remedy["en"])

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
    "請以帳號密碼登入後綁定這張憑證，或以憑證註冊新帳號。",
    "Log in with your password and tie this card to your account, or register with it.",
)
CARD_NOT_YOURS = Failure(
    "card_not_yours",
    "這張憑證卡不是這個帳號綁定的卡片。",
    "This card is not one of this account's cards.",
    "請改用這個帳號已綁定的憑證卡，或輸入密碼。",
    "Use a card that is tied to this account, or your password.",
)
CARD_TAKEN = Failure(
    "card_taken",
    "這張憑證已綁定另一個帳號。",
    "This card is tied to another account.",
    "一張憑證只能綁定一個帳號；請先以該帳號登入並解除綁定，或洽服務人員。",
    "A card belongs to one account only; log in to that one and untie it there, or contact the help desk.",
)
CARD_NAME_DIFFERS = Failure(
    "card_name_differs",
    "憑證上的姓名與帳號資料不符。",
    "The name on the card is not the name of this account.",
    "只能綁定本人的憑證；若姓名已變更，請洽服務人員。",
    "Only your own card can be tied to your account; if your name has changed, contact the help desk.",
)
CARD_ID_DIFFERS = Failure(
    "card_id_differs",
    "憑證上的身分證末四碼與帳號資料不符。",
    "The last four characters of the ID number on the card are not those of this account.",
    "請確認個人資料中的身分證字號；若資料正確，請洽服務人員。",
    "Check the ID number among your data; if it is right, contact the help desk.",
)
CARD_KIND_OTHER = Failure(
    "card_kind_other",
    "這種憑證不能綁定個人帳號。",
    "This kind of card cannot be tied to a person's account.",
    "個人帳號請使用自然人憑證；工商憑證請以公司身分登入。",
    "Use your citizen card for your own account, and a company's card to enter for the company.",
)
CARD_OF_COMPANY = Failure(
    "card_of_company",
    "這是工商憑證，不能在這裡以個人身分使用。",
    "This is a company's card; it cannot be used for a person here.",
    "請使用您本人的自然人憑證，或至「工商憑證登入」以公司身分登入。",
    "Use your own citizen card, or enter for the company on the page for company cards.",
)
CARD_OF_CITIZEN = Failure(
    "card_of_citizen",
    "這不是工商憑證，不能以公司身分登入。",
    "This is not a company's card; it cannot be used to enter for a company.",
    "請插入公司的工商憑證；以個人身分登入請至「會員登入」。",
    "Insert the company's card; to log in as yourself use the log-in page for members.",
)
TOO_MANY_CARDS = Failure(
    "too_many_cards",
    "這個帳號綁定的憑證已達上限。",
    "This account has as many cards as it may have.",
    "請先解除一張不再使用的憑證。",
    "Untie a card that is no longer used first.",
)
LAST_WAY_IN = Failure(
    "last_way_in",
    "這是登入這個帳號的唯一方式，不能解除。",
    "This is the only way into this account and cannot be untied.",
    "請先設定密碼，再解除憑證綁定。",
    "Set a password first, then untie the card.",
)
CARD_CHANGED = Failure(
    "card_changed",
    "這不是開始註冊時使用的憑證卡。",
    "This is not the card that the registration began with.",
    "請插入原來的憑證卡再簽章一次，或重新開始註冊。",
    "Insert the first card and sign again, or start the registration anew.",
)
STEP_OUT_OF_ORDER = Failure(
    "step_out_of_order",
    "註冊步驟須依順序完成，剛才送出的頁面已經處理過。",
    "The steps of the registration come one after the other; the page that was sent is done already.",
    "請從這一步繼續；要修改前面的資料，請按「上一步」。",
    "Go on from this step; to change earlier data, press “Back”.",
)
ACCOUNT_TAKEN = Failure(
    "account_taken",
    "這個帳號名稱已有人使用。",
    "This account name is in use.",
    "請換一個帳號名稱。",
    "Choose another account name.",
)
CONFIRM_LINK_EXPIRED = Failure(
    "confirm_link_expired",
    "這個確認連結已超過期限，自動失效。",
    "This link is past its time and no longer works.",
    "請使用「重寄確認信」，以新的信件確認。",
    "Have the confirmation mail sent again and use the new one.",
)
CONFIRM_LINK_USED = Failure(
    "confirm_link_used",
    "這個確認連結已使用過，或已被較新的確認信取代。",
    "This link was used already, or a newer mail took its place.",
    "若已啟用請直接登入；否則請使用最新的一封確認信，或重寄確認信。",
    "Log in if your account is active; otherwise use the newest mail, or have it sent again.",
)
CONFIRM_LINK_UNKNOWN = Failure(
    "confirm_link_unknown",
    "這個確認連結不存在或不完整。",
    "There is no such link, or part of it is missing.",
    "請從信件完整複製連結，或重寄確認信。",
    "Copy the whole link from the mail, or have the mail sent again.",
)
CONFIRM_CODE_WRONG = Failure(
    "confirm_code_wrong",
    "帳號或確認碼不正確，或確認碼已失效。",
    "The account or the code is wrong, or the code no longer works.",
    "請核對最新一封確認信；連續錯誤後確認碼即失效，請改用信中連結或重寄確認信。",
    "Look at the newest mail. After some wrong tries a code ends: use the link in the mail, or have it sent again.",
)
MAIL_TAKEN = Failure(
    "mail_taken",
    "這個電子信箱已屬於另一個帳號，無法確認。",
    "This mail address belongs to another account and cannot be confirmed.",
    "請以該帳號登入，或使用其他電子信箱。",
    "Log in to that account, or use another address.",
)
ACCOUNT_INACTIVE = Failure(
    "account_inactive",
    "此帳號尚未啟用或已被鎖定。",
    "This account is not activated or has been locked.",
    "請以自然人憑證啟用帳號，或使用「重寄確認信」取得新的確認信；若仍無法登入，請與服務人員聯絡。",
    "Activate it with your citizen card, or have the confirmation mail sent again; if that does not help, contact the "
    "help desk.",
)
PASSWORD_WRONG = Failure(
    "password_wrong",
    "帳號或密碼不正確。",
    "The account or the password is not correct.",
    "請確認大小寫及輸入法後再試一次。",
    "Check capital letters and the input method, then try again.",
)
ACCOUNT_LOCKED = Failure(
    "account_locked",
    "密碼連續錯誤太多次，這個帳號的密碼登入已鎖定。",
    "Too many wrong passwords: password log-in to this account is locked.",
    "請以憑證卡登入或解除鎖定，也可以重設密碼。",
    "Log in or unlock the account with your card, or set a new password.",
)
WAIT_A_MOMENT = Failure(
    "wait_a_moment",
    "密碼錯誤後須稍候才能再試。",
    "After a wrong password there is a short wait.",
    "請等候數秒再登入一次。",
    "Wait a few seconds, then log in again.",
)
CAPTCHA_NEEDED = Failure(
    "captcha_needed",
    "請填寫正確的驗證碼。",
    "The verification code is missing or wrong.",
    "請填寫下方的驗證碼後再登入；未計入密碼錯誤次數。",
    "Fill in the code below and log in again; this did not count as a wrong password.",
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
SECOND_FACTOR_WRONG = Failure(
    "second_factor_wrong",
    "驗證碼不正確、已使用或已逾時。",
    "The code is wrong, used or too old.",
    "請輸入驗證程式目前顯示的 6 位數字；若仍不正確，請確認手機時間，或使用備用碼，也可改以憑證卡登入。",
    "Type the six digits your app shows now. If they stay wrong, check your telephone's clock, use a recovery code, "
    "or log in with your card.",
)
PASSWORD_TOO_SHORT_ALONE = Failure(
    "password_too_short_alone",
    "目前的密碼太短，不能單獨使用。",
    "Your password is too short to be used alone.",
    "請先至密碼維護設定較長的密碼，再停用兩階段驗證。",
    "Set a longer password first, then switch the second factor off.",
)
RECOVERY_REFUSED = Failure(
    "recovery_refused",
    "這張憑證卡不能為這個帳號辦理。",
    "This card cannot do this for this account.",
    "請確認帳號名稱，並使用本人已綁定這個帳號的憑證卡；也可改用其他取回方式、稍後再試，或洽服務人員。",
    "Check the account name and use your own card that is tied to this account; or take another way back, "
    "try again later, or contact the help desk.",
)
ACCOUNT_NOT_ACTIVATED = Failure(
    "account_not_activated",
    "這個帳號尚未啟用。",
    "This account is not activated yet.",
    "請先以自然人憑證啟用帳號，或使用確認信中的連結。",
    "Activate it with your card first, or use the link in the confirmation mail.",
)
ACCOUNT_CLOSED = Failure(
    "account_closed",
    "這個帳號已停用，不能自行啟用。",
    "This account was closed and cannot be activated here.",
    SUPPORT_ZH,
    SUPPORT_EN,
)
ANSWER_WRONG = Failure(
    "answer_wrong",
    "答案不正確。",
    "The answer is not correct.",
    "請再試一次，或改用憑證卡或簡訊；最多可試 5 次。",
    "Try again, or use your card or a text message; five tries in all.",
)
CODE_WRONG = Failure(
    "code_wrong",
    "驗證碼不正確、已使用或已逾時。",
    "The code is wrong, used or too old.",
    "請輸入最新收到的驗證碼；若錯誤 5 次或沒有收到，請重新取得，或改用其他方式。",
    "Type the newest code you received. After five wrong ones, or if none came, ask for another or take another way.",
)
SAVED_CODE_WRONG = Failure(
    "saved_code_wrong",
    "救援碼不正確或已使用。",
    "The recovery code is wrong or used.",
    "請核對您保存的救援碼再試一次，或改用憑證卡或簡訊；最多可試 5 次。",
    "Compare it with the code you saved and try again, or use your card or a text message; five tries in all.",
)
RECOVERY_TRIES = Failure(
    "recovery_tries",
    "錯誤次數過多，這個方式暫停使用。",
    "Too many wrong tries: this way is closed for now.",
    "請改用憑證卡或其他方式，或於 12 小時後再試。",
    "Use your card or another way, or try again in twelve hours.",
)
NO_SECOND_PROOF = Failure(
    "no_second_proof",
    "這個帳號沒有已確認的電子信箱或救援手機，無法寄送驗證碼。",
    "This account has no confirmed mail address and no rescue mobile to send a code to.",
    "請改用憑證卡重設密碼，或洽服務人員。",
    "Set a new password with your card, or contact the help desk.",
)
PROOF_ENDED = Failure(
    "proof_ended",
    "這個步驟已逾時或已使用過。",
    "This step is out of date or was already used.",
    "請從下列方式重新開始；若您剛完成重設，請直接登入。",
    "Start again from one of the ways below; if you have just set a new password, log in with it.",
)
