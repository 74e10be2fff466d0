"""The account and the person behind it."""

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from portal.sealing import index, seal, unseal

account_name = RegexValidator(
    r"\A[A-Za-z][A-Za-z0-9]{4,14}\Z",
    _("An account name has 5 to 15 letters and digits and begins with a letter."),
)


class Kind(models.TextChoices):
    """Whose account it is. A company's is opened by its cards and by nothing else (portal.accounts.kinds)."""

    PERSON = "person"
    COMPANY = "company"


class User(AbstractUser):
    """An account of one person or company: account name (kept in lower case), real name, mail, password.

    `kind` is set when the account is made and never changes: another kind raises TypeError.

    Whether the mail address is confirmed is kept in allauth's EmailAddress.

    `is_active` is False until the account is activated (F026). A lock after wrong passwords is not kept here: it
    never stands in the way of a card (portal.accounts.lockout). Chinese names are one field: they have no first and
    last part that every reader agrees on.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = models.CharField(max_length=15, unique=True, validators=[account_name])
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PERSON)
    name = models.CharField(max_length=64)
    nickname = models.CharField(max_length=30, blank=True)
    password_policy = models.CharField(max_length=20, blank=True)  # Policy.version the password was set under
    official_wanted = models.BooleanField(default=False)  # 申請公務帳號 was chosen at registration
    certificate_only = models.BooleanField(default=False)  # made by a card alone (F134); may be merged once
    delete_after = models.DateTimeField(null=True, blank=True)  # end of the grace time of a deletion
    epoch = models.PositiveIntegerField(default=0)  # only portal.accounts.epoch changes it
    not_invited_under = models.CharField(max_length=20, blank=True)  # Policy.version: asked not to be invited again
    language = models.CharField(max_length=20, blank=True)  # of mails and text messages, as Django names it; or unknown
    _stored_kind: str | None = None

    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta(AbstractUser.Meta):
        """What the database itself refuses; an unusable password begins with "!" (Django)."""

        constraints: ClassVar[list[models.BaseConstraint] | tuple[models.BaseConstraint, ...]] = [
            models.CheckConstraint(name="known_kind", condition=models.Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="company_has_cards_only",
                condition=models.Q(kind=Kind.PERSON) | models.Q(certificate_only=True, password__startswith="!"),  # noqa: S106
            ),
        ]

    @classmethod
    @override
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any) -> Self:
        """Remember the kind as it is stored."""
        user = super().from_db(db, field_names, values, **options)
        user._stored_kind = user.__dict__.get("kind")
        return user

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the account; raise TypeError for one that changes its kind."""
        if self._stored_kind not in (None, self.kind):
            raise TypeError("the kind of an account never changes")
        super().save(*args, **kwargs)
        self._stored_kind = self.kind

    @property
    def is_company(self) -> bool:
        """Whether the account is a company's."""
        return self.kind == Kind.COMPANY

    @override
    def get_full_name(self) -> str:
        """Return the name as registered."""
        return self.name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's own hook: a session goes on as long as this stays the same.
        text = f"{self.epoch} {self.password}"
        return salted_hmac("portal.accounts.User.session", text, secret=secret, algorithm="sha256").hexdigest()

    @override
    def get_short_name(self) -> str:
        """Return the name as registered."""
        return self.name


class IdKind(models.TextChoices):
    """Which number identifies the person."""

    NATIONAL = "national", _("National ID number")
    RESIDENT = "resident", _("Resident number")
    PASSPORT = "passport", _("Passport number")


class Gender(models.TextChoices):
    """F046."""

    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


