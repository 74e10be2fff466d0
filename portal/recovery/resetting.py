"""A new password in place of one that was forgotten, by whoever holds a proof."""

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest

from portal.accounts import devices, epoch, lockout
from portal.accounts.models import Kind, Person, User
from portal.accounts.passwords import normal_password, refusals, set_password
from portal.audit.log import record
from portal.failures import PROOF_ENDED, Refusal
from portal.member.sessions import keep_this
from portal.messages.sending import send_mail, send_text
from portal.policy import policy
from portal.recovery import proof
from portal.recovery.rescue_data import drop_young
from portal.recovery.sending import usable_mobile
from portal.recovery.sessions import end_sessions, keep_sessions
from portal.recovery.steps import Way


def password_refusals(user: User, password: str) -> list[str]:
    """Why a new password is refused under the active profile, in the language in use."""
    return refusals(password, user.username, second_factor=is_mfa_enabled(user))


def reset(request: HttpRequest, user: User, way: Way, password: str, *, end_others: bool) -> list[str]:
    """Set the password with the proof of this browser, which is used up; lift the lock; tell the holder.

    Nobody is logged in by it: a second factor stays on and is asked at the log-in that follows (ASVS 6.4.3). Whatever
    was half done for the account ends, rescue data that somebody changed lately fall away, and the proof lives on for
    looking through the ways in. Returns which rescue data fell away. Raises `Refusal` (proof_ended) when the password
    was changed meanwhile; `password` must have passed `password_refusals`.
    """
    proof.forget(request)
    # Asked before the change, which would make this browser's own session worthless.
    here = request.user.is_authenticated and request.user.pk == user.pk
    former, former_hash = user.password, user.get_session_auth_hash()
    set_password(user, password)  # slow on purpose, so before the transaction
    with transaction.atomic():
        _replace(user, former)
        lockout.lift(user.username)
        devices.forget(user)
        epoch.advance(user)
        dropped = drop_young(user)
        if dropped:
            record("rescue_dropped", account=user.pk, request=request, count=len(dropped))
        record("reset_password", account=user.pk, request=request, method=way.value)
        _tell(user)
        if end_others:
            if here:
                logout(request)
            record("sessions_ended", account=user.pk, request=request, count=end_sessions(user))
        else:
            keep_sessions(user, former_hash)
    if here and not end_others:
        keep_this(request, user)
    long_enough = len(normal_password(password)) >= policy().password.shortest
    proof.keep_for_review(request, user, way, long_enough=long_enough)
    return dropped


def _replace(user: User, former: str) -> None:
    # One conditional statement: of several requests with one proof, one sets its password; none in another epoch.
    same = User.objects.filter(pk=user.pk, is_active=True, kind=Kind.PERSON, password=former, epoch=user.epoch)
    if not same.update(password=user.password, password_policy=user.password_policy):
        raise Refusal(PROOF_ENDED)


def _tell(user: User) -> None:
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    for address in sorted({*confirmed, user.email} - {""}):
        send_mail(address, user.language, "recovery_password", name=user.name)
    number = usable_mobile(user)
    if number:
        proved = Person.objects.filter(user=user, mobile_confirmed=True).exists()
        send_text(number, user.language, "recovery_password", proved=proved)
