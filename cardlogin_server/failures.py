"""Every way a card log-in can fail on the server: one class, one stable code, meaning and remedy in two languages."""

from datetime import datetime
from typing import ClassVar, NamedTuple


class Text(NamedTuple):
    """One sentence for people, in Traditional Chinese (``zh``) and English (``en``); plain text, never HTML."""

    zh: str
    en: str


_TRY_AGAIN = Text(
    "請重新整理頁面，再按一次憑證登入。",
    "Reload the page and start the card log-in again.",
)
_ASK_PORTAL = Text(
    "請更新憑證登入元件後再試；仍然失敗時，請聯絡本網站客服。",
    "Update the card log-in program and try again; if it still fails, contact this site's support.",
)
_ASK_ISSUER = Text(
    "請向發卡單位查詢這張卡片的狀態，或改用其他登入方式。",
    "Ask the office that issued the card about its state, or log in another way.",
)
_OTHER_CARD = Text(
    "請改用自然人憑證或工商憑證的簽章憑證，或改用其他登入方式。",
    "Use the signing certificate of a citizen or company card, or log in another way.",
)


class CardLoginError(Exception):
    """The log-in is refused: ``code`` for programs, ``meaning`` and ``remedy`` for people, ``detail`` for the log.

    ``detail`` is English, names the failed check and holds neither a name nor a number of the holder.
    """

    code: ClassVar[str]
    meaning: ClassVar[Text]
    remedy: ClassVar[Text]

    def __init__(self, detail: str) -> None:
        super().__init__(f"{self.code}: {detail}")
        self.detail = detail


class TokenMalformed(CardLoginError):
    """The token is not exactly a ``web-eid:1.0`` token with a readable certificate."""

    code = "token_malformed"
    meaning = Text("憑證登入元件的回覆格式不正確。", "The answer of the card log-in program is malformed.")
    remedy = _ASK_PORTAL


class AlgorithmMismatch(CardLoginError):
    """The token's algorithm is not on the list or does not belong to the certificate's key."""

    code = "algorithm_mismatch"
    meaning = Text(
        "回覆所寫的簽章演算法與憑證的金鑰不符。",
        "The signature algorithm named in the answer does not fit the certificate's key.",
    )
    remedy = _ASK_PORTAL


class SignatureInvalid(CardLoginError):
    """The signature is not this key's over this origin and this challenge; nothing tells which of them is wrong."""

    code = "signature_invalid"
    meaning = Text(
        "簽章不正確：可能是為其他網站或另一次登入所簽的。",
        "The signature is wrong: it may have been made for another site or for another log-in.",
    )
    remedy = Text(
        "請確認網址正確，重新整理頁面後再試一次；若曾在可疑的網站輸入 PIN 碼，請聯絡客服。",
        "Check this page's address, reload it and try again; if you typed your PIN on a doubtful site, tell support.",
    )


class ChallengeUnknown(CardLoginError):
    """The challenge was never issued here, or so long ago that its record is gone."""

    code = "challenge_unknown"
    meaning = Text("找不到這次登入的驗證資料。", "This log-in attempt is not known to the site.")
    remedy = _TRY_AGAIN


class ChallengeExpired(CardLoginError):
    """The challenge is older than five minutes; ``expired_at`` says since when."""

    code = "challenge_expired"
    meaning = Text("這次登入超過五分鐘，已經逾時。", "This log-in attempt took longer than five minutes.")
    remedy = _TRY_AGAIN

    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"challenge expired at {expired_at.isoformat()}")
        self.expired_at = expired_at


class ChallengeUsed(CardLoginError):
    """The challenge has been taken before."""

    code = "challenge_used"
    meaning = Text("這次登入的驗證資料已經用過了。", "This log-in attempt has already been used.")
    remedy = _TRY_AGAIN


class ChallengePurposeWrong(CardLoginError):
    """The challenge was issued for something else: ``expected`` was asked for, ``found`` was signed."""

    code = "challenge_purpose"
    meaning = Text(
        "卡片簽署的用途與這裡要做的事不同。",
        "The card signed for another purpose than the one asked for here.",
    )
    remedy = Text("請回到原來的頁面，從頭再做一次。", "Go back to the page you came from and start again.")

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"challenge is for {found}, not for {expected}")
        self.expected = expected
        self.found = found


class ChallengeSessionWrong(CardLoginError):
    """The challenge was issued to another browser session."""

    code = "challenge_session"
    meaning = Text(
        "這次登入是從另一個瀏覽器視窗或工作階段開始的。",
        "This log-in attempt was begun in another browser session.",
    )
    remedy = _TRY_AGAIN


class CertificateUnusable(CardLoginError):
    """The certificate may not be used for log-in: key usage, extended key usage, weak key, SHA-1, CA, or unreadable."""

    code = "certificate_unusable"
    meaning = Text("這張憑證不能用來登入。", "This certificate cannot be used to log in.")
    remedy = _OTHER_CARD


