"""進階資料提供 (F042 to F048): all of it required on the way to a public-servant account, none of it otherwise."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from cardlogin_server.identity.identifiers import telephone
from cardlogin_server.identity.identifiers.normal_form import normal_form
from cardlogin_server.identity.identifiers.postcode import COUNTIES, is_postcode, postcode_fits_county
from cardlogin_server.identity.identifiers.roc_calendar import compact
from portal.accounts.models import Gender, IdKind
from portal.registration import fields
from portal.registration.doubts import Doubt, StepForm
from portal.registration.draft import Draft
from portal.registration.steps import Step

_NUMBER, _PASSPORT = "number", "passport"
TEXTS = ("gender", "county", "address", "postcode", "phone", "extension")


class AdvancedForm(StepForm):
    """Birthday, ID number, gender, address, telephone; what is unusual is asked about once."""

    step = Step.ADVANCED
    birthday = fields.RocDateField(label=_("Birthday"), required=False)
    id_type = forms.ChoiceField(
        label=_("Kind of document"), required=False, widget=forms.RadioSelect, initial=_NUMBER,
        choices=[
            (_NUMBER, _("National ID or resident number")),
            (_PASSPORT, _("Passport number (cannot be matched with a card)")),
        ],
    )  # fmt: skip
    id_number = forms.CharField(
        label=_("National ID or resident number"), max_length=30, required=False,
        help_text=_("An ID number must be given for learning hours to be certified."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )  # fmt: skip
    gender = forms.ChoiceField(
        label=_("Gender"), required=False, widget=forms.RadioSelect,
        choices=[(Gender.MALE, _("Male")), (Gender.FEMALE, _("Female"))],
        help_text=_("Taken from the ID number when left open."),
    )  # fmt: skip
    county = forms.ChoiceField(
        label=_("Postal address: county or city"), required=False,
        choices=[("", _("Choose a county or city")), *((county, county) for county in COUNTIES)],
    )  # fmt: skip
    address = fields.PlainTextField(
        label=_("Postal address"), max_length=120, required=False,
        widget=forms.TextInput({"autocomplete": "street-address"}),
    )  # fmt: skip
    postcode = forms.CharField(
        label=_("Postcode"), max_length=10, required=False,
        help_text=_("3, 5 or 6 digits"),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "postal-code"}),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("Telephone"), max_length=40, required=False,
        help_text=_("Example: landline 0212345678, extension 12345; or mobile 0911123456"),
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel-national"}),
    )  # fmt: skip
    extension = forms.CharField(
        label=_("Extension"), max_length=10, required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "tel-extension"}),
    )  # fmt: skip

    def __init__(self, draft: Draft, data: Any = None, **options: Any) -> None:
        super().__init__(draft, data, **options)
        self._extension_behind = ""
        if draft.number_is_fixed:
            del self.fields["id_type"], self.fields["id_number"]
        if draft.official:
            for name, field in self.fields.items():
                # The number itself answers for the gender (F046); few telephones have an extension.
                field.required = name not in ("extension", "gender")

    @classmethod
    @override
    def told(cls, draft: Draft) -> dict[str, Any]:
        """What was told; the gender that the number says where none was told."""
        shown: dict[str, Any] = {**draft.details, "id_number": draft.number}
        shown["id_type"] = _PASSPORT if draft.id_kind == IdKind.PASSPORT else _NUMBER
        return {**shown, "gender": draft.details.get("gender") or fields.gender_of(draft.id_kind, draft.number)}

    def clean_postcode(self) -> str:
        """Return the digits."""
        return _checked(self.cleaned_data["postcode"], is_postcode, gettext("A postcode has 3, 5 or 6 digits."))

    def clean_phone(self) -> str:
        """Return the digits, area code first; the shape is checked and no more (C24)."""
        typed = self.cleaned_data["phone"]
        found = fields.contact_number(typed) if typed else telephone.Telephone("")
        self._extension_behind = found.extension
        return found.number

    def clean_extension(self) -> str:
        """Return the digits; those typed behind the number count where the field was left empty."""
        typed = _checked(
            self.cleaned_data["extension"], telephone.is_extension, gettext("An extension has up to 6 digits.")
        )
        if typed and self._extension_behind not in ("", typed):
            raise forms.ValidationError(gettext("Another extension stands behind the number above."), code="format")
        return typed or self._extension_behind

    @override
    def clean(self) -> dict[str, Any]:
        """Find out the number's kind, and let it answer for the gender."""
        told = self.cleaned_data
        try:
            told["id"] = self._id()
        except forms.ValidationError as error:
            self.add_error("id_number", error)
            return told
        told["gender"] = told.get("gender") or fields.gender_of(*told["id"])
        if self.draft.official and not told["gender"]:
            self.add_error("gender", forms.ValidationError(_("Please choose the gender."), code="required"))
        return told

    @override
    def doubts(self) -> list[Doubt]:
        """Gender, postcode and telephone that fit the rest badly."""
        told = self.cleaned_data
        found = []
        if told["gender"] != (fields.gender_of(*told["id"]) or told["gender"]):
            found.append(
                Doubt("gender_differs", _("The ID number says otherwise. If it is right, press the button again."))
            )
        if told["postcode"] and told["county"] and not postcode_fits_county(told["postcode"], told["county"]):
            found.append(
                Doubt(
                    "postcode_county",
                    _("The postcode is not one of this county. If it is right, press the button again."),
                )
            )
        if told["phone"] and not telephone.fits_numbering_plan(told["phone"]):
            found.append(
                Doubt("phone_plan", _("The numbering plan has no such number. If it is right, press the button again."))
            )
        return found

    @override
    def take(self) -> None:
        """Keep the data; the number goes to its sealed place."""
        told, draft = self.cleaned_data, self.draft
        born: date | None = told["birthday"]
        draft.details = {name: told[name] for name in TEXTS} | {"birthday": compact(born) if born else ""}
        kind, number = told["id"]
        if number:
            draft.keep_number(IdKind(kind), number)
        else:
            draft.drop_number()

    def _id(self) -> tuple[str, str]:
        if self.draft.number_is_fixed:
            return self.draft.id_kind, self.draft.number
        typed = self.cleaned_data.get("id_number", "")
        if not typed:
            return "", ""
        read = fields.passport if self.cleaned_data.get("id_type") == _PASSPORT else fields.id_number
        kind, number = read(typed)
        return kind.value, number


def _checked(typed: str, fits: Callable[[str], bool], refusal: str) -> str:
    text = normal_form(typed)
    if text and not fits(text):
        raise forms.ValidationError(refusal, code="format")
    return text
