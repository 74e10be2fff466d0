"""Accounts that were registered and never confirmed: forgotten after a while, so that their names are free again."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import IssuedCode, User
from portal.audit.log import record
from portal.policy import policy
from portal.registration.confirmation import is_waiting


def forget_unconfirmed(grace: timedelta) -> int:
    """Delete accounts whose confirmation link ended longer than `grace` ago; returns how many.

    Card and ID number of such an account are free again, too. An account that is confirmed meanwhile stays: each one is
    looked at once more under its lock.
    """
    limit = timezone.now() - grace
    oldest = limit - policy().confirm_within
    numbers = User.objects.filter(is_active=False, date_joined__lt=oldest).values_list("pk", flat=True)
    return sum(_forget(number, limit) for number in list(numbers))


def _forget(number: int, limit: object) -> bool:
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=number).first()
        if user is None or not is_waiting(user):
            return False
        # Sent again later: the newest link counts.
        if IssuedCode.objects.filter(user=user, expires__gte=limit).exists():
            return False
        user.delete()
        record("forget_unconfirmed", account=number)
        return True
