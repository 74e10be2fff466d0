"""Rescue data that were changed lately: they serve no reset yet, and a reset by another way takes them away.

Whoever gets into somebody's account for a while, with a password that was read over a shoulder, can set a mobile or a
question of their own there. The holder is told by mail (and the former mobile by text message) and has that long to
answer. What was given at the registration serves at once.
"""

from datetime import datetime

from django.utils import timezone

from portal.accounts.models import Person, User
from portal.policy import policy


def is_young(since: datetime | None) -> bool:
    """Whether something that is as it is since then must wait before it serves a reset (`policy().rescue_wait`)."""
    return since is not None and timezone.now() - since < policy().rescue_wait


def wait_hours() -> int:
    """How long that is, in whole hours, for pages."""
    return int(policy().rescue_wait.total_seconds() // 3600)


def drop_young(user: User) -> list[str]:
    """Take away rescue mobile, question and saved code where they are young; returns which. Inside a transaction."""
    person = Person.objects.select_for_update().filter(user=user).first()
    if person is None:
        return []
    dropped = []
    if person.rescue_mobile and is_young(person.mobile_since):
        person.rescue_mobile, person.mobile_confirmed = "", False
        dropped.append("mobile")
    if person.answer_hash and is_young(person.question_since):
        person.question = person.answer_hash = ""
        dropped.append("question")
    if person.recovery_code_hash and is_young(person.code_since):
        person.recovery_code_hash = ""
        dropped.append("code")
    person.save(update_fields=["rescue_mobile", "mobile_confirmed", "question", "answer_hash", "recovery_code_hash"])
    return dropped
