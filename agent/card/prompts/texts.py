"""The words of the PIN window, in Traditional Chinese and English."""

from agent.card.pin import MAX_PIN
from agent.card.prompts.origin_text import Remark
from agent.failures import Text
from agent.order import Purpose

TITLE = Text("憑證登入", "CardLogin")
LEAD = Text("請核對網站與目的，再輸入 PIN 碼", "Check the site and the purpose before you type your PIN")
SITE = Text("要求的網站", "Site that asks")
READABLE = Text("原文", "In its own letters")
PURPOSE = Text("目的", "Purpose")
HOLDER = Text("持卡人", "Card holder")
KIND = Text("憑證種類", "Kind")
VALID = Text("憑證有效至", "Valid until")
READER = Text("讀卡機", "Reader")
TRIES = Text("可再嘗試", "Tries left")
PIN = Text("PIN 碼", "PIN")
SIGN = Text("確認", "Confirm")
CANCEL = Text("取消", "Cancel")
CLOSE = Text("關閉", "Close")
READING = Text("正在讀取卡片…", "Reading the card…")
SIGNING = Text("卡片簽章中，請勿取出卡片…", "The card is signing, please leave it in…")
CANCELLING = Text("正在取消，等候卡片完成動作…", "Cancelling, as soon as the card has finished…")
LAST_TRY = Text("我知道再輸入錯誤一次就會鎖卡", "I know that one more wrong PIN locks the card")
ASK_LAST_TRY = Text("這是最後一次機會。", "This is the last try.")
ASK_LAST_TRY_HOW = Text(
    "再輸入錯誤一次就會鎖卡。若確定 PIN 碼正確，請勾選上方的確認，再按確認。",
    "One more wrong PIN locks the card. If you are sure of it, tick the box above, then confirm.",
)
TRIES_UNKNOWN = Text("不詳；連續輸入錯誤會鎖卡", "not known; wrong PINs lock the card")

FORM_SWITCH = Text("我的 PIN 碼含有英文字母或符號", "My PIN has letters or other characters")
HINT = {
    "digits": Text("6 至 8 位數字", "6 to 8 digits"),
    "printable": Text("6 至 8 個英文字母、數字或符號，大小寫不同", "6 to 8 letters, digits or signs; capitals matter"),
}
# The catalogue speaks of digits, which is not the whole truth once the switch is set.
MALFORMED_PRINTABLE = Text("PIN 碼應為 6 至 8 個字元。", "A PIN has 6 to 8 characters.")
NOTE_FULL_WIDTH = Text("全形字元已自動改為半形。", "Full-width characters were changed to ordinary ones.")
NOTE_DIGITS_ONLY = Text("只能輸入數字；若含英文字母或符號，請勾選下方選項。", "Digits only; tick the box for others.")
NOTE_NOT_PRINTABLE = Text("PIN 碼只能含英文字母、數字與符號，不含空白。", "Letters, digits and signs only, no blanks.")
NOTE_TOO_LONG = Text(f"PIN 碼最多 {MAX_PIN} 個字元，多的不採用。", f"At most {MAX_PIN} characters; no more are taken.")
NOTE_PASTE = Text("為保護 PIN 碼，不能貼上，請直接輸入。", "To protect your PIN, pasting is off: please type it.")
NOTE_EARLY = Text("視窗剛出現時的按鍵未採用，請重新輸入。", "Keys pressed as the window came up were not taken.")
NOTE_CAPITALS = Text("大寫鎖定（Caps Lock）已開啟。", "Caps Lock is on.")

PINPAD = Text("請在讀卡機上輸入 PIN 碼", "Enter the PIN on the reader")
PINPAD_START = Text("開始", "Start")
PINPAD_HOW = Text(
    "這台讀卡機有按鍵，PIN 碼不經過電腦。按「開始」後，請在讀卡機上輸入。",
    "This reader has its own keys; the PIN does not pass through the computer. Press Start, then type it there.",
)
PINPAD_CANCEL = Text("若要取消，請按讀卡機上的取消鍵。", "To cancel, press the cancel key of the reader.")

OTHERS = Text("其他憑證", "Others")
CHOOSE = Text("請選擇憑證", "Choose a certificate")
CHOOSE_HOW = Text("以方向鍵選擇，再按 Enter", "Arrow keys to choose, then Enter")
USE = Text("使用這張憑證", "Use this one")
NEXT = Text("下一張憑證", "Next certificate")
GO_ON = Text("繼續", "Continue")
CHOOSE_NUMBER = Text("請輸入憑證的號碼，再按 Enter", "Type the number of a certificate, then Enter")
TYPE_PIN = Text("PIN 碼（不會顯示）", "PIN (not shown)")
PRESS_ENTER = Text("按 Enter 繼續，Ctrl-C 取消", "Enter to go on, Ctrl-C to cancel")
TO_CANCEL = Text("按 Ctrl-C 關閉", "Ctrl-C to close")
UNUSABLE = Text("不能使用的憑證", "Certificates that cannot be used")
FOUND = Text("讀到的憑證", "Certificates found")
ISSUER_PAGE = Text("發卡機關網頁", "Issuer's page")
TELEPHONE = Text("服務電話", "Telephone")
COPY = Text("複製網址", "Copy address")
COPIED = Text("已複製，請在關閉視窗前貼上", "Copied: paste it before you close this")

REMARKS = {
    Remark.FOREIGN_LETTERS: Text("網址含有非英文字母，請核對。", "The address has letters of another alphabet."),
    Remark.LOOK_ALIKE: Text(
        "注意：網址可能以外觀相似的字元仿冒其他網站，請勿輸入 PIN 碼，除非您確定。",
        "Warning: look-alike characters may imitate another site. Type no PIN unless you are sure.",
    ),
    Remark.ADDRESS: Text("這是 IP 位址，沒有網站名稱可核對。", "A bare IP address: there is no site name to check."),
    Remark.THIS_COMPUTER: Text("這台電腦上的網頁（開發用）", "A page on this computer (for developers)"),
    Remark.NOT_ENCRYPTED: Text("未加密的網頁（開發用）", "A page without encryption (for developers)"),
}

PURPOSES = {
    Purpose.LOGIN: Text("登入", "Log in"),
    Purpose.BIND: Text("將憑證綁定到帳號", "Link this card to an account"),
    Purpose.ACTIVATE: Text("啟用帳號", "Activate an account"),
    Purpose.UNLOCK: Text("解除帳號鎖定", "Unlock an account"),
    Purpose.RESET: Text("重設密碼", "Reset a password"),
    Purpose.UNBIND: Text("解除憑證綁定", "Unlink this card from an account"),
    Purpose.IDENTIFY: Text("證明身分", "Prove who you are"),
}


def tries(left: int | None) -> Text:
    """How many PIN tries are left, in words."""
    if left is None:
        return TRIES_UNKNOWN
    return Text(f"{left} 次", "1 try" if left == 1 else f"{left} tries")


def others(count: int) -> Text:
    """The button that leads to the other certificates."""
    return Text(f"{OTHERS.zh}（{count}）", f"{OTHERS.en} ({count})")


def more(count: int) -> Text:
    """What stands at the end of a list that is too long."""
    return Text(f"另有 {count} 張", f"{count} more")


def countdown(seconds: int) -> Text:
    """How long the reader still waits for the PIN."""
    return Text(f"請在讀卡機上輸入 PIN 碼：剩 {seconds} 秒", f"Enter the PIN on the reader: {seconds} s left")
