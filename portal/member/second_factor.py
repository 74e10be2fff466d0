"""兩階段驗證: codes of an authenticator app (TOTP, RFC 6238) after the password, and ten recovery codes.

The one place that reaches into allauth.mfa: its flows ask for a proof and send mails of their own.
"""

import base64

import qrcode
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from qrcode.image.svg import SvgPathFillImage
from typing_extensions import override

from portal.accounts.lockout import Kind, right
from portal.accounts.models import User
from portal.audit.log import record
from portal.failures import SECOND_FACTOR_WRONG, Refusal
from portal.messages.sending import send_mail
from portal.sealing import seal, unseal

_SECRET = "second_factor_secret"  # noqa: S105  # the session's key, not a secret
_CONTEXT = "allauth.mfa"


class SealedMfa(DefaultMFAAdapter):  # type: ignore[misc]
    """What allauth.mfa keeps is encrypted."""

    @override
    def encrypt(self, text: str) -> str:
        """Return the text sealed."""
        return base64.b64encode(seal(text, _CONTEXT)).decode()

    @override
    def decrypt(self, encrypted_text: str) -> str:
        """Return what was sealed; raises SealBroken."""
        return unseal(base64.b64decode(encrypted_text), _CONTEXT)

    @override
    def get_totp_label(self, user: User) -> str:
        """Return the account's name, which an authenticator app shows."""
        return user.username


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]
    """Asks for the code after a password; a card with its PIN is two factors already."""

    @override
    def _should_handle(self, request: HttpRequest) -> bool:
        records = get_authentication_records(request, self.login.user)
        by_card = bool(records) and records[-1]["method"] == "card"
        return not by_card and bool(super()._should_handle(request))


def is_on(user: User) -> bool:
    """Whether the account asks for a code after the password."""
    return bool(get_adapter().is_mfa_enabled(user, [Authenticator.Type.TOTP]))


def offered_secret(request: HttpRequest) -> str:
    """The secret (base32, 160 bits) offered to this session's authenticator app, the same until it is used."""
    kept = request.session.get(_SECRET)
    if kept is None:
        kept = request.session[_SECRET] = get_adapter().encrypt(generate_totp_secret())
    secret: str = get_adapter().decrypt(kept)
    return secret


def picture(user: User, secret: str) -> SafeString:
    """The secret as a QR code: an `svg` element, black on white, without a word or a style in it."""
    code = qrcode.make(get_adapter().build_totp_url(user, secret), image_factory=SvgPathFillImage)
    # Made of squares alone, by the library; nothing that anybody has typed is in it.
    drawn: str = code.to_string(encoding="unicode")
    return mark_safe(drawn)  # noqa: S308


def activate(request: HttpRequest, user: User, code: str) -> None:
    """Ask for a code from now on, if `code` is the one of the offered secret; recovery codes come with it.

    Raises `Refusal` (second_factor_wrong). The code is used up: it does not log anybody in.
    """
    with transaction.atomic():
        _hold(user)
        if is_on(user):
            return  # sent twice
        if not TOTP.activate(user, offered_secret(request)).validate_code(code):
            raise Refusal(SECOND_FACTOR_WRONG)
        RecoveryCodes.activate(user)
        right(user.username, kind=Kind.SECOND_FACTOR)  # guessed at for another secret
        record("second_factor_on", account=user.pk, request=request)
        send_mail(user.email, user.language, "member_second_factor_on", name=user.name)
    request.session.pop(_SECRET, None)


def deactivate(request: HttpRequest, user: User) -> None:
    """Ask for no code any more; the recovery codes go with it, and the holder is told by mail."""
    with transaction.atomic():
        if Authenticator.objects.filter(user=user).delete()[0]:
            record("second_factor_off", account=user.pk, request=request)
            send_mail(user.email, user.language, "member_second_factor_off", name=user.name)


def unused_codes(user: User) -> list[str]:
    """The recovery codes that are left."""
    kept = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    codes: list[str] = kept.wrap().get_unused_codes() if kept is not None else []
    return codes


def new_codes(request: HttpRequest, user: User) -> None:
    """Replace the recovery codes by ten others."""
    with transaction.atomic():
        _hold(user)
        Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
        RecoveryCodes.activate(user)
        record("second_factor_codes", account=user.pk, request=request)
        send_mail(user.email, user.language, "member_second_factor_codes", name=user.name)


def _hold(user: User) -> None:
    # The account's row, until the transaction ends: a button pressed twice does its work once.
    User.objects.select_for_update().get(pk=user.pk)
