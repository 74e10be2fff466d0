"""How much one mail address or telephone number may get, whoever asks for it, from however many accounts.

Three kinds. What somebody *asked for* (codes, links, names) counts together, over all accounts, purposes and pages.
*Warnings* that a stranger's try sets off count each for itself, so that no flood of another kind holds one back.
*Notices* of what happened to an account are never held back from a recipient who proved to have the address; a code or
a link was sent there and came back. To one that somebody only typed they count each for itself.
"""

from datetime import timedelta
from typing import NamedTuple

from django.db.models import F
from django.utils import timezone

from portal.messages.models import QueuedMessage, RecipientCount
from portal.sealing import index

Channel = QueuedMessage.Channel


class Limit(NamedTuple):
    """The most in an hour and in a day, from the first message on."""

    hour: int
    day: int


# Who is inside may use a little more than strangers, so that these cannot use it up for a member.
ASKED: dict[tuple[Channel, str], Limit] = {
    (Channel.TEXT, "recovery_code"): Limit(5, 10),
    (Channel.TEXT, "member_mobile_code"): Limit(8, 15),
    (Channel.MAIL, "recovery_code"): Limit(10, 20),
    (Channel.MAIL, "recovery_account"): Limit(10, 20),
    (Channel.MAIL, "confirm"): Limit(10, 20),
    (Channel.MAIL, "confirm_change"): Limit(15, 30),
}
# A browser that the holder of the account has used before is as good as one inside.
KNOWN = {Channel.TEXT: Limit(8, 15), Channel.MAIL: Limit(15, 30)}
WARNINGS = frozenset({"mail_in_use", "id_number_used", "registration_in_use"})
EACH_WARNING = Limit(3, 5)
EACH_NOTICE = Limit(5, 10)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def spend(channel: Channel, name: str, recipient: str, *, proved: bool, known: bool = False) -> bool:
    """Count one message `name` to a recipient; False, and nothing is counted, when there were enough of its kind.

    `proved`: a code or link that was sent there came back. `known`: a browser has asked that its holder has used.
    """
    asked = ASKED.get((channel, name))
    if asked is not None:
        return _count(f"{channel} asked {recipient}", KNOWN[channel] if known else asked)
    if name in WARNINGS:
        return _count(f"{channel} {name} {recipient}", EACH_WARNING)
    return proved or _count(f"{channel} {name} {recipient}", EACH_NOTICE)


def forget_old() -> int:
    """Delete the counts whose day is over; returns how many."""
    return RecipientCount.objects.filter(day__lt=timezone.now() - _DAY).delete()[0]


def _count(what: str, limit: Limit) -> bool:
    now = timezone.now()
    subject = index(what, "message count")
    # The same statements whether the recipient was ever written to or not.
    RecipientCount.objects.bulk_create([RecipientCount(subject=subject, hour=now, day=now)], ignore_conflicts=True)
    rows = RecipientCount.objects.filter(subject=subject)
    rows.filter(hour__lte=now - _HOUR).update(hour=now, in_hour=0)
    rows.filter(day__lte=now - _DAY).update(day=now, in_day=0)
    # Looked at and counted in one statement: several at once do not pass together.
    left = rows.filter(in_hour__lt=limit.hour, in_day__lt=limit.day)
    return left.update(in_hour=F("in_hour") + 1, in_day=F("in_day") + 1) == 1
