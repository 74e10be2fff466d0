"""The account."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from typing_extensions import override

account_name = RegexValidator(
    r"\A[A-Za-z][A-Za-z0-9]{4,14}\Z",
    "帳號須為 5 至 15 個英數字，並以英文字母開頭。 5 to 15 letters and digits, beginning with a letter.",
)


class User(AbstractUser):
    """An account of one person: account name (kept in lower case), real name, password, active or not.

    Chinese names are one field: they have no first and last part that every reader agrees on.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = models.CharField("帳號", max_length=15, unique=True, validators=[account_name])
    name = models.CharField("姓名", max_length=64)

    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    @override
    def get_full_name(self) -> str:
        """Return the name as registered."""
        return self.name

    @override
    def get_short_name(self) -> str:
        """Return the name as registered."""
        return self.name
