"""Opening a page changes nothing, whoever opens it and in whatever state (ASVS 3.5.3); members see the way out (7.4.4).

Every address is opened by visitors in every state, so that its page itself is seen and not only the way to the log-in.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from portal.accounts.models import User
from tests.portal.pki import Pki
from tests.portal.security.addresses import addresses
from tests.portal.security.visitors import VISITORS, World

pytestmark = pytest.mark.django_db
PATHS = {address.path: address.name for address in addresses()}
# What a look may leave behind: where a browser is (its session, and when it was last there), and a new captcha.
OF_A_LOOK = {"sessions.Session", "usersessions.UserSession", "captcha.CaptchaStore"}
# Nothing to see: they take forms only; the outbox is there in the demonstration only (portal/messages/test_outbox.py).
WITHOUT_PAGE = {
    "activate_card_proof", "card_bind", "card_challenge", "card_login", "card_rename", "card_unbind",
    "certificate_only", "company_login", "forgot_account_card", "mail_change_cancel", "mail_change_code",
    "no_invitation", "old_way_login", "outbox", "reauthenticate_card", "rescue_mobile_code", "rescue_mobile_remove",
    "reset_card_proof", "reset_way_remove", "second_factor_codes", "second_factor_off", "second_factor_on",
    "selftest_trial", "session_end", "sessions_end_others", "switch_language", "unlock_card_proof", "way_remove",
}  # fmt: skip
PROFILE = dict.fromkeys(
    (
        "before the code: question", "after the answer", "member in the manuals' profile",
        "stranger in the manuals' profile",
    ),
    "egov-compat",
)  # fmt: skip


def everything() -> dict[str, list[Any]]:
    """All rows of all tables but those."""
    models = [model for model in apps.get_models() if model._meta.label not in OF_A_LOOK]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


@pytest.fixture(autouse=True)
def _old_way(settings: Settings) -> None:
    settings.CARDLOGIN_OLD_WAY = True


@pytest.fixture
def world(owner: User, pki: Pki, sends: Any) -> World:
    return World(owner, pki, sends)


def look(client: Client, paths: list[str]) -> Iterator[tuple[str, Any]]:
    """Open each, and look at it without its content."""
    for path in paths:
        yield path, client.get(path)
        client.head(path)


@pytest.mark.parametrize("name", VISITORS)
def test_opening_pages_changes_nothing(world: World, settings: Settings, name: str) -> None:
    settings.CARDLOGIN_PROFILE = PROFILE.get(name, "modern")
    visitor = VISITORS[name](world)
    before = everything()
    for path, answer in look(visitor.client, [*visitor.paths, *PATHS]):
        assert answer.status_code < 500, path
    assert everything() == before


def test_every_page_is_seen(world: World, settings: Settings) -> None:
    """Each address shows its page to one of the visitors at least; otherwise the test above would say nothing of it."""
    seen: set[str] = set()
    for name, prepare in VISITORS.items():
        settings.CARDLOGIN_PROFILE = PROFILE.get(name, "modern")
        before = transaction.savepoint()
        visitor = prepare(world)
        for _, answer in look(visitor.client, [*visitor.paths, *PATHS]):
            if answer.status_code == 200:
                seen.add(answer.resolver_match.url_name)
        transaction.savepoint_rollback(before)
    assert set(PATHS.values()) - seen == WITHOUT_PAGE


@pytest.mark.parametrize("name", ["member", "member with a second factor", "who changes the address"])
def test_every_page_of_a_member_has_the_way_out(world: World, name: str) -> None:
    visitor = VISITORS[name](world)
    shown = 0
    for path, answer in look(visitor.client, [*visitor.paths, *PATHS]):
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            source = answer.content.decode()
            head = source.split("</header>", 1)[0]
            assert f'action="{reverse("account_logout")}"' in head, path
            assert 'id="logout"' in head, path
            shown += 1
    assert shown > 20
