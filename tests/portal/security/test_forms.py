"""What holds for every field of every form: a limit of its length, masks for what is secret (ASVS 2.2.1, 6.2.6)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.urls import get_resolver

from portal.accounts.forms import PasswordLoginForm
from portal.registration.fields import RocDateField

# All pages, and with them all forms, are loaded.
assert get_resolver().url_patterns
LONGEST = 254
"""Characters: a mail address, the longest that anybody types into one line."""
SECRET = {"password", "password_again", "again", "current"}


def every_form() -> list[type[forms.Form]]:
    """The portal's own forms."""
    return sorted(set(_below(forms.BaseForm)), key=lambda form: (form.__module__, form.__qualname__))


def _below(base: Any) -> Iterator[type[forms.Form]]:
    for form in base.__subclasses__():
        if form.__module__.startswith("portal."):
            yield form
        yield from _below(form)


FIELDS = [
    pytest.param(name, field, id=f"{form.__module__}.{form.__qualname__}.{name}")
    for form in every_form()
    for name, field in getattr(form, "base_fields", {}).items()
    if form is not PasswordLoginForm  # allauth's fields, which are replaced when a form is made; see below
]


def test_list_is_whole() -> None:
    assert len(every_form()) > 20
    assert PasswordLoginForm in every_form()
    assert len(FIELDS) > 50


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_field_takes_a_choice_or_a_text_of_limited_length(name: str, field: forms.Field) -> None:
    if isinstance(field, forms.CharField):
        assert field.max_length is not None
        assert 0 < field.max_length <= LONGEST
    else:
        # A date of three boxes reads four characters of each (test_dates_read_four_characters_of_a_box).
        assert isinstance(field, forms.ChoiceField | forms.BooleanField | RocDateField)


def test_dates_read_four_characters_of_a_box() -> None:
    assert RocDateField().clean(["60", "1", "1"]) == date(1971, 1, 1)
    for long in ("0" * 5 + "60", "9" * 4_000, "60 " + "x" * 4_000):
        with pytest.raises(ValidationError):
            RocDateField().clean([long, "1", "1"])


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_password_is_masked_and_left_to_password_managers(name: str, field: forms.Field) -> None:
    masked = isinstance(field.widget, forms.PasswordInput)
    assert masked is (name in SECRET)
    if masked:
        assert field.widget.attrs["autocomplete"] in ("current-password", "new-password")
        assert not field.widget.render_value


def test_password_of_the_log_in_is_masked_too() -> None:
    """allauth makes this field when a form is made."""
    field = PasswordLoginForm().fields["password"]
    assert isinstance(field.widget, forms.PasswordInput)
    assert field.widget.attrs["autocomplete"] == "current-password"
    assert isinstance(field, forms.CharField)
    assert field.max_length == 128
