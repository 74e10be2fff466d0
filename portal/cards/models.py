"""Cards tied to accounts, and every certificate seen on them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from typing_extensions import override

from cardlogin_server.certificates.families import Family
from cardlogin_server.identity.identity import LONGEST_NAME


class CardBinding(models.Model):
    """One card holder's key linked to one account; a binding key belongs to one account only.

    Name and last four characters of the ID number are as on the card; empty on a card that was bound before they were
    kept, until its next use (portal.cards.binding.bound_card).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cards")
    binding_key = models.CharField(max_length=128, unique=True)
    family = models.CharField(max_length=16)
    subject_serial = models.CharField(max_length=64)
    holder_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    nickname = models.CharField(max_length=30, blank=True)
    created = models.DateTimeField(default=timezone.now)

    @override
    def __str__(self) -> str:
        """Return family and row number; the key itself stays out of logs."""
        return f"{self.family} card {self.pk}"

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the row; raise ValueError for a card that is not of the account's kind, which never changes."""
        if self.family != (Family.COMPANY if self.user.is_company else Family.CITIZEN).value:
            raise ValueError("a card of another kind than the account")
        super().save(*args, **kwargs)

    @property
    def last_digits(self) -> str:
        """Return the last four characters of the card holder's serial number, the only part shown."""
        return self.subject_serial[-4:]

    @property
    def business_number(self) -> str:
        """Return the 統一編號 of a company's card, which is public; an empty text for a person's."""
        return self.subject_serial if self.family == Family.COMPANY.value else ""


class VerifiedCard(models.Model):
    """The right to use a card that waits in a session (portal.cards.pending): one use, one destination, short life.

    `ticket` is a keyed hash of session, card and destination; nothing of the card is in it.
    """

    ticket = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField(db_index=True)

    @override
    def __str__(self) -> str:
        """Return the row number."""
        return f"verified card {self.pk}"


class WaitingCard(models.Model):
    """A card that signed for a registration and still belongs to its holder's account opened by card only.

    It comes over when the registration is confirmed or activated, and not before.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="waiting_card")
    binding_key = models.CharField(max_length=128)
    family_name = models.CharField(max_length=16)
    subject_serial = models.CharField(max_length=64)
    holder_name = models.CharField(max_length=LONGEST_NAME)
    last_four = models.CharField(max_length=4, blank=True)
    certificate_sha256 = models.CharField(max_length=64)
    not_after = models.DateTimeField()

    @override
    def __str__(self) -> str:
        """Return family and row number."""
        return f"{self.family_name} card waiting {self.pk}"

    @property
    def family(self) -> Family:
        """The card's family."""
        return Family(self.family_name)


class CardCertificate(models.Model):
    """One certificate seen on a bound card: SHA-256 (hex), end of validity, first and last use.

    `revoked` is when its authority ended it for good, noted when somebody tries to use it after that.
    """

    binding = models.ForeignKey(CardBinding, on_delete=models.CASCADE, related_name="certificates")
    sha256 = models.CharField(max_length=64, unique=True)
    not_after = models.DateTimeField()
    first_used = models.DateTimeField()
    last_used = models.DateTimeField()
    revoked = models.DateTimeField(null=True, blank=True)

    @override
    def __str__(self) -> str:
        """Return the beginning of the thumbprint."""
        return self.sha256[:16]

    @classmethod
    def of_entry(cls, sha256: str) -> "CardCertificate | None":
        """Return the certificate a session was opened with, binding included; None if it was unbound since."""
        return cls.objects.select_related("binding").filter(sha256=sha256).first()

    @property
    def last_digits(self) -> str:
        """Return the last four characters of the card holder's serial number, the only part shown."""
        return self.binding.subject_serial[-4:]
