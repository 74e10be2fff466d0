"""Hands over what waits, one message at a time; any number of senders may do so at once.

A message is handed over at least once: a sender that is killed between handing over and noting it leaves the message
to be sent again when its `LEASE` is over. In every other case it is sent once.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from portal.messages import jobs
from portal.messages.gateway import gateway
from portal.messages.models import QueuedMessage
from portal.sealing import SealBroken

State, Channel = QueuedMessage.State, QueuedMessage.Channel
LEASE = timedelta(minutes=2)
"""How long a message belongs to the sender that took it; handing over must not take as long."""
_MINUTE = timedelta(minutes=1)
WAITS = (_MINUTE / 12, _MINUTE / 2, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, 60 * _MINUTE)
"""After the 1st, 2nd, … failure; the last one repeats."""
GIVE_UP = timedelta(hours=24)
Watch = Callable[[], AbstractContextManager[object]]
"""Ends what takes too long by raising an exception."""
_log = logging.getLogger("portal.messages")


def send_one(watch: Watch = nullcontext) -> bool:
    """Take one message that is due and hand it over under `watch`; False when none is due."""
    row = _take()
    if row is None:
        return False
    if row.expires is not None and row.expires <= timezone.now():
        _end(row, State.EXPIRED)
        return True
    try:
        _hand_over(row, watch)
    except SealBroken:
        _log.error("%s: cannot be opened", row)
        _end(row, State.DEAD)
    except Exception as error:  # whatever it is, the others must leave all the same
        _log.error("%s %s: %s", row.channel, row.name, type(error).__name__)
        _put_back(row)
    return True


def send_all(watch: Watch = nullcontext) -> int:
    """Hand over everything that is due; returns how many that were."""
    count = 0
    while send_one(watch):
        count += 1
    return count


def forget_old(kept: timedelta) -> int:
    """Delete what ended longer than `kept` ago, dead letters among it; returns how many."""
    return QueuedMessage.objects.filter(ended__lt=timezone.now() - kept).delete()[0]


def _take() -> QueuedMessage | None:
    """A due message that nobody else has, now this sender's for `LEASE`."""
    while True:
        now = timezone.now()
        due = QueuedMessage.objects.filter(state=State.WAITING, due__lte=now).order_by("due", "pk")
        if not due.exists():  # read only: SQLite's one writer is left alone
            return None
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            row = due.first()
            if row is None:
                return None
            # Where rows cannot be locked, only the one sender whose update changes the row has taken it.
            if _still(row).update(due=now + LEASE, tries=F("tries") + 1):
                row.tries += 1
                return row


def _hand_over(row: QueuedMessage, watch: Watch) -> None:
    content = row.content()
    if row.channel == Channel.JOB:
        with transaction.atomic():  # what it writes and that it is done, together or not at all
            jobs.run(row.name, content)
            _end(row, State.SENT)
        return
    with watch():
        if row.channel == Channel.MAIL:
            # One that comes twice is known as the same by its number.
            number = {"Message-ID": f"<{row.key}@{_domain()}>"}
            EmailMessage(content["subject"], content["body"], to=[content["to"]], headers=number).send()
        else:
            gateway().send(content["to"], content["body"])
    _end(row, State.SENT)


def _end(row: QueuedMessage, state: QueuedMessage.State) -> None:
    row.sealed = row.sealed if state == State.DEAD else None
    _still(row).update(state=state, ended=timezone.now(), sealed=row.sealed)


def _put_back(row: QueuedMessage) -> None:
    now = timezone.now()
    again = now + WAITS[min(row.tries, len(WAITS)) - 1]
    if again - row.created > GIVE_UP:
        _log.error("%s: given up after %s tries", row, row.tries)
        _end(row, State.DEAD)
        return
    _still(row).update(due=again)


def _still(row: QueuedMessage) -> QuerySet[QueuedMessage]:
    return QueuedMessage.objects.filter(pk=row.pk, state=State.WAITING, tries=row.tries)


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
