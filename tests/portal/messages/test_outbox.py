"""The development outbox: everything that was sent, in order, harmless; and nothing of it in production."""

from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import Settings

from portal.accounts.models import User
from portal.messages.models import OutboxMessage
from portal.messages.sending import send_mail, send_text
from portal.settings import base

pytestmark = pytest.mark.django_db
OUTBOX = {
    "EMAIL_BACKEND": "portal.messages.outbox.OutboxMailBackend",
    "CARDLOGIN_TEXT_GATEWAY": "portal.messages.gateway.OutboxGateway",
    "CARDLOGIN_OUTBOX": True,
}  # fmt: skip
IN_USE = {
    "EMAIL_BACKEND": base.EMAIL_BACKEND, "CARDLOGIN_TEXT_GATEWAY": base.CARDLOGIN_TEXT_GATEWAY,
    "CARDLOGIN_OUTBOX": base.CARDLOGIN_OUTBOX,
}  # fmt: skip


@pytest.fixture
def development(settings: Settings) -> None:
    """What settings/demo.py says."""
    for name, value in OUTBOX.items():
        setattr(settings, name, value)


@pytest.mark.usefixtures("development")
def test_mails_and_texts_are_shown_the_newest_first(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send_mail("wang0001@portal.example", "zh-hant", "member_password", name="王小明")
        send_text("0911123456", "zh-hant", "member_mobile_code", code="012345", minutes=10)
    page = client.get("/outbox/").content.decode()
    text = strip_tags(page)
    assert page.index('data-channel="text"') < page.index('data-channel="mail"')
    for shown in ("密碼已變更", "王小明您好", "0911123456", "012345", "wang0001@portal.example"):
        assert shown in text
    assert "no-store" in client.get("/outbox/")["Cache-Control"]


@pytest.mark.usefixtures("development")
def test_link_in_a_mail_can_be_followed(client: Client) -> None:
    link = "https://portal.test/accounts/keep/abc/"
    OutboxMessage.objects.create(channel="mail", recipient="a@portal.example", subject="x", body=f"see\n{link}\n")
    assert f'<a href="{link}" rel="nofollow">' in client.get("/outbox/").content.decode()


@pytest.mark.usefixtures("development")
def test_texts_of_strangers_are_no_markup(client: Client) -> None:
    bad = "<script>alert(1)</script> javascript:alert(1)"
    OutboxMessage.objects.create(channel="mail", recipient=bad[:50], subject=bad, body=bad)
    page = client.get("/outbox/").content.decode()
    assert "<script>" not in page
    assert 'href="javascript' not in page


@pytest.mark.usefixtures("development")
def test_empty_outbox_and_the_way_to_it(client: Client) -> None:
    assert 'id="nothing"' in client.get("/outbox/").content.decode()
    assert 'href="/outbox/"' in client.get("/").content.decode()


@pytest.mark.usefixtures("development")
def test_only_the_newest_fifty(client: Client) -> None:
    for number in range(60):
        OutboxMessage.objects.create(channel="text", recipient="0911123456", body=f"no {number}")
    page = client.get("/outbox/").content.decode()
    assert page.count("data-channel=") == 50
    assert "no 59" in page
    assert "no 9<" not in page


@pytest.mark.parametrize("name", list(OUTBOX))
def test_one_setting_of_an_installation_in_use_is_enough_to_close_it(
    client: Client, user: User, settings: Settings, development: None, name: str
) -> None:
    setattr(settings, name, IN_USE[name])
    OutboxMessage.objects.create(channel="text", recipient="0911123456", body="secret 012345")
    client.post("/accounts/login/", {"login": "wang0001", "password": "correct horse 9 battery"})
    answer = client.get("/outbox/")
    assert answer.status_code == 404
    assert "secret" not in answer.content.decode()
    assert "/outbox/" not in client.get("/").content.decode()
