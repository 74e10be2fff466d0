"""The captcha as two fields of any form: each question can be answered once, right or wrong, for five minutes."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from captcha.models import CaptchaStore
from django import forms
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cardlogin_server.identity.identifiers.normal_form import normal_form
from portal.captcha.questions import Kind, digits, letters

_REFRESH = "captcha_new"
_KEY = 40
_HASH = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the page shows it: its key, the address of its picture or sound, how many characters it has."""

    key: str
    kind: Kind
    address: str = ""
    length: int = 0


def wants_new_question(request: HttpRequest) -> bool:
    """Whether a form was sent only to get another question: then nothing is checked and the form is shown again."""
    return request.method == "POST" and _REFRESH in request.POST


class CaptchaForm(forms.Form):
    """A form with a captcha; the page includes `_captcha.html`, which shows `form.question`."""

    captcha_key = forms.CharField(max_length=_KEY, required=False, widget=forms.HiddenInput)
    captcha = forms.CharField(
        max_length=12,
        label=_("Verification code"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_captcha(self) -> str:
        """Raise ValidationError unless the question was answered right; the question is used up either way."""
        typed: str = self.cleaned_data["captcha"]
        if not self.answered(typed):
            raise forms.ValidationError(
                _("The verification code is wrong or too late; please answer the new question."),
                code="captcha_wrong",
            )
        return typed

    def answered(self, typed: str) -> bool:
        """Return whether this is the answer to the question of the form, and use the question up."""
        data = self.data if isinstance(self.data, QueryDict) else QueryDict()
        return _take(data.get("captcha_key", "")[:_KEY], normal_form(typed).lower())

    @cached_property
    def question(self) -> Question:
        """A new question, of the kind that the person chose last."""
        return new_question(_kind(self.data or self.initial))


def unchecked(data: QueryDict, names: tuple[str, ...]) -> dict[str, str]:
    """Return initial values for showing a form again that was sent for another question: those fields, and the kind."""
    return {name: str(data[name])[:200] for name in (*names, _REFRESH) if name in data}


def new_question(kind: Kind) -> Question:
    """A question kept in the database, so that any process can check its answer."""
    CaptchaStore.remove_expired()
    challenge, answer = letters() if kind is Kind.PICTURE else digits()
    store = CaptchaStore.objects.create(challenge=challenge, response=answer)
    name = "captcha-image" if kind is Kind.PICTURE else "captcha-sound"
    return Question(store.hashkey, kind, reverse(name, args=[store.hashkey]), len(answer))


def _take(key: str, answer: str) -> bool:
    if not _HASH.fullmatch(key):
        return False  # nothing of a stranger's reaches the database unless it looks like a key
    rows = CaptchaStore.objects.filter(hashkey=key)
    # One statement decides, so that an answer counts once however often it is sent at the same time.
    right: int = rows.filter(response=answer, expiration__gt=timezone.now()).delete()[0]
    rows.delete()
    return right == 1


def _kind(data: Any) -> Kind:
    chosen = data.get(_REFRESH) or data.get("captcha_kind") or ""
    return Kind.SOUND if chosen == Kind.SOUND else Kind.PICTURE
