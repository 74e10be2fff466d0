"""What an answer or a code is worth: each function returns the stage that comes next, None for the new password."""

from django.db import transaction
from django.http import HttpRequest

from portal.accounts.codes import asker_of
from portal.accounts.holding import hold_rows
from portal.accounts.lockout import STRANGER
from portal.accounts.models import User
from portal.accounts.recovery_codes import use_code
from portal.accounts.sources import source_of
from portal.audit.log import record
from portal.failures import (
    ANSWER_WRONG,
    CODE_WRONG,
    NO_SECOND_PROOF,
    SAVED_CODE_WRONG,
    Failure,
    Refusal,
)
from portal.recovery import proof, steps, tries
from portal.recovery.limits import limit_sending
from portal.recovery.questions import is_answer
from portal.recovery.sending import find, right_code, send_second_proof
from portal.recovery.steps import Stage, Step, Way


def answer(request: HttpRequest, step: Step, typed: str) -> Stage | None:
    """Send the second proof for a right answer: an answer alone opens nothing (K5).

    Raises `Refusal`: recovery_tries, recovery_out_of_use, answer_wrong, rate_limited, no_second_proof.
    """
    tried = tries.spend(request, Stage.ANSWER, step.account)
    if tried.failure is not None:
        raise _refused(request, step, tried.failure)
    right, user = is_answer(step.account, typed), find(step.account)
    if not right or user is None:
        raise _refused(request, step, ANSWER_WRONG)
    tried.was_right()
    limit_sending(request, step.account)
    known = source_of(request, step.account) != STRANGER
    if send_second_proof(user, asker_of(request.session), known=known) is None:
        raise _refused(request, step, NO_SECOND_PROOF)
    steps.advance(request.session, step, Stage.CODE, user)
    return Stage.CODE


def code(request: HttpRequest, step: Step, typed: str) -> Stage | None:
    """Take the code that was sent; raises `Refusal` (code_wrong)."""
    user = _take(request, step, typed)
    if isinstance(user, Refusal):
        raise user
    if step.way is Way.SAVED_CODE:
        steps.advance(request.session, step, Stage.SAVED_CODE, user)
        return Stage.SAVED_CODE
    proof.grant(request, user, step.way)
    return None


def saved_code(request: HttpRequest, step: Step, typed: str) -> Stage | None:
    """Take the saved recovery code; raises `Refusal`: recovery_tries, recovery_out_of_use, saved_code_wrong."""
    tried = tries.spend(request, Stage.SAVED_CODE, step.account)
    if tried.failure is not None:
        raise _refused(request, step, tried.failure)
    user = find(step.account)
    with transaction.atomic():
        hold_rows(user.pk if user is not None else 0)  # no row has that number; the work is the same
        right = user is not None and use_code(user, typed)
        if user is not None and right:
            proof.grant(request, user, step.way)
    if not right:
        raise _refused(request, step, SAVED_CODE_WRONG)
    tried.was_right()
    return None


def _take(request: HttpRequest, step: Step, typed: str) -> User | Refusal:
    # Together, so that a wrong code costs one commit whether the name has an account (and a try less) or not.
    with transaction.atomic():
        return right_code(request, step, typed) or _refused(request, step, CODE_WRONG)


def _refused(request: HttpRequest, step: Step, failure: Failure) -> Refusal:
    known = User.objects.filter(username=step.account).values_list("pk", flat=True).first()
    record(
        f"reset_{step.way.value}", failure.code, account=known, typed=step.account, request=request,
        method=step.stage.value,
    )  # fmt: skip
    return Refusal(failure)
