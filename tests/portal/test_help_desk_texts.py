"""Nobody is sent to a help desk that there is not; where there is one, every page's foot and every mail names it."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.core import mail
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.messages.sending import send_mail

ROOT = Path(__file__).parents[2]
CATALOGUES = [
    "portal/locale/zh_Hant/LC_MESSAGES/django.po",
    "cardlogin_server/locale/zh_Hant/LC_MESSAGES/cardlogin_server.po",
]
# The two that are shown only where the installation has one.
OWN = {"Help desk", "Help desk: %(ways)s"}


@pytest.mark.parametrize("file", CATALOGUES)
def test_no_sentence_of_the_portal_or_its_library_sends_there(file: str) -> None:
    with (ROOT / file).open("rb") as stream:
        catalogue = read_po(stream)
    assert len(catalogue) > 20
    words = ("help desk", "support", "客服", "服務人員", "服務台")
    found = [
        str(one.id) for one in catalogue if one.id and any(word in f"{one.id}{one.string}".lower() for word in words)
    ]
    assert set(found) <= OWN


@pytest.mark.parametrize("language", ["zh-hant", "en", ""])
def test_mail_names_the_help_desk_where_there_is_one(
    settings: Settings, django_capture_on_commit_callbacks: object, db: None, language: str
) -> None:
    settings.CARDLOGIN_HELP_PHONE, settings.CARDLOGIN_HELP_MAIL = "0800-000-000", ""
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        send_mail("a@portal.example", language, "member_password", name="王小明")
    assert mail.outbox[-1].body.count("0800-000-000") == (1 if language else 2)


def test_mail_without_a_help_desk_names_none(django_capture_on_commit_callbacks: object, db: None) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        send_mail("a@portal.example", "zh-hant", "member_password", name="王小明")
    assert "客服" not in mail.outbox[-1].body


def test_pages_name_it_at_their_foot(client: Client, user: User, settings: Settings) -> None:
    assert 'id="help-desk"' not in client.get("/").content.decode()
    settings.CARDLOGIN_HELP_PHONE = "0800-000-000"
    assert 'id="help-desk"' in client.get("/").content.decode()
