"""The trial: would this card log somebody in, and as whom? Nothing but a line of the audit log comes of it.

It tells no more than the log-in itself would: names only where the card would open the account there and then, and
even these masked.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cardlogin_server import Identity, Purpose
from cardlogin_server.certificates.families import Family
from portal.accounts.models import User
from portal.audit.log import record
from portal.cards import renewal
from portal.cards.flows import standing
from portal.cards.models import CardBinding
from portal.cards.proof import proof_of_card
from portal.failures import CARD_RENEWED, RATE_LIMITED, REQUEST_MALFORMED, Failure, Refusal
from portal.languages import in_words
from portal.selftest import masks
from portal.support.manual import manual

_NOT_BOUND = "account_not_bound"
_STATUS = {RATE_LIMITED.code: 429, REQUEST_MALFORMED.code: 400}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial has found: "ok", "warn" or "fail", the code where something is to be done, what the page shows."""

    sign: str
    code: str
    meaning: str
    steps: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> int:
        """The status of the answer; a card that is refused is a good answer."""
        return _STATUS.get(self.code, 200)

    def as_answer(self) -> dict[str, Any]:
        """What the page's script reads, in the language in use."""
        return asdict(self)


def try_card(request: HttpRequest) -> Outcome:
    """Verify the card that signed for a trial in this session and say what its log-in would come to; audited."""
    try:
        identity = proof_of_card(request, Purpose.TEST)
        binding = standing(identity, Family.COMPANY if identity.family is Family.COMPANY else Family.CITIZEN)
    except Refusal as refusal:
        return _noted(request, _told("fail", refusal.failure))
    if binding is None:
        return _noted(request, _not_bound(identity))
    if renewal.needs_confirmation(binding, identity):
        return _noted(request, _told("warn", CARD_RENEWED), binding)
    return _noted(request, _good(identity, binding), binding)


def _noted(request: HttpRequest, outcome: Outcome, binding: CardBinding | None = None) -> Outcome:
    account = binding.user_id if binding is not None else None
    if account is None and isinstance(request.user, User):
        account = request.user.pk
    record("trial", outcome.code or "ok", account=account, request=request, method="card")
    return outcome


def _good(identity: Identity, binding: CardBinding) -> Outcome:
    company = identity.family is Family.COMPANY
    meaning = _("This card would log the company in.") if company else _("You would be logged in with this card.")
    account = (manual().fact_name("account"), masks.account(binding.user.username))
    return Outcome("ok", "", meaning, facts=(*_facts(identity, bound=True), account))


def _not_bound(identity: Identity) -> Outcome:
    known = manual().codes[_NOT_BOUND]
    return Outcome(known.sign, _NOT_BOUND, known.said.meaning, known.said.steps, _facts(identity, bound=False))


def _facts(identity: Identity, *, bound: bool) -> tuple[tuple[str, str], ...]:
    names = manual()
    holder = (names.fact_name("holder"), masks.holder(identity.holder_name))
    return holder, (names.fact_name("bound"), _("yes") if bound else _("no"))


def _told(sign: str, failure: Failure) -> Outcome:
    """A failure with the steps of the manual, or its own remedy where that does not know the code."""
    known = manual().codes.get(failure.code)
    steps = known.said.steps if known is not None else (in_words(failure.remedy),)
    return Outcome(sign, failure.code, in_words(failure.meaning), steps)
