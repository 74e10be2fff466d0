"""What a stranger's request may set off, decided in the sender process.

A page that must not tell whether there is an account, an address or a number looks nothing up. It notes what was typed,
the same row for everybody, and the sender finds out whether a message follows: neither the answer's time nor the
number of statements depends on it.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.module_loading import import_string

from portal.audit import origin
from portal.messages.models import QueuedMessage

JOBS = {
    "recovery_code": "portal.recovery.sending.send_code",
    "account_names": "portal.recovery.account_names.send_names",
    "confirm_mail": "portal.registration.confirmation.write_confirmation",
    "resend": "portal.registration.confirmation.resend_now",
    "confirm_change": "portal.registration.change.write_change",
    "number_claimed": "portal.accounts.id_numbers.tell_holder",
}
"""By name, because a row of the table must not name any function of the program."""


def later(name: str, *, within: timedelta | None = None, **facts: str | int) -> None:
    """Have the sender do a job of `JOBS`; `within`: how long it is of use. Facts are sealed until then."""
    if name not in JOBS:
        raise ValueError(f"no job {name}")
    expires = timezone.now() + within if within is not None else None
    content = {"facts": facts, "asked_from": origin.network_address()}
    QueuedMessage.put(QueuedMessage.Channel.JOB, name, "", content, expires)


def run(name: str, content: dict[str, Any]) -> None:
    """Do a job now, as something that its request has asked for; raises whatever it raises."""
    with origin.asked_from(content["asked_from"]):
        import_string(JOBS[name])(**content["facts"])
