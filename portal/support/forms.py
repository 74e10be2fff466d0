"""The form of the desk."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from portal.selftest.reports import ALPHABET

_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\uff0d]")
_CODE = re.compile(f"[{ALPHABET}]{{8}}")


class LookUpForm(forms.Form):
    """The code of a report, as it is spoken: in any case, with or without dash and blanks."""

    code = forms.CharField(
        label=_("Code of the report"), max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )  # fmt: skip

    @override
    def clean(self) -> None:
        """Refuse what can be no code, characters among it that look like others."""
        typed = _BETWEEN.sub("", self.cleaned_data.get("code", "")).upper()
        if not _CODE.fullmatch(typed):
            raise ValidationError("code", code="unlikely")
        self.cleaned_data["code"] = typed
