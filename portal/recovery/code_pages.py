"""Ways without a card: account name and captcha, then an answer or a code that was sent, then the new password."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts.codes import asker_of
from portal.accounts.lockout import STRANGER
from portal.accounts.sources import source_of
from portal.captcha.forms import unchecked, wants_new_question
from portal.failures import PROOF_ENDED, Failure, Refusal
from portal.messages.jobs import later
from portal.policy import policy
from portal.recovery import code_flows, steps
from portal.recovery.forms import AnswerForm, CodeForm, SavedCodeForm, StartForm
from portal.recovery.limits import limit_sending, limit_steps
from portal.recovery.pages import back_to_panel
from portal.recovery.questions import question_for
from portal.recovery.steps import Stage, Step, Way

_FORMS: dict[Stage, type[forms.Form]] = {
    Stage.ANSWER: AnswerForm, Stage.CODE: CodeForm, Stage.SAVED_CODE: SavedCodeForm,
}  # fmt: skip
_TRY = {Stage.ANSWER: code_flows.answer, Stage.CODE: code_flows.code, Stage.SAVED_CODE: code_flows.saved_code}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def start_page(request: HttpRequest, way: Way) -> HttpResponse:
    """Ask for account name and captcha; what follows is the same for every name."""
    if not way.offered:
        return HttpResponseRedirect(reverse("recover"))
    if request.method != "POST" or wants_new_question(request):
        return _start(request, way, _anew(request))
    form = StartForm(request.POST)
    try:
        limit_steps(request)
        if not form.is_valid():
            return _start(request, way, form)
        return _begin(request, way, form.cleaned_data["account"])
    except Refusal as refusal:
        return _start(request, way, _anew(request), refusal.failure)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stage_page(request: HttpRequest, way: Way, stage: Stage) -> HttpResponse:
    """Ask for the answer, the code that was sent or the saved code, and go on with a right one."""
    step = steps.current(request.session, way, stage)
    if step is None or not way.offered:
        return back_to_panel(request, PROOF_ENDED)
    form = _FORMS[stage](request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _stage(request, step, form)
    try:
        limit_steps(request)
        onward = _TRY[stage](request, step, form.cleaned_data[stage.value])
    except Refusal as refusal:
        return _stage(request, step, _FORMS[stage](), refusal.failure)
    return HttpResponseRedirect(_address(way, onward) if onward else reverse("reset_password"))


def _begin(request: HttpRequest, way: Way, account: str) -> HttpResponse:
    if way is Way.QUESTION:
        steps.begin(request.session, way, account, Stage.ANSWER)
        return HttpResponseRedirect(_address(way, Stage.ANSWER))
    limit_sending(request, account)
    steps.begin(request.session, way, account, Stage.CODE)
    # Not even looked up here: the sender finds out whether there is such an account.
    asker, known = asker_of(request.session), source_of(request, account) != STRANGER
    later("recovery_code", within=policy().recovery_step, way=way.value, account=account, asker=asker, known=known)
    return HttpResponseRedirect(_address(way, Stage.CODE))


def _address(way: Way, stage: Stage) -> str:
    return reverse(f"reset_{way.value}_{stage.value}")


def _anew(request: HttpRequest) -> StartForm:
    return StartForm(initial=unchecked(request.POST, ("account",)))


def _start(request: HttpRequest, way: Way, form: StartForm, failure: Failure | None = None) -> HttpResponse:
    context = {"form": form, "failure": failure, "recovery": policy().recovery}
    return render(request, f"recovery/{way.value}_start.html", context)


def _stage(request: HttpRequest, step: Step, form: forms.Form, failure: Failure | None = None) -> HttpResponse:
    context = {"form": form, "failure": failure, "way": step.way.value, "start": reverse(f"reset_{step.way.value}")}
    if step.stage is Stage.ANSWER:
        context["question"] = question_for(step.account)
    return render(request, f"recovery/{step.stage.value}.html", context)