class CertificatePolicyRefused(CardLoginError):
    """None of the certificate's policies is accepted here; ``found`` lists them (dotted OIDs)."""

    code = "certificate_policy"
    meaning = Text("本網站不接受這張憑證的憑證政策。", "This site does not accept the certificate's policy.")
    remedy = _OTHER_CARD

    def __init__(self, found: frozenset[str]) -> None:
        super().__init__(f"policies found: {', '.join(sorted(found)) or 'none'}")
        self.found = found


class CertificateTypeRefused(CardLoginError):
    """The kind of holder is not accepted, or does not belong to the issuing CA; ``found`` is the subject type's OID."""

    code = "certificate_type"
    meaning = Text("本網站不接受這種類別的憑證。", "This site does not accept this kind of certificate.")
    remedy = _OTHER_CARD

    def __init__(self, found: str | None, detail: str = "") -> None:
        super().__init__(detail or f"subject type found: {found or 'none'}")
        self.found = found


class CertificateNotYetValid(CardLoginError):
    """The certificate's validity has not begun; ``not_before`` is its first moment (UTC)."""

    code = "certificate_not_yet_valid"
    meaning = Text("這張憑證的有效期間還沒有開始。", "This certificate is not valid yet.")
    remedy = Text(
        "請等到有效期間開始後再使用，或向發卡單位查詢。",
        "Wait until its validity begins, or ask the office that issued the card.",
    )

    def __init__(self, not_before: datetime) -> None:
        super().__init__(f"certificate is valid from {not_before.isoformat()}")
        self.not_before = not_before


class CertificateExpired(CardLoginError):
    """The certificate's validity is over; ``not_after`` is its last moment (UTC)."""

    code = "certificate_expired"
    meaning = Text("這張憑證已經過期。", "This certificate has expired.")
    remedy = Text(
        "請向發卡單位辦理展期或換發新卡；在那之前請用其他登入方式。",
        "Have the card extended or replaced by the office that issued it; log in another way until then.",
    )

    def __init__(self, not_after: datetime) -> None:
        super().__init__(f"certificate was valid until {not_after.isoformat()}")
        self.not_after = not_after


class CertificateUntrusted(CardLoginError):
    """No chain of valid signatures leads from the certificate to a configured anchor."""

    code = "certificate_untrusted"
    meaning = Text(
        "這張憑證不是由本網站信任的憑證機構簽發的。",
        "This certificate was not issued by an authority that this site trusts.",
    )
    remedy = _OTHER_CARD


class CertificateRevoked(CardLoginError):
    """The issuing CA revoked the certificate for good: ``revoked_at`` (UTC) and ``reason`` (RFC 5280 name or None)."""

    code = "certificate_revoked"
    meaning = Text("這張憑證已經廢止。", "This certificate has been revoked.")
    remedy = _ASK_ISSUER

    def __init__(self, revoked_at: datetime, reason: str | None) -> None:
        super().__init__(f"revoked at {revoked_at.isoformat()}, reason {reason or 'not given'}")
        self.revoked_at = revoked_at
        self.reason = reason


class CertificateSuspended(CardLoginError):
    """The certificate is on hold (停用), which its issuer can undo; ``since`` says from when (UTC)."""

    code = "certificate_suspended"
    meaning = Text("這張憑證目前停用中。", "This certificate is suspended at present.")
    remedy = Text(
        "請向發卡單位申請復用後再登入，或改用其他登入方式。",
        "Ask the office that issued the card to lift the suspension, or log in another way.",
    )

    def __init__(self, since: datetime) -> None:
        super().__init__(f"on hold since {since.isoformat()}")
        self.since = since


class RevocationUnknown(CardLoginError):
    """No fresh, genuine revocation list covers the certificate; ``attempts`` says why each one failed."""

    code = "revocation_unknown"
    meaning = Text(
        "目前無法向憑證機構查詢這張憑證是否有效。",
        "It cannot be found out at present whether this certificate is still good.",
    )
    remedy = Text(
        "這通常是暫時的，請過幾分鐘再試，或改用其他登入方式。",
        "This is usually temporary: try again in a few minutes, or log in another way.",
    )

    def __init__(self, attempts: tuple[str, ...]) -> None:
        super().__init__("; ".join(attempts))
        self.attempts = attempts


class IdentityMalformed(CardLoginError):
    """The certificate is genuine but the holder's name or number in it is not as its profile says."""

    code = "identity_malformed"
    meaning = Text("無法讀出憑證裡的持有人資料。", "The holder's data in the certificate cannot be read.")
    remedy = Text(
        "請改用其他登入方式，並聯絡本網站客服。",
        "Log in another way and contact this site's support.",
    )
