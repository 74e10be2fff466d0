"""忘記密碼救援選項 of a member: question and answer (`egov-compat`), or one saved recovery code (`modern`, K5)."""

import base64
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from typing_extensions import override

from portal import once
from portal.accounts.answers import LONGEST_ANSWER, QUESTIONS, answer_hash, normal_answer
from portal.accounts.epoch import hold, keep, of_now
from portal.accounts.fresh import fresh_required
from portal.accounts.kinds import persons_only
from portal.accounts.models import Person, User
from portal.accounts.recovery_codes import new_code
from portal.audit.log import record
from portal.member.pages import done, holder
from portal.messages.sending import send_mail
from portal.policy import policy
from portal.recovery.rescue_data import wait_hours
from portal.sealing import seal, unseal

_CODE = "member_recovery_code"


class QuestionForm(forms.Form):
    """Question and answer; no question takes both away."""

    question = forms.ChoiceField(
        label=_("Password question"), required=False,
        choices=[("", _("None")), *QUESTIONS],
    )  # fmt: skip
    answer = forms.CharField(
        label=_("Your answer"), max_length=LONGEST_ANSWER, required=False,
        help_text=_("Case, spaces and punctuation do not matter; choose one that others cannot easily look up."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip

    @override
    def clean(self) -> dict[str, Any]:
        """Question and answer come together."""
        told = self.cleaned_data
        if told.get("question") and not normal_answer(told.get("answer", "")):
            missing = _("Please give your answer.")
            self.add_error("answer", forms.ValidationError(missing, code="missing"))
        return told


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@persons_only
@fresh_required
def password_question(request: HttpRequest) -> HttpResponse:
    """Answer the form of the question, and keep another one; where the profile has none, lead to the code."""
    if not policy().recovery.question:
        return redirect("recovery_code")
    user = holder(request)
    kept = Person.objects.filter(user=user).values_list("question", flat=True).first() or ""
    form = QuestionForm(request.POST if request.method == "POST" else None, initial={"question": kept})
    if form.is_bound and form.is_valid():
        set_question(request, user, form.cleaned_data["question"], form.cleaned_data["answer"])
        return done(request, "member", "question" if form.cleaned_data["question"] else "question_removed")
    return render(request, "member/question.html", {"form": form, "kept": kept, "hours": wait_hours()})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@persons_only
@fresh_required
def recovery_code(request: HttpRequest) -> HttpResponse:
    """Tell whether there is a saved code; on POST make another one and show it, this once."""
    if not policy().recovery.saved_code:
        return redirect("password_question")
    user = holder(request)
    if request.method == "POST":
        with transaction.atomic():
            hold(user)
            code = new_code(user)
            send_mail(user.email, user.language, "member_recovery_code", name=user.name)
        keep(request, user, _CODE, base64.b64encode(seal(code, _CODE)).decode())
        return redirect("recovery_code")
    sealed = of_now(user, once.take(request, _CODE)[0]) if request.method == "GET" else None
    code = unseal(base64.b64decode(sealed), _CODE) if sealed else ""
    has_code = Person.objects.filter(user=user).exclude(recovery_code_hash="").exists()
    return render(request, "member/recovery_code.html", {"code": code, "has_code": has_code})


def set_question(request: HttpRequest, user: User, question: str, answer: str) -> None:
    """Keep the question's key and the hash of its answer, or nothing of either; the holder is told by mail."""
    kept = {
        "question": question, "answer_hash": answer_hash(answer) if question else "", "question_since": timezone.now(),
    }  # fmt: skip
    with transaction.atomic():
        hold(user)
        Person.objects.update_or_create(user=user, defaults=kept)
        record("change_question", account=user.pk, request=request)
        send_mail(user.email, user.language, "member_question", name=user.name)
