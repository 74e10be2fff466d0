"""What the card does for an account: activates it, unlocks it, lets its holder set a new password."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest

from cardlogin_server import Identity, Purpose
from portal.accounts import lockout
from portal.accounts.holding import hold_rows
from portal.accounts.models import User
from portal.audit.log import record
from portal.cards import renewal
from portal.cards.proof import proof_of_card
from portal.failures import ACCOUNT_CLOSED, ACCOUNT_NOT_ACTIVATED, RECOVERY_REFUSED, Refusal
from portal.messages.sending import send_mail
from portal.recovery import proof
from portal.recovery.ownership import has_card, holds
from portal.recovery.steps import Way
from portal.registration.activation import settle


def by_card(request: HttpRequest, way: Way, account: str) -> None:
    """Do what `way` says for an account whose holder's card signed for it; every outcome leaves one audit line.

    Raises `Refusal`: those of `proof_of_card`; recovery_refused, the same for an unknown account and another person's;
    account_not_activated, account_closed and id_number_proven, which only the holder gets to know.
    """
    try:
        identity = proof_of_card(request, Purpose(way.value))
        held = holds(identity, account)
        if held is None:
            raise Refusal(RECOVERY_REFUSED)
        with transaction.atomic():
            hold_rows(held.user.pk)
            if held.binding is not None:
                renewal.use(held.binding, identity, request, confirmed=True)
            _DO[way](request, held.user, identity)
    except Refusal as refusal:
        known = User.objects.filter(username=account).values_list("pk", flat=True).first()
        record(way.value, refusal.failure.code, account=known, typed=account, request=request, method="card")
        raise


def _activate(request: HttpRequest, user: User, identity: Identity) -> None:
    if user.is_active:
        _lift(request, user, Way.ACTIVATE)
        return
    if not _awaits_activation(user):
        raise Refusal(ACCOUNT_CLOSED)
    with transaction.atomic():
        # One of several requests at once activates; the mail address stays as unconfirmed as it was.
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            user.is_active = True
            # A card that the account does not have was let in because the confirmer said yes to its number.
            settle(user, proven=not has_card(user, identity))
            record(Way.ACTIVATE.value, account=user.pk, request=request, method="card")
            _tell(user, "recovery_activated")


def _unlock(request: HttpRequest, user: User, _identity: Identity) -> None:
    _must_be_active(user)
    _lift(request, user, Way.UNLOCK)


def _reset(request: HttpRequest, user: User, _identity: Identity) -> None:
    _must_be_active(user)
    proof.grant(request, user, Way.RESET)


_DO = {Way.ACTIVATE: _activate, Way.UNLOCK: _unlock, Way.RESET: _reset}


def _lift(request: HttpRequest, user: User, way: Way) -> None:
    with transaction.atomic():
        stands = lockout.standing(user.username)
        lockout.lift(user.username, second_factor=True)
        record(way.value, account=user.pk, request=request, method="card")
        if stands.locked or stands.out_of_use:
            _tell(user, "recovery_unlocked")


def _must_be_active(user: User) -> None:
    if not user.is_active:
        raise Refusal(ACCOUNT_NOT_ACTIVATED if _awaits_activation(user) else ACCOUNT_CLOSED)


def _awaits_activation(user: User) -> bool:
    """Whether the account was never open: one that was closed later is not opened by its card."""
    used = user.last_login is not None or EmailAddress.objects.filter(user=user, verified=True).exists()
    return not used and user.delete_after is None and not user.certificate_only


def _tell(user: User, mail: str) -> None:
    if user.email:
        send_mail(user.email, user.language, mail, name=user.name)
