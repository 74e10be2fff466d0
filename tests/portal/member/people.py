"""What a member does in these tests."""

import time
from datetime import timedelta
from typing import Any

import time_machine
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from portal.audit.models import AuditEvent
from tests.portal.conftest import PASSWORD
from tests.stand.waiting import wait_until

NEW = "kq8#vlom2Xyz9Ab"  # fifteen characters: right under both profiles


def log_in(client: Client, password: str = PASSWORD, account: str = "wang0001") -> Any:
    """Log in by password; the answer to the form."""
    return client.post("/accounts/login/", {"login": account, "password": password})


def told(answer: Any) -> str:
    """What the page says was done, or the code of its failure."""
    text = answer.content.decode()
    for mark in ('data-done="', 'data-code="'):
        if mark in text:
            return str(text.split(mark, 1)[1].split('"', 1)[0])
    return ""


def part(answer: Any, mark: str) -> str:
    """The text of the element with that id, up to the end of its `dd`, `li` or `section`."""
    text = answer.content.decode().split(f'id="{mark}"', 1)[1].split(">", 1)[1]
    return strip_tags(text.split("</dd>", 1)[0].split("</section>", 1)[0]).strip()


def audited(action: str) -> list[str]:
    """The codes that the audit log has for an action, in order."""
    return list(AuditEvent.objects.filter(action=action).order_by("pk").values_list("code", flat=True))


def later(**times: float) -> Any:
    """A while later, as a context."""
    return time_machine.travel(timezone.now() + timedelta(**times))


def half_minutes_later(count: int) -> Any:
    """So many half-minutes later, as a context in which the clock stands still, so that no code grows old."""
    return time_machine.travel((int(time.time()) // 30 + count) * 30, tick=False)


def totp_to_type(secret: str) -> str:
    """The code that an app shows, once it lasts long enough to be typed; as a person would wait for the next one."""
    wait_until(lambda: time.time() % 30 < 10)
    return totp(secret)


def totp(secret: str, steps: int = 0) -> str:
    """The code that an app shows for a secret (base32), `steps` half-minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))
