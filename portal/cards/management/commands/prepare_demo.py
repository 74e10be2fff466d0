"""Prepares the demonstration: one confirmed account with a password, bound to one card."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction
from typing_extensions import override

from cardlogin_server import CardLoginError, Identity
from portal.accounts.holding import hold_rows
from portal.accounts.models import User
from portal.accounts.passwords import set_password
from portal.audit.origin import Job
from portal.cards.models import CardBinding
from portal.cards.renewal import note_certificate
from portal.cards.verification import identity_of

_LARGEST_CERTIFICATE = 16_384


class Command(Job):
    """`python -m portal prepare_demo`: all or nothing, and nothing when all is there already."""

    help = "Create a confirmed account with a password and bind it to the card with the given certificate."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the three options."""
        parser.add_argument("--account", required=True, help="account name, 5 to 15 letters and digits")
        parser.add_argument("--password", required=True, help="password of the demonstration account")
        parser.add_argument("--certificate", required=True, type=Path, help="the card's signing certificate (DER)")

    @override
    def handle(self, *args: Any, account: str, password: str, certificate: Path, **options: Any) -> None:
        """Prepare; a `CommandError` says what is wrong and leaves the database as it was."""
        identity = _read(certificate)
        try:
            with transaction.atomic():
                user = _account(account.lower(), password, identity)
                _bind(user, identity)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"prepared {user.username}")


def _read(certificate: Path) -> Identity:
    try:
        if certificate.stat().st_size > _LARGEST_CERTIFICATE:
            raise CommandError(f"{certificate} is too large for a certificate")
        return identity_of(certificate.read_bytes())
    except OSError as error:
        raise CommandError(f"{certificate} cannot be read: {error.strerror}") from error
    except CardLoginError as error:
        raise CommandError(f"{certificate}: {error}") from error


def _account(name: str, password: str, identity: Identity) -> User:
    user = User.objects.filter(username=name).first() or User(username=name)
    if user.name != identity.holder_name or not user.check_password(password):
        user.name, user.email = identity.holder_name, f"{name}@portal.example"
        validate_password(password, user)
        set_password(user, password)
        user.full_clean()
        user.save()
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return user


def _bind(user: User, identity: Identity) -> None:
    hold_rows(user.pk)
    binding, _ = CardBinding.objects.get_or_create(
        binding_key=identity.binding_key,
        defaults={
            "user": user, "family": identity.family.value, "subject_serial": identity.subject_serial,
            "holder_name": identity.holder_name, "last_four": identity.last_four or "",
        },
    )  # fmt: skip
    if binding.user_id != user.pk:
        raise CommandError("this card is bound to another account")
    note_certificate(binding, identity)
