"""The one way to write an audit event."""

import logging

from django.http import HttpRequest

from portal.audit.models import AuditEvent
from portal.sealing import index

# What may stand beside an event. Names, numbers, mail addresses and whatever a person typed have no place here.
FACTS = frozenset({"method", "profile", "purpose", "family", "certificate", "channel", "count", "session", "by"})
_MAX_FACT = 80
_lines = logging.getLogger("portal.audit")


def record(
    action: str, code: str = "ok", *, account: int | None = None, request: HttpRequest | None = None, **facts: str | int
) -> None:
    """Add one event to the log and one line to the program's log.

    `facts` are limited to the names in `FACTS` and to 80 characters; raises ValueError for another name. In a
    transaction the row comes and goes with it, so a refusal is recorded outside of the one that is rolled back.
    """
    if not facts.keys() <= FACTS:
        raise ValueError("audit facts")
    kept = {name: value[:_MAX_FACT] if isinstance(value, str) else value for name, value in facts.items()}
    address = index(request.META.get("REMOTE_ADDR", ""), "address") if request is not None else ""
    AuditEvent.objects.create(action=action, code=code, account=account, address=address, facts=kept)
    level = logging.INFO if code == "ok" else logging.WARNING
    told = " ".join(f"{name}={value}" for name, value in kept.items())
    _lines.log(level, "%s %s code=%s account=%s", action, told, code, account if account is not None else "-")
