"""Which password question is shown for a name, and whether an answer is right (K5, egov-compat)."""

from portal.accounts.answers import QUESTIONS, answer_fits
from portal.accounts.models import Kind, Person
from portal.sealing import index


def question_for(account: str) -> str:
    """The account's own question in the language in use, or one from the list that is always the same for this name.

    A name without an account, or without a question, so looks like any other (ASVS 6.3.8).
    """
    kept = Person.objects.filter(
        user__username=account, user__is_active=True, user__kind=Kind.PERSON, answer_hash__gt=""
    )
    own = dict(QUESTIONS).get(kept.values_list("question", flat=True).first() or "")
    return str(own or QUESTIONS[int(index(account, "question")[:12], 16) % len(QUESTIONS)][1])


def is_answer(account: str, text: str) -> bool:
    """Whether this is the answer of the account's holder; for a name without one the same work is done for nothing."""
    kept = Person.objects.filter(user__username=account, user__is_active=True, user__kind=Kind.PERSON).values_list(
        "answer_hash", flat=True
    )
    return answer_fits(text, kept.first() or "")
