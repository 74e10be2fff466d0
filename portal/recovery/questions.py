"""Which password question is shown for a name, and whether an answer is right (K5, egov-compat)."""

from portal.accounts.answers import QUESTIONS, answer_fits
from portal.accounts.models import Kind, Person
from portal.recovery.rescue_data import is_young
from portal.sealing import index


def question_for(account: str) -> str:
    """The account's own question in the language in use, or one from the list that is always the same for this name.

    A name without an account, or without a question, so looks like any other (ASVS 6.3.8); so does one whose question
    was changed lately and does not serve yet.
    """
    kept = _in_use(account)
    own = dict(QUESTIONS).get(kept.question) if kept and kept.answer_hash else None
    return str(own or QUESTIONS[int(index(account, "question")[:12], 16) % len(QUESTIONS)][1])


def is_answer(account: str, text: str) -> bool:
    """Whether this is the answer of the account's holder; for a name without one the same work is done for nothing."""
    kept = _in_use(account)
    return answer_fits(text, kept.answer_hash if kept else "")


def _in_use(account: str) -> Person | None:
    kept = Person.objects.filter(user__username=account, user__is_active=True, user__kind=Kind.PERSON).first()
    return None if kept is None or is_young(kept.question_since) else kept
