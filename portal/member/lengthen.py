"""The invitation to lengthen a password that was set under shorter rules (K1): shown, never enforced."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.accounts.fresh import has_second_factor
from portal.accounts.models import User
from portal.member.pages import holder
from portal.policy import PROFILES, STAFF, policy

_SHORTEST = {known.version: known.password.shortest for known in (*PROFILES.values(), STAFF)}


def is_invited(user: User) -> bool:
    """Whether the password was set under rules that ask for less than today's, and the holder has not said no.

    Only the stored version tells: the password itself is never looked at again. Rules that are not known asked for
    less. With a second factor today's rules ask for no more.
    """
    rules = policy()
    shorter = _SHORTEST.get(user.password_policy, 0) < rules.password.shortest
    asked = user.not_invited_under == rules.version or has_second_factor(user)
    return user.has_usable_password() and shorter and not asked


@require_POST
@never_cache
@login_required
def no_invitation(request: HttpRequest) -> HttpResponse:
    """Note that the holder does not want to be invited again under these rules."""
    User.objects.filter(pk=holder(request).pk).update(not_invited_under=policy().version)
    return redirect("member")
