"""The length of a new password, at every page that takes one and in both profiles (ASVS 6.2.1, NIST SP 800-63B-4)."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in
from tests.portal.member.people import log_in
from tests.portal.pki import Pki
from tests.portal.recovery.people import by_card
from tests.portal.registration.walk import ACCOUNT, Walk, step_of
from tests.portal.security.test_forms import FIELDS

pytestmark = pytest.mark.django_db
SHORTEST = {"modern": 15, "egov-compat": 8}
# No common word in it, nothing repeated; its beginnings are what is typed.
LONG = "kq8vlom2Zu77xBt4rQ"


def register(client: Client, pki: Pki, password: str) -> bool:
    page = Walk(client).send({**ACCOUNT, "password": password, "password_again": password})
    return step_of(page) == 2


def change(client: Client, pki: Pki, password: str) -> bool:
    log_in(client)
    fields = {"current": PASSWORD, "password": password, "again": password}
    client.post("/member/password/", fields)
    return taken(password)


def reset(client: Client, pki: Pki, password: str) -> bool:
    by_card(client, "reset", pki.cards["citizen"])
    client.post("/accounts/recover/password/", {"password": password, "again": password})
    return taken(password)


def taken(password: str) -> bool:
    return User.objects.get().check_password(password)


DOORS: dict[str, Callable[[Client, Pki, str], bool]] = {"register": register, "change": change, "reset": reset}
EVERY_DOOR = pytest.mark.parametrize("door", DOORS)


@pytest.fixture(autouse=True)
def _certificate_is_known(user: User, pki: Pki) -> None:
    """王小明 has used his card before."""
    card_log_in(browser(), pki.cards["citizen"])


@EVERY_DOOR
@pytest.mark.parametrize("profile", SHORTEST)
@pytest.mark.parametrize("missing", [0, 1])
def test_shortest(client: Client, pki: Pki, settings: Settings, door: str, profile: str, missing: int) -> None:
    settings.CARDLOGIN_PROFILE = profile
    assert DOORS[door](client, pki, LONG[: SHORTEST[profile] - missing]) is (missing == 0)


@pytest.mark.parametrize(("length", "good"), [(7, False), (8, True)])
def test_shortest_beside_a_second_factor(client: Client, user: User, pki: Pki, length: int, good: bool) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert reset(client, pki, LONG[:length]) is good


@EVERY_DOOR
@pytest.mark.parametrize(("profile", "longest"), [("modern", 128), ("egov-compat", 15)])
@pytest.mark.parametrize("more", [0, 1])
def test_longest(
    client: Client, pki: Pki, settings: Settings, door: str, profile: str, longest: int, more: int
) -> None:  # fmt: skip
    settings.CARDLOGIN_PROFILE = profile
    words = "".join(f"{LONG[number % 18 :]}{number}" for number in range(20))
    assert DOORS[door](client, pki, words[: longest + more]) is (more == 0)


def test_every_page_that_takes_a_new_password_is_here(client: Client) -> None:
    forms = {
        str(one.id).rsplit(".", 1)[0]
        for one in FIELDS
        if one.values[0] in ("password", "password_again") and "new-password" in _autocomplete(one.values[1])
    }
    assert forms == {
        "portal.member.password.ChangePasswordForm",
        "portal.member.password.FirstPasswordForm",
        "portal.recovery.forms.NewPasswordForm",
        "portal.registration.forms.AccountForm",
    }


def _autocomplete(field: Any) -> str:
    return str(field.widget.attrs.get("autocomplete"))
