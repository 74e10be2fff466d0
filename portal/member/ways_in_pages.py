"""The pages of all ways in: of a member with a fresh proof, and of whoever has just set a new password by a reset."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.epoch import stamp
from portal.accounts.fresh import fresh_required
from portal.accounts.models import User
from portal.audit.log import record
from portal.failures import PROOF_ENDED, Refusal
from portal.member.pages import done, holder, refused, said
from portal.member.sessions import keep_this
from portal.member.ways_in import KINDS, list_context, remove
from portal.recovery import proof
from portal.recovery.pages import back_to_panel


@require_safe
@never_cache
@fresh_required
def member_ways_in(request: HttpRequest) -> HttpResponse:
    """Answer the list, for the member."""
    context = {**said(request), **list_context(request, holder(request), strong=True)}
    return render(request, "member/ways_in.html", context)


@require_POST
@never_cache
@fresh_required
def member_way_remove(request: HttpRequest, kind: str, way: int) -> HttpResponse:
    """Take one away; the second factor has a page of its own, which asks for the password (K1)."""
    user = holder(request)
    former = stamp(user)
    if kind == "second_factor":
        return redirect("second_factor")
    failure = _remove(request, _as_member(user), kind, way)
    if failure is not None:
        return refused(request, "ways_in", failure.failure)
    if stamp(user) != former:
        keep_this(request, user, former)
    return done(request, "ways_in", "session_ended" if kind == "session" else "way_removed")


@require_safe
@never_cache
def reset_ways_in(request: HttpRequest) -> HttpResponse:
    """Answer the list at the end of a reset, to the browser that has done it, for ten minutes."""
    seen = proof.review(request)
    if seen is None:
        return back_to_panel(request, PROOF_ENDED)
    return render(
        request, "recovery/ways_in.html", {**said(request), **list_context(request, seen.user, strong=seen.strong)}
    )


@require_POST
@never_cache
def reset_way_remove(request: HttpRequest, kind: str, way: int) -> HttpResponse:
    """Take one away with the proof of the reset."""
    seen = proof.review(request)
    if seen is None:
        return back_to_panel(request, PROOF_ENDED)
    failure = _remove(request, seen, kind, way)
    if failure is not None:
        return refused(request, "reset_ways_in", failure.failure)
    proof.renew_review(request, seen)
    return done(request, "reset_ways_in", "session_ended" if kind == "session" else "way_removed")


def _as_member(user: User) -> proof.Review:
    return proof.Review(user, strong=True, long_enough=False)


def _remove(request: HttpRequest, seen: proof.Review, kind: str, way: int) -> Refusal | None:
    if kind not in KINDS:
        raise Http404
    try:
        remove(request, seen.user, kind, way, strong=seen.strong, long_enough=seen.long_enough)
    except Refusal as refusal:
        record("way_removed", refusal.failure.code, account=seen.user.pk, request=request, method=kind)
        return refusal
    return None
