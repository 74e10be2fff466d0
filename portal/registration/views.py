"""The pages of the registration: entry, five steps, signature of a card, last page."""

from allauth.account.utils import get_login_redirect_url
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cardlogin_server import Identity, Purpose
from portal import once
from portal.accounts.destination import safe_next
from portal.accounts.recovery_codes import fresh_text
from portal.audit.log import record
from portal.captcha.forms import CaptchaForm, unchecked, wants_new_question
from portal.cards import pending
from portal.cards.pages import card_context
from portal.cards.pending import Destination
from portal.cards.proof import proof_of_card
from portal.failures import ACCOUNT_TAKEN, PAGE_OUTDATED, STEP_OUT_OF_ORDER, Failure, Refusal
from portal.policy import policy
from portal.registration import draft as drafts
from portal.registration import registrant
from portal.registration.advanced import AdvancedForm
from portal.registration.card import take_card, verified_card
from portal.registration.creation import create, was_made
from portal.registration.doubts import StepForm
from portal.registration.draft import READY, Draft
from portal.registration.fields import masked_number
from portal.registration.forms import AccountForm, BasicForm, CaptchaStep, ConsentStep, LastStep, RescueForm
from portal.registration.limits import count, writer
from portal.registration.steps import TITLES, Step, step, steps
from portal.views import too_many_requests

_FORMS: tuple[type[StepForm], ...] = (
    AccountForm, BasicForm, AdvancedForm, RescueForm, CaptchaStep, ConsentStep, LastStep,
)  # fmt: skip
_FORM_OF = {form.step: form for form in _FORMS}
_NOTICE, _DONE, _CODE = "registration_notice", "registration_done", "registration_code"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def entry(request: HttpRequest) -> HttpResponse:
    """Answer 會員註冊頁: the two choices; a choice begins a registration (and ends one that was under way)."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request))
    if request.method == "POST":
        return _begin(request)
    (notice,) = once.take(request, _NOTICE)
    card, draft = verified_card(request.session), drafts.current(request.session)
    context = {
        **card_context(), "card": card or (draft.card if draft else None), "notice": notice, "draft": draft,
        "next": safe_next(request) or (card.next_url if card else ""),
    }  # fmt: skip
    return render(request, "registration/entry.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def register_step(request: HttpRequest, number: int) -> HttpResponse:
    """Answer one step; only the step that the registration has come to is shown or taken."""
    draft = drafts.current(request.session)
    if draft is None:
        return _none_under_way(request)
    if request.method == "POST":
        return _sent(request, draft, number)
    if number != draft.step:
        return _where(draft)
    return _show(request, draft, _FORM_OF[step(draft)](draft))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def register_card(request: HttpRequest) -> HttpResponse:
    """Ask for the card's signature that links it to the new account, and end the registration with it."""
    draft = drafts.current(request.session)
    if draft is None:
        return _none_under_way(request)
    if draft.step != READY or draft.card is None:
        return _where(draft)
    if "back" in request.POST:
        return _turn(request, draft, len(steps(draft)))
    failure: Failure | None = None
    if request.method == "POST":
        try:
            return _finish(request, draft, proof_of_card(request, Purpose.BIND))
        except Refusal as refusal:
            if was_made(draft):
                return _made(request, draft)  # pressed twice: the other request has used the signature
            failure = refusal.failure
            record("register", failure.code, request=request, method="card")
    notice = {"panel": "card", **failure.as_dict()} if failure else None
    return render(request, "registration/card.html", {**card_context(), "card": draft.card, "notice": notice})


@require_safe
@never_cache
def register_done(request: HttpRequest) -> HttpResponse:
    """Answer that the mail is on its way. The recovery code is shown once, the rest as often as asked."""
    told = request.session.get(_DONE)
    if told is None:
        return redirect("register")
    code = once.take(request, _CODE)[0] if request.method == "GET" else ""
    context = {"email": told["email"], "code": drafts.open_code(told["draft"], code or "")}
    return render(request, "registration/done.html", context)


