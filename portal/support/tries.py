"""Ten codes in any hour for one account of the desk, right or wrong: a code has 39 bits, and no more may be guessed."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from portal.accounts.holding import hold_rows
from portal.accounts.models import User
from portal.support.models import LookUp

MOST: Final = 10
WITHIN: Final = timedelta(hours=1)


def spend(user: User) -> bool:
    """Count one try; False, and nothing is counted, where there were enough within the last hour.

    Under the lock of the account's row: several at once do not pass together.
    """
    now = timezone.now()
    with transaction.atomic():
        hold_rows(user.pk)
        mine = LookUp.objects.filter(user=user)
        mine.filter(at__lte=now - WITHIN).delete()
        if mine.count() >= MOST:
            return False
        LookUp.objects.create(user=user, at=now)
    return True


def left(user: User) -> int:
    """How many tries the account has now."""
    return max(0, MOST - LookUp.objects.filter(user=user, at__gt=timezone.now() - WITHIN).count())
