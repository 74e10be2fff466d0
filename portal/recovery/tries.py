"""Few tries for answers and saved codes: counted for account names, whether they exist or not."""

from django.db.models import F
from django.utils import timezone

from portal.accounts.models import PasswordTries
from portal.policy import policy
from portal.recovery.steps import Stage
from portal.sealing import index


def spend(stage: Stage, account: str) -> bool:
    """Count a try before it is looked at; False, and nothing is counted, when there is none left.

    They come back when none was made for as long as wrong passwords are remembered.
    """
    now = timezone.now()
    rows = PasswordTries.objects.filter(subject=_subject(stage, account))
    rows.filter(last_wrong__lte=now - policy().lock_out.forget_after).delete()
    PasswordTries.objects.get_or_create(subject=_subject(stage, account), defaults={"last_wrong": now})
    left = rows.filter(wrong__lt=policy().recovery_tries)
    return left.update(wrong=F("wrong") + 1, last_wrong=now) == 1


def forget(account: str) -> None:
    """Give every try back: the holder proved to be there."""
    PasswordTries.objects.filter(subject__in=[_subject(stage, account) for stage in Stage]).delete()


def _subject(stage: Stage, account: str) -> str:
    return index(account.strip().lower(), f"recovery tries {stage.value}")
