"""The page that the component's page comes back to: it takes a post from another site, and must not matter."""

import json
import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import browser
from tests.portal.helpers import ask_challenge, logged_in
from tests.portal.pki import Pki

ADDRESS = "/.well-known/cardlogin-return"
FIELDS = {"token": '{"a": 1}', "failure": "", "state": "s"}


def post(client: Client, fields: dict[str, str]) -> Any:
    """A form post as the component's page sends it: another site's, so without a name of ours."""
    return client.post(ADDRESS, fields, headers={"origin": "null", "sec-fetch-site": "cross-site"})


def handed_on(answer: Any) -> dict[str, str]:
    """What the page's script will find."""
    found = re.search(r'<script id="card-return" type="application/json">(.*?)</script>', answer.content.decode())
    assert found is not None
    fields: dict[str, str] = json.loads(found[1])
    return fields


def test_post_of_another_site_without_cookies_is_answered_with_what_was_posted() -> None:
    answer = post(browser(enforce_csrf_checks=True), FIELDS)
    assert answer.status_code == 200
    assert handed_on(answer) == FIELDS


@pytest.mark.django_db
def test_nothing_is_kept_and_no_cookie_is_set() -> None:
    """A cookie would take the place of the session that the person began."""
    answer = post(browser(), FIELDS)
    assert not answer.cookies
    assert not Session.objects.exists()
    assert "no-store" in answer.headers["Cache-Control"]


def test_good_token_posted_here_logs_nobody_in(client: Client, user: User, pki: Pki) -> None:
    """Even with the cookies, which no browser sends here: the log-in is another page's form."""
    challenge = ask_challenge(client)
    post(client, {"token": pki.cards["citizen"].token(challenge), "state": "x"})
    assert not logged_in(client)


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--", "&lt;"]
)
def test_script_in_a_field_stays_text(text: str) -> None:
    answer = post(browser(), {"token": text, "failure": text, "state": text})
    assert handed_on(answer) == {"token": text, "failure": text, "state": text}
    assert answer.content.decode().count("<script") == 2
    assert "alert(1)</script>" not in answer.content.decode()


def test_overlong_fields_are_cut_and_others_are_left_out() -> None:
    fields = handed_on(post(browser(), {"token": "x" * 20_000, "next": "https://evil.example/"}))
    assert {name: len(text) for name, text in fields.items()} == {"token": 10_000, "failure": 0, "state": 0}


def test_any_page_may_read_that_answers_are_taken_here() -> None:
    answer = browser().get(ADDRESS)
    assert (answer.status_code, answer.json()["cardlogin_return"]) == (200, 1)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    assert browser().put(ADDRESS).status_code == 405


def test_its_script_is_a_file_of_ours_and_the_policy_admits_no_other() -> None:
    answer = post(browser(), FIELDS)
    assert '<script type="module" src="/static/portal/card_return.js"></script>' in answer.content.decode()
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"] + ";"


def test_log_in_page_names_the_way_back_and_the_plain_port(client: Client, db: None) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert f'data-return-url="{ADDRESS}"' in page
    assert 'data-agent-http-port="61170"' in page
