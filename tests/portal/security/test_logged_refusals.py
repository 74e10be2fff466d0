"""Refused requests leave a line in the program's log (ASVS 16.3.2, 16.3.3)."""

import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.cards.models import CardBinding
from tests.portal.conftest import browser

pytestmark = pytest.mark.django_db


def test_reaching_for_somebody_elses_card(user: User, caplog: pytest.LogCaptureFixture) -> None:
    other = User.objects.create_user("lin00002", "lin@portal.example", "x")
    card = CardBinding.objects.create(user=other, binding_key="moica:2", family="moica", subject_serial="2")
    visitor = browser()
    visitor.force_login(user)
    assert visitor.post(f"/member/cards/{card.pk}/rename/", {"nickname": "mine"}).status_code == 404
    assert "Not Found: /member/cards/<int:card>/rename/" in caplog.text


def test_form_without_its_token(caplog: pytest.LogCaptureFixture) -> None:
    browser(enforce_csrf_checks=True).post("/accounts/login/", {"password": "secret-1"})
    assert "Forbidden (" in caplog.text
    assert "/accounts/login/" in caplog.text
    assert "secret-1" not in caplog.text


def test_too_many_requests(client: Client, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"card_address": "1/m/ip"}
    for _ in range(2):
        client.post("/accounts/card/challenge/", {"purpose": "login"}, content_type="application/json")
    assert "Too Many Requests: /accounts/card/challenge/" in caplog.text


def test_other_method_foreign_host_and_long_body(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.generic("TRACE", "/")
    client.get("/", headers={"host": "evil.example"})
    client.post("/accounts/login/", {"login": "x" * 60_000})
    for words in ("Method Not Allowed", "Bad Request (DisallowedHost)", "Bad Request (RequestDataTooBig)"):
        assert words in caplog.text
