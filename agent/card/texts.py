"""The words of the PIN window, in Traditional Chinese and English."""

from agent.failures import Text
from agent.order import Purpose

TITLE = Text("憑證登入", "CardLogin")
LEAD = Text("請核對網站與目的，再輸入 PIN 碼", "Check the site and the purpose before you type your PIN")
SITE = Text("要求的網站", "Site that asks")
PURPOSE = Text("目的", "Purpose")
HOLDER = Text("持卡人", "Card holder")
VALID = Text("憑證有效至", "Valid until")
READER = Text("讀卡機", "Reader")
TRIES = Text("可再嘗試", "Tries left")
PIN = Text("PIN 碼（6 至 8 位數字）", "PIN (6 to 8 digits)")
SIGN = Text("確認", "Confirm")
CANCEL = Text("取消", "Cancel")
CLOSE = Text("關閉", "Close")
READING = Text("正在讀取卡片…", "Reading the card…")
SIGNING = Text("卡片簽章中，請勿取出卡片…", "The card is signing, please leave it in…")
LAST_TRY = Text("我知道再輸入錯誤一次就會鎖卡", "I know that one more wrong PIN locks the card")
ASK_LAST_TRY = Text("這是最後一次機會，請先勾選上方的確認。", "This is the last try: tick the box above first.")
TRIES_UNKNOWN = Text("不詳；連續輸入錯誤會鎖卡", "not known; wrong PINs lock the card")

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
