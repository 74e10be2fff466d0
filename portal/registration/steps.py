"""The five steps and how they are numbered (C01)."""

from enum import StrEnum

from portal.registration.draft import Draft


class Step(StrEnum):
    """What a step is about."""

    ACCOUNT = "account"
    BASIC = "basic"
    ADVANCED = "advanced"
    RESCUE = "rescue"
    CAPTCHA = "captcha"
    CONSENT = "consent"
    LAST = "last"


TITLES = {
    Step.ACCOUNT: ("帳號和密碼", "Account and password"),
    Step.BASIC: ("基本資料", "Basic data"),
    Step.ADVANCED: ("進階資料提供", "Advanced data"),
    Step.RESCUE: ("忘記密碼救援選項", "If you forget your password"),
    Step.CAPTCHA: ("註冊確認（圖像驗證碼）", "Confirmation (picture)"),
    Step.CONSENT: ("您同意嗎？", "Do you agree?"),
    Step.LAST: ("註冊確認", "Confirmation"),
}
_PLAIN = (Step.ACCOUNT, Step.BASIC, Step.RESCUE, Step.CAPTCHA, Step.CONSENT)
_ADVANCED = (Step.ACCOUNT, Step.BASIC, Step.ADVANCED, Step.RESCUE, Step.LAST)


def steps(draft: Draft) -> tuple[Step, ...]:
    """The five steps of this registration, in order."""
    return _ADVANCED if draft.advanced else _PLAIN


def step(draft: Draft) -> Step:
    """The step a registration has come to; raises IndexError when all are done."""
    return steps(draft)[draft.step - 1]
