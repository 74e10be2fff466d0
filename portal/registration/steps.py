"""The five steps and how they are numbered (C01)."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

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
    Step.ACCOUNT: _("Account name and password"),
    Step.BASIC: _("Basic data"),
    Step.ADVANCED: _("Advanced data"),
    Step.RESCUE: _("Rescue options for a forgotten password"),
    Step.CAPTCHA: _("Confirmation (verification code)"),
    Step.CONSENT: _("Do you agree?"),
    Step.LAST: _("Confirmation"),
}
_PLAIN = (Step.ACCOUNT, Step.BASIC, Step.RESCUE, Step.CAPTCHA, Step.CONSENT)
_ADVANCED = (Step.ACCOUNT, Step.BASIC, Step.ADVANCED, Step.RESCUE, Step.LAST)


def steps(draft: Draft) -> tuple[Step, ...]:
    """The five steps of this registration, in order."""
    return _ADVANCED if draft.advanced else _PLAIN


def step(draft: Draft) -> Step:
    """The step a registration has come to; raises IndexError when all are done."""
    return steps(draft)[draft.step - 1]
