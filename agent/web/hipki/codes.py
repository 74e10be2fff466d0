"""The old component's numbers with their fixed Chinese texts (hipki.md, 2), and which of them a failure of ours is."""

from enum import IntEnum

from agent.failures import Code, FailureError


class Major(IntEnum):
    """Every `ret_code` that we send."""

    OK = 0
    TBS_MISSING = 0x76000003
    CIPHER_MISSING = 0x76000004
    NO_CARD = 0x76000006
    WRONG_TYPE = 0x76000008
    TOO_LARGE = 0x7600000A
    BAD_JSON = 0x7600000B
    BAD_PARAMETER = 0x7600000C
    NO_ANSWER = 0x7600000D
    UNSUPPORTED = 0x7600000E
    FORBIDDEN_DOMAIN = 0x7600000F
    NOT_PERMITTED = 0x76000031
    CANCELLED = 0x76000999
    NO_DRIVER = 0x76100001
    NO_READER = 0x76100003
    NO_SESSION = 0x76100005
    LOGIN_FAILED = 0x76100006
    CERTIFICATE_NOT_FOUND = 0x7610000C
    BAD_CONTENT = 0x76300003
    PLAIN_NOT_TEXT = 0x76400002
    NOT_DECRYPTED = 0x76400003
    NOT_YET_VALID = 0x76500001
    EXPIRED = 0x76500002
    BAD_BASE64 = 0x76600002


# Numbers of PKCS#11 and of the old component; the last two are 32-bit numbers with a sign, as clients compare them.
FUNCTION_FAILED = 0x06
PIN_WRONG = 0xA0
PIN_LENGTH = 0xA2
PIN_LOCKED = 0xA4
ONE_TRY_LEFT = -2147483647
TWO_TRIES_LEFT = -2147483646

