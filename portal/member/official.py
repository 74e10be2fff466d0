"""申請公務帳號 (F099): what an account must have before it can become a public servant's, and what it lacks (F102)."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise as StrPromise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.accounts.models import Person, User
from portal.member.pages import holder
from portal.registration.change import is_confirmed


@dataclass(frozen=True)
class Need:
    """One thing an applicant's account must have, whether it has it, and the page where it is told."""

    name: str
    label: StrPromise
    met: bool
    page: str


def needs(user: User) -> tuple[Need, ...]:
    """What a 進階會員 has told (F018), and the confirmed mail address that the decision is sent to (F124)."""
    person = Person.objects.filter(user=user).first() or Person(user=user)
    address = bool(person.county and person.address and person.postcode)
    return (
        Need("mail", _("Email address confirmed"), is_confirmed(user), "mail_change"),
        Need("birthday", _("Birthday"), person.birthday is not None, "profile"),
        Need("id-number", _("ID or passport number"), bool(person.id_sealed), "profile"),
        Need("address", _("Postal address"), address, "profile"),
        Need("phone", _("Telephone"), bool(person.phone), "profile"),
    )


@require_safe
@never_cache
@login_required
def official_account(request: HttpRequest) -> HttpResponse:
    """Answer 申請公務帳號: the account's data beside what an application asks for. It changes nothing."""
    user = holder(request)
    found = () if user.is_company else needs(user)
    context = {"company": user.is_company, "needs": found, "ready": bool(found) and all(need.met for need in found)}
    return render(request, "member/official.html", context)