def _begin(request: HttpRequest) -> HttpResponse:
    choice = request.POST.get("choice", "")
    former = drafts.current(request.session)
    if choice == "without-card":
        pending.drop(request.session)
        if former is not None and former.card is not None:
            drafts.drop(request.session)
        return redirect("register")
    if choice not in ("member", "official"):
        return _none_under_way(request)
    card = verified_card(request.session)
    if card is None and pending.is_taken(request.session, Destination.CHOICES):
        return redirect("register_step", 1)
    try:
        facts = take_card(request.session, card) if card else former.card if former else None
    except Refusal:
        return redirect("register_step", 1)  # pressed twice at once: the other request has begun it
    next_url = safe_next(request) or (card.next_url if card else "")
    draft = drafts.begin(request.session, official=choice == "official", card=facts, next_url=next_url)
    if card is None and former is not None and facts is not None:
        draft.began = former.began  # beginning anew with the same card gives it no longer life
        drafts.keep(request.session, draft)
    if policy().recovery.saved_code:
        draft.keep_recovery_code(fresh_text())
        drafts.keep(request.session, draft)
    for key in (_DONE, _CODE):
        request.session.pop(key, None)
    return _where(draft)


def _sent(request: HttpRequest, draft: Draft, number: int) -> HttpResponse:
    if number != draft.step or request.POST.get("draft") != draft.id or request.POST.get("turn") != str(draft.turn):
        request.session[_NOTICE] = STEP_OUT_OF_ORDER.as_dict()
        return _where(draft)
    if "back" in request.POST:
        return _turn(request, draft, max(1, draft.step - 1))
    form_class = _FORM_OF[step(draft)]
    if wants_new_question(request):
        return _show(request, draft, form_class(draft, initial=unchecked(request.POST, ("consent",))))
    try:
        return _try(request, draft, form_class(draft, request.POST))
    except Refusal as refusal:
        record("register", refusal.failure.code, request=request)
        return too_many_requests(request)


def _try(request: HttpRequest, draft: Draft, form: StepForm) -> HttpResponse:
    count(request, "registration")
    if draft.card is not None and form.step is Step.BASIC:
        count(request, "id_check")
    if not form.is_valid() or form.open_doubts():
        return _show(request, draft, form)
    form.take()
    if draft.step < len(steps(draft)):
        return _turn(request, draft, draft.step + 1)
    return _turn(request, draft, READY) if draft.card is not None else _finish(request, draft)


def _turn(request: HttpRequest, draft: Draft, to: int) -> HttpResponse:
    draft.step = to
    draft.turn += 1
    drafts.keep(request.session, draft)
    return _where(draft)


def _finish(request: HttpRequest, draft: Draft, identity: Identity | None = None) -> HttpResponse:
    count(request, "registration_done")
    try:
        create(draft, writer(request), identity, request)
    except Refusal as refusal:
        if refusal.failure is not ACCOUNT_TAKEN:
            raise
        # Somebody else was faster with the same name: everything else that was told stays.
        request.session[_NOTICE] = ACCOUNT_TAKEN.as_dict()
        return _turn(request, draft, 1)
    return _made(request, draft)


def _made(request: HttpRequest, draft: Draft) -> HttpResponse:
    drafts.drop(request.session)
    pending.drop(request.session)
    registrant.remember(request, draft.account)
    request.session[_DONE] = {"email": draft.basic["email"], "draft": draft.id}
    request.session[_CODE] = draft.sealed_code
    return redirect("register_done")


def _where(draft: Draft) -> HttpResponse:
    return redirect("register_card") if draft.step == READY else redirect("register_step", draft.step)


def _none_under_way(request: HttpRequest) -> HttpResponse:
    if _DONE in request.session:
        # The last form sent twice: the second one is answered like the first.
        return redirect("register_done")
    request.session[_NOTICE] = PAGE_OUTDATED.as_dict()
    return redirect("register")


def _show(request: HttpRequest, draft: Draft, form: StepForm) -> HttpResponse:
    here = step(draft)
    (notice,) = once.take(request, _NOTICE)
    context = {
        "draft": draft, "form": form, "step": here.value, "titles": [TITLES[one] for one in steps(draft)],
        "title": TITLES[here], "policy": policy(), "notice": notice,
        "doubts": form.open_doubts() if form.is_bound and form.is_valid() else [],
        "has_captcha": isinstance(form, CaptchaForm),
        "hints": draft.hints if here is Step.BASIC else [],
        "last": draft.step == len(steps(draft)), "number": masked_number(draft.number),
    }  # fmt: skip
    return render(request, "registration/step.html", context)
