"""個人資料維護 (F095): nickname and advanced data under the rules of the registration; the ID number once."""

from typing import Any

from allauth.core import ratelimit
from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from typing_extensions import override

from cardlogin_server.identity.identifiers.roc_calendar import compact
from portal.accounts import epoch
from portal.accounts.fresh import is_fresh, prove_again
from portal.accounts.id_numbers import claim, prove
from portal.accounts.models import IdKind, Person, User
from portal.audit.log import record
from portal.cards.fit import number_misfit, number_proven_by
from portal.failures import RATE_LIMITED, Failure, Refusal
from portal.languages import in_words
from portal.member.overview import shown_person
from portal.member.pages import done, holder
from portal.registration import fields
from portal.registration.advanced import TEXTS, AdvancedForm
from portal.registration.creation import fill
from portal.registration.draft import Draft


class ProfileForm(AdvancedForm):
    """What a member may change by himself; the ID number is there only as long as the account has none."""

    nickname = fields.PlainTextField(
        label=_("Nickname"), max_length=30, required=False,
        widget=forms.TextInput({"autocomplete": "nickname"}),
    )  # fmt: skip

    @classmethod
    @override
    def told(cls, draft: Draft) -> dict[str, Any]:
        """The data as they are."""
        return {**super().told(draft), "nickname": draft.basic["nickname"]}

    @override
    def take(self) -> None:
        """Keep nickname and data."""
        super().take()
        self.draft.basic = {"nickname": self.cleaned_data["nickname"]}

    @property
    def gives_number(self) -> bool:
        """Whether a valid form brings an ID number to an account that had none."""
        return not self.draft.number_is_fixed and bool(self.cleaned_data["id"][1])


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Answer the form with the data as they are, and take what was changed; both need a recent proof.

    Where that has grown old while somebody was typing, the form is shown again with everything typed in it, and the
    proof can be given in another page.
    """
    user = holder(request)
    fresh = is_fresh(request)
    if request.method != "POST" and not fresh:
        return prove_again(request)
    draft = _draft(user)
    form = ProfileForm(draft, request.POST if request.method == "POST" else None)
    doubts = form.open_doubts() if form.is_bound and form.is_valid() else []
    if not fresh:
        record("change_profile", "not_fresh", account=user.pk, request=request)
    elif form.is_bound and form.is_valid() and not doubts and _may_give_number(request, form):
        form.take()
        try:
            change(request, user, draft)
            return done(request, "member", "profile")
        except Refusal as refusal:
            record("change_profile", refusal.failure.code, account=user.pk, request=request)
            form.add_error("id_number", _in_words(refusal.failure))
    context = {
        "form": form, "draft": draft, "doubts": doubts, "person": shown_person(user), "fresh": fresh,
        "company": user.is_company,
    }  # fmt: skip
    return render(request, "member/profile.html", context)


def change(request: HttpRequest, user: User, draft: Draft) -> None:
    """Write nickname and data; an ID number only into an account that has none.

    A number that another account holds is typed and not held here; one that has proven it is told by mail, nobody else.
    Raises `Refusal` when the account's cards say otherwise: number_not_the_cards, id_check_unavailable,
    id_number_proven.
    """
    gives = bool(draft.number) and not draft.number_is_fixed
    proven = gives and number_proven_by(user, draft.id_kind, draft.number)
    with transaction.atomic():
        epoch.hold(user)
        held = User.objects.get(pk=user.pk)
        held.nickname = draft.basic["nickname"]
        held.save(update_fields=["nickname"])
        person, _ = Person.objects.get_or_create(user=held)
        fill(person, draft.details)
        # Of two forms at once the first one's number stays.
        gives = gives and not person.id_sealed
        if gives:
            person.note_id_number(IdKind(draft.id_kind), draft.number)
        person.save()
        if gives:
            _hold(person, proven=proven)
        record("change_profile", account=user.pk, request=request)


def _hold(person: Person, *, proven: bool) -> None:
    # Compared once more under the lock of the account: a card may have been linked meanwhile.
    failure = number_misfit(person.user, person.id_kind, person.id_number)
    if failure is not None:
        raise Refusal(failure)
    if proven:
        prove(person)
    else:
        claim(person)


def _may_give_number(request: HttpRequest, form: ProfileForm) -> bool:
    if not form.gives_number:
        return True
    if not ratelimit.consume(request, action="id_check"):
        record("change_profile", RATE_LIMITED.code, account=holder(request).pk, request=request)
        form.add_error("id_number", _in_words(RATE_LIMITED))
    return form.is_valid()


def _in_words(failure: Failure) -> forms.ValidationError:
    text = f"{in_words(failure.meaning)} {in_words(failure.remedy)}"
    return forms.ValidationError(text, code=failure.code)


def _draft(user: User) -> Draft:
    person = Person.objects.filter(user=user).first() or Person(user=user)
    draft = Draft(id=f"profile {user.pk}", began=0, basic={"nickname": user.nickname})
    draft.details = {name: getattr(person, name) for name in TEXTS}
    draft.details["birthday"] = compact(person.birthday) if person.birthday else ""
    if person.id_sealed:
        draft.keep_number(IdKind(person.id_kind), person.id_number)
    draft.has_number_already = bool(person.id_sealed) or user.is_company
    return draft