MAJOR_TEXTS = {
    Major.OK: "",
    Major.TBS_MISSING: "未輸入待簽訊息",
    Major.CIPHER_MISSING: "未輸入密文",
    Major.NO_CARD: "未插入IC卡",
    Major.WRONG_TYPE: "型態錯誤",
    Major.TOO_LARGE: "檔案過大",
    Major.BAD_JSON: "JSON格式錯誤",
    Major.BAD_PARAMETER: "參數錯誤",
    Major.NO_ANSWER: "執行檔錯誤或逾時",
    Major.UNSUPPORTED: "不支援的方法",
    Major.FORBIDDEN_DOMAIN: "禁止存取的網域",
    Major.NOT_PERMITTED: "在未授權的網站執行元件",
    Major.CANCELLED: "使用者已取消動作",
    Major.NO_DRIVER: "無法載入IC卡函式庫檔案",
    Major.NO_READER: "無可用讀卡機",
    Major.NO_SESSION: "取得session失敗",
    Major.LOGIN_FAILED: "IC卡登入失敗",
    Major.CERTIFICATE_NOT_FOUND: "找不到指定憑證",
    Major.BAD_CONTENT: "簽章內容錯誤",
    Major.PLAIN_NOT_TEXT: "解密型態錯誤",
    Major.NOT_DECRYPTED: "解密錯誤",
    Major.NOT_YET_VALID: "憑證尚未生效",
    Major.EXPIRED: "憑證已逾期",
    Major.BAD_BASE64: "Base64解碼錯誤",
}
MINOR_TEXTS = {
    0: "",
    FUNCTION_FAILED: "函式失敗",
    PIN_WRONG: "PIN碼錯誤",
    PIN_LENGTH: "PIN碼長度錯誤",
    PIN_LOCKED: "已鎖卡",
    ONE_TRY_LEFT: "PIN碼錯誤，剩餘一次機會",
    TWO_TRIES_LEFT: "PIN碼錯誤，剩餘兩次機會",
}
_NUMBERS = {
    Code.BUSY: (Major.NO_SESSION, 0),
    Code.ORIGIN_REFUSED: (Major.FORBIDDEN_DOMAIN, 0),
    Code.REQUEST_MALFORMED: (Major.BAD_PARAMETER, 0),
    Code.NO_DRIVER: (Major.NO_DRIVER, 0),
    Code.NO_READER: (Major.NO_READER, 0),
    Code.NO_CARD: (Major.NO_CARD, 0),
    Code.NO_CERTIFICATE: (Major.CERTIFICATE_NOT_FOUND, 0),
    Code.PIN_WRONG: (Major.LOGIN_FAILED, PIN_WRONG),
    Code.PIN_LOCKED: (Major.LOGIN_FAILED, PIN_LOCKED),
    Code.PIN_MALFORMED: (Major.LOGIN_FAILED, PIN_LENGTH),
    Code.CARD_REMOVED: (Major.NO_CARD, 0),
    Code.CARD_ERROR: (Major.NO_SESSION, FUNCTION_FAILED),
    Code.READER_HUNG: (Major.NO_ANSWER, 0),
    Code.USER_CANCELLED: (Major.CANCELLED, 0),
    Code.PAGE_CLOSED: (Major.CANCELLED, 0),
    Code.TIMED_OUT: (Major.NO_ANSWER, 0),
    Code.HOST_FAILED: (Major.NO_ANSWER, 0),
    Code.INTERNAL: (Major.NO_ANSWER, 0),
    Code.NO_SERVICE: (Major.NO_READER, 0),
    Code.CARD_BUSY: (Major.NO_SESSION, 0),
    Code.CARD_UNSUPPORTED: (Major.CERTIFICATE_NOT_FOUND, 0),
    Code.CARD_SWAPPED: (Major.NO_SESSION, 0),
    Code.CARD_NOT_ACTIVATED: (Major.LOGIN_FAILED, 0),
    Code.CERTIFICATE_EXPIRED: (Major.EXPIRED, 0),
    Code.CERTIFICATE_NOT_YET_VALID: (Major.NOT_YET_VALID, 0),
    Code.CERTIFICATE_ENCRYPTION_ONLY: (Major.CERTIFICATE_NOT_FOUND, 0),
    Code.CERTIFICATE_NOT_WANTED: (Major.CERTIFICATE_NOT_FOUND, 0),
    Code.DRIVER_REFUSED: (Major.NO_DRIVER, 0),
    Code.NO_PROMPT: (Major.NO_ANSWER, 0),
    Code.OTHER_USER: (Major.FORBIDDEN_DOMAIN, 0),
    Code.ORIGIN_DENIED: (Major.FORBIDDEN_DOMAIN, 0),
    Code.TOO_MANY_REQUESTS: (Major.NO_ANSWER, 0),
    Code.PAGE_EXPIRED: (Major.NO_ANSWER, 0),
    Code.PERMISSIONS_UNREADABLE: (Major.NO_ANSWER, 0),
    Code.ORIGIN_NOT_PERMITTED: (Major.NOT_PERMITTED, 0),
    Code.CIPHER_UNREADABLE: (Major.NOT_DECRYPTED, 0),
}
# After a wrong PIN the last number counts down, as far as the card tells.
_TRIES = {0: PIN_LOCKED, 1: ONE_TRY_LEFT, 2: TWO_TRIES_LEFT}


class OldError(Exception):
    """Ends a request with the old component's numbers; `failure` is our stable code (agent.failures.Code), or empty."""

    def __init__(self, ret_code: Major, last_error: int = 0, failure: str = "") -> None:
        super().__init__(f"{ret_code:#010x}")
        self.ret_code = ret_code
        self.last_error = last_error
        self.failure = failure


def malformed(ret_code: Major) -> OldError:
    """The error for a request that says why it cannot be understood."""
    return OldError(ret_code, failure=Code.REQUEST_MALFORMED.value)


def of_failure(error: FailureError) -> OldError:
    """The numbers of a failure; a wrong PIN counts the tries that are left, where the card tells (hipki.md, 2.2)."""
    ret_code, last_error = _NUMBERS[error.code]
    if error.code is Code.PIN_WRONG and error.tries_left is not None:
        last_error = _TRIES.get(error.tries_left, last_error)
    return OldError(ret_code, last_error, error.code.value)
