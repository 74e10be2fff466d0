"""兩階段驗證: codes of an authenticator app (TOTP, RFC 6238) after the password, and ten recovery codes.

The one place that reaches into allauth.mfa: its flows ask for a proof and send mails of their own.
"""

import base64
import time

import qrcode
from allauth.account.authentication import get_authentication_records
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString, mark_safe
from qrcode.image.svg import SvgPathFillImage
from typing_extensions import override

from portal.accounts import epoch
from portal.accounts.epoch import stamp
from portal.accounts.fresh import Factor, has_second_factor, prove
from portal.accounts.holding import hold_rows
from portal.accounts.lockout import Kind, right
from portal.accounts.models import User
from portal.audit.log import record
from portal.failures import SECOND_FACTOR_WRONG, Refusal
from portal.messages.sending import send_mail
from portal.sealing import seal, unseal

_SECRET = "second_factor_secret"  # noqa: S105  # the session's key, not a secret
_STAMP = "stamp"
_CONTEXT = "allauth.mfa"
_STEP = "last_step"
_PERIOD = 30  # seconds; hotp_value and the apps agree on it


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
    """Asks for the code after a password; a card with its PIN is two factors already.

    Not so a card by the old component's answer: a site elsewhere may have had it signed, as it may have got a password.
    """

    @override
    def _should_handle(self, request: HttpRequest) -> bool:
        records = get_authentication_records(request, self.login.user)
        by_card = bool(records) and records[-1]["method"] == "card" and not records[-1].get("old_way")
        return not by_card and bool(super()._should_handle(request))

    @override
    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Wait for the code, in the account's present epoch only."""
        response, cont = super().handle()
        if response is not None:
            self.state[_STAMP] = stamp(self.login.user)
        return response, cont

    @property
    def still_waits(self) -> bool:
        """Whether the account is open, and nothing has happened since that makes the password given worthless."""
        user = self.login.user
        return isinstance(user, User) and user.is_active and self.state.get(_STAMP) == stamp(user)


def offered_secret(request: HttpRequest, user: User) -> str:
    """The secret (base32, 160 bits) offered to this session's authenticator app, the same until it is used."""
    sealed = epoch.kept(request, user, _SECRET)
    if sealed is None:
        sealed = get_adapter().encrypt(generate_totp_secret())
        epoch.keep(request, user, _SECRET, sealed)
    secret: str = get_adapter().decrypt(sealed)
    return secret


def take_code(user: User, code: str) -> Authenticator | None:
    """The authenticator whose code this is, now used up: the app's, or one of the recovery codes; None for any other.

    Beside the present half-minute's code the one before and the one after count (RFC 6238, 5.2). None counts a second
    time, and none that is older than the last one taken: the number of its step is kept. Many at once: one is taken.
    """
    with transaction.atomic():
        hold_rows(user.pk)
        for one in Authenticator.objects.select_for_update().filter(user=user).order_by("pk"):
            is_app = one.type == Authenticator.Type.TOTP
            if _take_step(one, code) if is_app else one.wrap().validate_code(code):
                return one
    return None


def _take_step(app: Authenticator, code: str) -> bool:
    secret, now = get_adapter().decrypt(app.data["secret"]), int(time.time()) // _PERIOD
    for step in range(max(now - 1, app.data.get(_STEP, 0) + 1), now + 2):
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            app.data[_STEP] = step
            app.save(update_fields=["data"])
            return True
    return False


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
        epoch.hold(user)  # so a button pressed twice does its work once, too
        if has_second_factor(user):
            return  # sent twice
        if not _take_step(TOTP.activate(user, offered_secret(request, user)).instance, code):
            raise Refusal(SECOND_FACTOR_WRONG)
        RecoveryCodes.activate(user)
        right(user.username, kind=Kind.SECOND_FACTOR)  # guessed at for another secret
        record("second_factor_on", account=user.pk, request=request)
        send_mail(user.email, user.language, "member_second_factor_on", name=user.name)
    request.session.pop(_SECRET, None)
    prove(request, user, Factor.CODE)


def deactivate(request: HttpRequest, user: User) -> None:
    """Ask for no code any more; the recovery codes go with it, and the holder is told by mail."""
    with transaction.atomic():
        epoch.hold(user)
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
        epoch.hold(user)  # so a button pressed twice does its work once, too
        Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
        RecoveryCodes.activate(user)
        record("second_factor_codes", account=user.pk, request=request)
        send_mail(user.email, user.language, "member_second_factor_codes", name=user.name)
