"""Text in both languages as one piece of page: Traditional Chinese first, English beside it."""

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString


def both(zh: str, en: str) -> SafeString:
    """Return the Chinese text with the English one in its own span, both escaped."""
    return format_html('{} <span class="en" lang="en">{}</span>', zh, en)


def parted(text: str) -> SafeString:
    """Return `both` of a plain text that has Chinese up to its first full stop with a blank, and English after it."""
    zh, stop, en = text.partition("。 ")
    return both(zh + stop.strip(), en)


def ask_in_both(form: forms.BaseForm) -> None:
    """Let the form's empty fields be asked for in both languages, unless a field has words of its own for it."""
    for field in form.fields.values():
        if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
            field.error_messages["required"] = both("這個欄位必須填寫。", "This field is required.")
