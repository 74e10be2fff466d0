"""The one saved recovery code of an account, which takes the place of the old security question (K5, `modern`)."""

import base64
import secrets

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone

from cardlogin_server.identity.identifiers.normal_form import normal_form
from portal.accounts.holding import hold_rows
from portal.accounts.models import Person, User
from portal.audit.log import record
from portal.messages.sending import send_mail

_BYTES = 10  # 80 bits, sixteen characters of base32
_GROUP = 4
# Digits that base32 leaves out, as people read them from a handwritten note.
_MISREAD = str.maketrans("018", "OIB")
_LONGEST = 64


def fresh_text() -> str:
    """Return sixteen random characters (A–Z, 2–7) in groups of four; nothing is kept of them yet."""
    text = base64.b32encode(secrets.token_bytes(_BYTES)).decode()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def hash_of(text: str) -> str:
    """Return what is kept of a code: a salted, slow hash of its normal form."""
    return make_password(_normal(text))


def new_code(user: User) -> str:
    """Return a new code to be shown once; it replaces the one before."""
    text = fresh_text()
    kept = {"recovery_code_hash": hash_of(text), "code_since": timezone.now()}  # slow, so before the transaction
    with transaction.atomic():
        hold_rows(user.pk)
        Person.objects.update_or_create(user=user, defaults=kept)
        record("recovery_code_issued", account=user.pk)
    return text


def use_code(user: User, text: str) -> bool:
    """Return whether this is the account's code, and use it up: the caller then shows a `new_code`.

    Blanks, hyphens, case and the digits 0, 1 and 8 (read as O, I and B) do not matter. An account without a code takes
    as long as one with another code. Many at once: one of them gets True.
    """
    kept = Person.objects.filter(user=user).values_list("recovery_code_hash", flat=True).first() or ""
    typed = _normal(text[:_LONGEST])
    if not kept:
        make_password(typed)
        return False
    if not check_password(typed, kept):
        return False
    return Person.objects.filter(user=user, recovery_code_hash=kept).update(recovery_code_hash="") == 1


def drop_code(user: User) -> None:
    """Take the code away."""
    if Person.objects.filter(user=user).exclude(recovery_code_hash="").update(recovery_code_hash=""):
        record("recovery_code_removed", account=user.pk)
        send_mail(user.email, user.language, "member_recovery_code", name=user.name)


def _normal(text: str) -> str:
    return normal_form(text).translate(_MISREAD)