class Person(models.Model):
    """What an account holder has told beyond the basic data; all of it may be missing (K18).

    The ID number is encrypted. `id_index` finds it and says that this account holds it: one number is held by one
    account, whatever others have typed. Typed, held and proven: portal.accounts.id_numbers.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person")
    birthday = models.DateField(null=True, blank=True)
    id_kind = models.CharField(max_length=8, choices=IdKind, blank=True)
    id_sealed = models.BinaryField(null=True, blank=True)
    id_index = models.CharField(max_length=64, unique=True, null=True, blank=True)
    id_proven = models.BooleanField(default=False)
    gender = models.CharField(max_length=6, choices=Gender, blank=True)
    county = models.CharField(max_length=3, blank=True)
    postcode = models.CharField(max_length=6, blank=True)
    address = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=11, blank=True)
    extension = models.CharField(max_length=6, blank=True)
    rescue_mobile = models.CharField(max_length=10, blank=True)
    mobile_confirmed = models.BooleanField(default=False)  # a code that was sent there has come back
    mobile_since = models.DateTimeField(null=True, blank=True)  # these three: changed then; None at the registration
    question = models.CharField(max_length=60, blank=True)
    question_since = models.DateTimeField(null=True, blank=True)
    answer_hash = models.CharField(max_length=128, blank=True)  # Argon2 of the normalised answer
    recovery_code_hash = models.CharField(max_length=128, blank=True)  # Argon2 of the one saved code
    code_since = models.DateTimeField(null=True, blank=True)

    @override
    def __str__(self) -> str:
        """Return the row number; nothing of the person."""
        return f"person {self.pk}"

    def note_id_number(self, kind: IdKind, number: str) -> None:
        """Keep an ID number in its normal form, as typed and not held; the row must know its user."""
        self.id_kind = kind
        self.id_sealed = seal(number, self._id_context())
        self.id_index, self.id_proven = None, False

    def set_id_number(self, kind: IdKind, number: str) -> None:
        """Keep an ID number and hold it; saving raises IntegrityError when another account holds it."""
        self.note_id_number(kind, number)
        self.id_index = self.number_index()

    def number_index(self) -> str:
        """What finds this row's ID number; raises SealBroken."""
        return _number_index(self.id_kind, self.id_number)

    @property
    def id_number(self) -> str:
        """The ID number, or an empty text; raises SealBroken for a row that was tampered with."""
        return unseal(bytes(self.id_sealed), self._id_context()) if self.id_sealed else ""

    @property
    def last_four(self) -> str:
        """The last four characters of the ID number, as a citizen's certificate holds them."""
        return self.id_number[-4:]

    @classmethod
    def with_id_number(cls, number: str, kind: str = IdKind.NATIONAL) -> "Person | None":
        """Who holds this number."""
        return cls.objects.select_related("user").filter(id_index=_number_index(kind, number)).first()

    def _id_context(self) -> str:
        return f"accounts.person.id_number {self.user_id}"


def _number_index(kind: str, number: str) -> str:
    # A passport may have the same characters as somebody's national ID. National and resident numbers share one space:
    # their second characters (1, 2 and 8, 9, A to D) never agree.
    return index(number, "passport number" if kind == IdKind.PASSPORT else "id number")


class KnownDevice(models.Model):
    """A browser in which the holder of an account has logged in; the browser keeps a random token, here is its hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices")
    token = models.CharField(max_length=64, unique=True)  # keyed hash
    since = models.DateTimeField(default=timezone.now)

    @override
    def __str__(self) -> str:
        """Return the row number."""
        return f"device {self.pk}"


class PasswordTries(models.Model):
    """Wrong tries in a row for one account name from one source, whether the account exists or not.

    `subject` is a keyed hash of name, kind and source, so that an unknown name behaves, and costs, the same. `wrong`
    is forgotten after a while, `in_all` only after success (portal.accounts.lockout).
    """

    class From(models.TextChoices):
        """Who typed it: anybody, a browser the holder has used before, or a session that is logged in."""

        STRANGER = "stranger"
        DEVICE = "device"
        SESSION = "session"

    subject = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=64, db_index=True, db_default="")  # keyed hash of the name alone
    kind = models.CharField(max_length=30, db_default="password")  # what was typed (portal.accounts.lockout.Kind)
    source = models.CharField(max_length=8, choices=From, default=From.STRANGER, db_default="stranger")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="tries")
    wrong = models.PositiveSmallIntegerField(default=0)
    in_all = models.PositiveSmallIntegerField(default=0, db_default=0)
    last_wrong = models.DateTimeField(default=timezone.now, db_index=True)
    locked = models.BooleanField(default=False)
    locked_until = models.DateTimeField(null=True, blank=True)

    @override
    def __str__(self) -> str:
        """Return the row number."""
        return f"tries {self.pk}"


class IssuedCode(models.Model):
    """A code that was sent to a person: one purpose, one use, few tries, short life; only its keyed hash is kept."""

    class Channel(models.TextChoices):
        """Where it was sent."""

        MAIL = "mail"
        TEXT = "text"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="codes")
    purpose = models.CharField(max_length=20)
    channel = models.CharField(max_length=4, choices=Channel)
    link = models.CharField(max_length=64, unique=True)  # keyed hash of the token in the link
    code = models.CharField(max_length=64)  # keyed hash of the code that is typed
    # Keyed hash of the session that asked and alone may type it; empty where it may be typed in another.
    asker = models.CharField(max_length=64, blank=True, db_default="")
    recipient = models.CharField(max_length=254)
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    tries_left = models.PositiveSmallIntegerField()
    used = models.DateTimeField(null=True, blank=True)

    @override
    def __str__(self) -> str:
        """Return purpose and row number."""
        return f"{self.purpose} code {self.pk}"
