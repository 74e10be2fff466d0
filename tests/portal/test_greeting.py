"""The head of every page greets who is logged in (F069), beside the ways to the member's area and out."""

from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import PASSWORD


def head(client: Client, path: str = "/") -> str:
    """The page's header."""
    return client.get(path).content.decode().partition("</header>")[0]


def test_greeting_has_the_name_and_the_ways_on(client: Client, user: User) -> None:
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    for path in ("/", "/member/", "/accounts/center/"):
        shown = head(client, path)
        assert "Hi, <bdi>王小明</bdi> 您好" in shown
        assert 'href="/member/"' in shown
        assert 'action="/accounts/logout/"' in shown


def test_nickname_comes_first_and_is_text(client: Client, user: User) -> None:
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    User.objects.update(nickname="<b>&amp;")
    assert "Hi, <bdi>&lt;b&gt;&amp;amp;</bdi> 您好" in head(client)


def test_nobody_is_greeted_who_is_not_logged_in(client: Client, db: None) -> None:
    assert 'id="hello"' not in head(client)
