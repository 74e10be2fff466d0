"""Fields of Taiwan's forms: a birthday in the 民國 calendar, ID numbers, telephones, postcodes."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from cardlogin_server.identity.identifiers import account as accounts
from cardlogin_server.identity.identifiers import national_id, resident_id, roc_calendar
from cardlogin_server.identity.identifiers.normal_form import normal_form
from cardlogin_server.identity.identifiers.telephone import is_rescue_mobile
from portal.accounts.models import Gender, IdKind

_PASSPORT_LENGTH = range(5, 13)


class RocDateWidget(forms.MultiWidget):
    """Three boxes: 民國 year, month, day (F044)."""

    template_name = "registration/roc_date.html"
    use_fieldset = True

    def __init__(self) -> None:
        box = {"inputmode": "numeric", "autocomplete": "off", "size": "3"}
        parts = {"year": 3, "month": 2, "day": 2}
        super().__init__({name: forms.TextInput({**box, "maxlength": length}) for name, length in parts.items()})

    @override
    def decompress(self, value: Any) -> list[str]:
        """Split a date, or the text YYYMMDD as the draft keeps it."""
        if not value:
            return ["", "", ""]
        day = value if isinstance(value, date) else roc_calendar.from_compact(value)
        return [str(part) for part in roc_calendar.to_roc(day)]


class RocDateField(forms.Field):
    """A birthday; empty is None, and a date that never was or is still to come is refused."""

    widget = RocDateWidget

    @override
    def to_python(self, value: Any) -> date | None:
        """Read the three boxes."""
        parts = [normal_form(str(part or ""))[:4] for part in value or ()]
        if not any(parts):
            return None
        try:
            # int() alone would read "6_0" and "+60".
            year, month, day = (int(part if part.isdecimal() else "") for part in parts)
            return roc_calendar.birthday(year, month, day, timezone.localdate())
        except ValueError:
            raise ValidationError(_("There is no such day, or it is still to come."), code="birthday") from None


def name(text: str) -> str:
    """A person's name in the form that is stored; raises ValidationError."""
    try:
        return accounts.name_form(text)
    except ValueError:
        raise ValidationError(_("Please give a name of 1 to 50 characters."), code="name") from None


def mail(text: str) -> str:
    """A mail address in the form that is stored; raises ValidationError."""
    try:
        address = accounts.mail_form(text)
        validate_email(address)
    except (ValueError, ValidationError):
        raise ValidationError(_("This is not a valid email address."), code="mail") from None
    return address


def rescue_mobile(text: str) -> str:
    """Ten digits; a hyphen is refused as the manuals say, full-width digits are not; raises ValidationError."""
    number = normal_form(text) if "-" not in text else text
    if not is_rescue_mobile(number):
        raise ValidationError(_("A mobile number has ten digits and begins with 09."), code="mobile")
    return number


def id_number(text: str) -> tuple[IdKind, str]:
    """An ID number with its kind, 國民身分證 or 外來人口統一證號; raises ValidationError."""
    number = normal_form(text)
    if national_id.is_national_id(number):
        return IdKind.NATIONAL, number
    if resident_id.is_resident_id(number, timezone.localdate()):
        return IdKind.RESIDENT, number
    if resident_id.looks_like_permit_number(number):
        raise ValidationError(
            _("This is the number of a residence permit; type the UI number (10 characters)."),
            code="permit_number",
        )
    raise ValidationError(_("The number is not correct; check every character."), code="id_number")


def masked_number(number: str) -> str:
    """An ID number as it is shown again: three characters, stars, and the last one."""
    return f"{number[:3]}{'*' * (len(number) - 4)}{number[-1:]}" if number else ""


def passport(text: str) -> tuple[IdKind, str]:
    """A passport's number: 5 to 12 letters and digits; raises ValidationError."""
    number = normal_form(text)
    if not (number.isascii() and number.isalnum() and len(number) in _PASSPORT_LENGTH):
        raise ValidationError(_("A passport number has 5 to 12 letters and digits."), code="passport")
    return IdKind.PASSPORT, number


def gender_of(kind: str, number: str) -> str:
    """The gender in an ID number; an empty text for a passport or without a number."""
    if not number or kind == IdKind.PASSPORT:
        return ""
    of = national_id.gender_of_national_id if kind == IdKind.NATIONAL else resident_id.gender_of_resident_id
    return Gender(of(number).value).value
