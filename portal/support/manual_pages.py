"""The manuals, open to everybody: failures by check, forgotten PINs and locked cards, installation and removal."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.support.installation import SECTIONS
from portal.support.manual import Code, Manual, manual

_LONGEST = 60  # characters of a search that count


@dataclass(frozen=True, slots=True)
class Group:
    """The codes of one check."""

    key: str
    name: str
    codes: tuple[Code, ...]


@require_safe
def failures(request: HttpRequest) -> HttpResponse:
    """Answer every code, or those that `q` is found in."""
    wanted = " ".join(request.GET.get("q", "").split())[:_LONGEST]
    found = [code for code in manual().codes.values() if _matches(code, wanted)]
    context = {"groups": groups(manual(), found), "wanted": wanted, "count": len(found)}
    return render(request, "support/failures.html", context)


@require_safe
def pin(request: HttpRequest) -> HttpResponse:
    """Answer what to do about a forgotten PIN or a locked card, for each kind of card whose issuer's ways are known."""
    known = [family for family in manual().families if family.page or family.telephone]
    return render(request, "support/pin.html", {"families": known})


@require_safe
def installation(request: HttpRequest) -> HttpResponse:
    """Answer the steps of removal and installation."""
    return render(request, "support/installation.html", {"sections": SECTIONS})


def groups(book: Manual, codes: Iterable[Code]) -> list[Group]:
    """These codes by check, in the order of the checks; those that belong to none come last."""
    of_check: dict[str, list[Code]] = {check: [] for check in book.checks}
    for code in codes:
        of_check.setdefault(code.check, []).append(code)
    others = of_check.pop("", [])
    found = [Group(check, book.check_name(check), tuple(those)) for check, those in of_check.items() if those]
    return found + ([Group("other", _("Other failures"), tuple(others))] if others else [])


def _matches(code: Code, wanted: str) -> bool:
    """Whether every word is found in the code or in its meaning, in any language; capitals do not matter."""
    text = " ".join((code.code, *(said.meaning for said in code.texts.values()))).casefold()
    return all(word in text for word in wanted.casefold().split())
