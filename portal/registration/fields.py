"""Fields of Taiwan's forms: a birthday in the 民國 calendar, ID numbers, telephones, postcodes."""

import re
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
from cardlogin_server.identity.identifiers.plain_text import Unfit, UnfitText, plain_text
from cardlogin_server.identity.identifiers.telephone import (
    Telephone,
    is_contact_number,
    is_extension,
    is_rescue_mobile,
    telephone_form,
)
from portal.accounts.models import Gender, IdKind

_PASSPORT_LENGTH = range(5, 13)
_LINES = re.compile(r"[\t\r\n]+")  # come with what is pasted
_UNFIT = {
    Unfit.INVISIBLE: _("There is an invisible character among what you typed; type it again instead of pasting it."),
    Unfit.PRIVATE_USE: _(
        "One character is in your own computer's font only (a self-made character) and would look different elsewhere; "
        "choose the standard character, or write another one in its place."
    ),
    Unfit.MARKS: _("There are accents without a letter, or too many on one letter."),
}


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


class PlainTextField(forms.CharField):
    """Free text that a reader sees all of, in the form that is stored (`plain_text`); its length is that form's."""

    @override
    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Let the text's first letter say in which direction it runs."""
        return {**super().widget_attrs(widget), "dir": "auto"}

    @override
    def to_python(self, value: Any) -> str:
        """Return the text; raise ValidationError for characters that nobody sees."""
        typed = _LINES.sub(" ", str(super().to_python(value) or ""))
        # What is too long is refused as such in the next step, without being looked into.
        too_long = self.max_length is not None and len(typed) > self.max_length
        return typed if too_long else text(typed)


def text(typed: str) -> str:
    """Free text in the form that is stored; raises ValidationError."""
    try:
        return plain_text(typed)
    except UnfitText as error:
        raise ValidationError(_UNFIT[error.reason], code="unfit_text") from None


def name(typed: str) -> str:
    """A person's name in the form that is stored; raises ValidationError."""
    try:
        return accounts.name_form(text(typed))
    except ValueError:
        raise ValidationError(_("Please give a name of 1 to 50 characters."), code="name") from None


def mail(typed: str) -> str:
    """A mail address in the form that is stored; raises ValidationError."""
    try:
        address = accounts.mail_form(typed)
        validate_email(address)
    except (ValueError, ValidationError):
        raise ValidationError(_("This is not a valid email address."), code="mail") from None
    return address


def rescue_mobile(typed: str) -> str:
    """Ten digits of a mobile, typed in any usual way; raises ValidationError."""
    found = _telephone(typed)
    if found is None or found.extension or not is_rescue_mobile(found.number):
        raise ValidationError(_("A mobile number has ten digits and begins with 09."), code="mobile")
    return found.number


def contact_number(typed: str) -> Telephone:
    """A telephone number with the extension that was typed behind it; raises ValidationError."""
    found = _telephone(typed)
    if found is None or not is_contact_number(found.number) or (found.extension and not is_extension(found.extension)):
        told = _("Please give a landline number with its area code (9 or 10 digits), an 070 number or a mobile number.")
        raise ValidationError(told, code="format")
    return found


def _telephone(typed: str) -> Telephone | None:
    try:
        return telephone_form(typed)
    except ValueError:
        return None


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
