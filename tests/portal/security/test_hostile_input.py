"""Hostile fields at every address: nothing breaks, nothing is decoded twice, and only the body of a form counts."""

import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import logged_in
from tests.portal.security.addresses import Address, addresses
from tests.unit.portal.security.test_source import TEMPLATES

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
EVERY = pytest.mark.parametrize("address", addresses(), ids=lambda address: address.path)
# What forms are called in code and not in a template.
MORE = {
    "login", "password", "account", "code", "answer", "captcha", "captcha_key", "challenge", "token", "next", "draft",
    "turn", "name", "nickname", "email", "question", "mobile", "id_number", "secret", "new_password", "purpose",
}  # fmt: skip
NAMES = sorted({name for path in TEMPLATES for name in re.findall(r'name="([a-z_]+)"', path.read_text("utf-8"))} | MORE)
EVIL = [
    "\x00", "a\x00b", "' OR '1'='1", "\"; DROP TABLE accounts_user; --", "<script>alert(1)</script>", "{{ 7|add:7 }}",
    "%s%s%n", "../../etc/passwd", "\r\nBcc: x@evil.example", "\ud800", "９" * 300, "-1", "9" * 40, "\u202e", "${7*7}",
]  # fmt: skip


@EVERY
def test_no_field_breaks_an_address(client: Client, user: User, address: Address) -> None:
    """Each is sent to every field there is anywhere, in the body and in the address, by a stranger and by a member."""
    for who in (client, browser()):
        if who is not client:
            who.force_login(user)
        for evil in EVIL:
            # The few names that fit: a form takes no more than 20.
            for start in range(0, len(NAMES), 19):
                fields = dict.fromkeys(NAMES[start : start + 19], evil.encode("utf-8", "surrogatepass"))
                answer = who.generic("POST", address.path, urlencode(fields), FORM)
                assert answer.status_code < 500, (evil, fields.keys())
        answer = who.get(f"{address.path}?{urlencode(dict.fromkeys(('next', 'sent', 'key'), EVIL[4]))}")
        assert answer.status_code < 500
        assert b"<script>alert" not in answer.content
    assert User.objects.count() == 1


def test_database_commands_in_a_field_are_text(user: User) -> None:
    for evil in ("wang0001' --", "' OR '1'='1", 'wang0001"', "wang0001;"):
        visitor = browser()
        visitor.post("/accounts/login/", {"login": evil, "password": "' OR '1'='1"})
        assert not logged_in(visitor)


def test_nothing_is_decoded_twice(client: Client) -> None:
    page = client.get("/accounts/login/?next=/member/%253Cb%253E").content.decode()
    assert "/member/%3Cb%3E" in page
    assert "/member/<b>" not in page


def test_field_sent_twice_counts_as_its_last(user: User) -> None:
    User.objects.create_user("lin00002", "lin@portal.example", "another long password 7")
    visitor = browser()
    visitor.generic("POST", "/accounts/login/", f"login=lin00002&login=wang0001&password={PASSWORD}", FORM)
    assert logged_in(visitor)
    assert visitor.session["_auth_user_id"] == str(user.pk)


def test_address_of_a_form_holds_no_fields_of_it(user: User) -> None:
    visitor = browser()
    query = urlencode({"login": "wang0001", "password": PASSWORD})
    visitor.generic("POST", f"/accounts/login/?{query}", "", FORM)
    assert not logged_in(visitor)
    visitor.get(f"/accounts/login/?{query}")
    assert not logged_in(visitor)


def test_fields_that_a_form_does_not_have_change_nothing(user: User) -> None:
    visitor = browser()
    visitor.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD, "is_superuser": "1", "is_staff": "1"})
    for path in ("/member/profile/", "/member/cards/", "/accounts/mail/"):
        visitor.post(path, {"is_superuser": "on", "is_staff": "on", "username": "admin001", "name": "別人", "id": "1"})
    user.refresh_from_db()
    assert (user.is_superuser, user.is_staff, user.username, user.name) == (False, False, "wang0001", "王小明")


def test_content_of_another_type_is_no_form(user: User) -> None:
    visitor = browser()
    for kind in ("application/json", "text/plain", "application/xml", "multipart/form-data; boundary=x"):
        body = urlencode({"login": "wang0001", "password": PASSWORD})
        assert visitor.generic("POST", "/accounts/login/", body, kind).status_code < 500
        assert not logged_in(visitor)
