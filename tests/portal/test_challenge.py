"""Issuing challenges to the log-in page's script."""

import base64
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests.portal.conftest import browser
from tests.portal.helpers import ask_challenge

URL = "/accounts/card/challenge/"
pytestmark = pytest.mark.django_db


def test_challenge_is_32_fresh_bytes_and_the_purpose(client: Client) -> None:
    first, second = ask_challenge(client), ask_challenge(client)
    assert first != second
    text, _, purpose = first.partition(".")
    assert purpose == "login"
    assert len(base64.b64decode(text, validate=True)) == 32


def test_only_post(client: Client) -> None:
    assert client.get(URL).status_code == 405
    assert client.get("/accounts/card/login/").status_code == 405


def test_csrf_token_is_needed() -> None:
    client = browser(enforce_csrf_checks=True)
    page = client.get("/accounts/login/").content.decode()
    match = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert match is not None

    def ask(**headers: str) -> Any:
        return client.post(URL, {"purpose": "login"}, content_type="application/json", headers=headers)

    own = {"origin": "https://portal.test", "accept": "application/json"}
    refused = ask(**own)
    assert (refused.status_code, refused.json()["code"]) == (403, "page_outdated")
    assert refused["Content-Type"] == "application/problem+json"
    foreign = ask(**{**own, "origin": "https://evil.example", "x-csrftoken": match[1]})
    assert foreign.status_code == 403
    good = ask(**own, **{"x-csrftoken": match[1]})
    assert good.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        '{"purpose": "pay"}', '{"purpose": ""}', '{"purpose": "LOGIN"}', '{"purpose": ["login"]}',
        '{"purpose": null}', '{"purpose": "login", "more": 1}', "{}", "[]", '"login"', "", "login", "[" * 200,
        '{"purpose": "login"}' + " " * 300,
    ],
)  # fmt: skip
def test_anything_but_the_known_order_is_refused(client: Client, body: str) -> None:
    answer = client.post(URL, body, content_type="application/json")
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["code"] == "request_malformed"
    assert set(problem["meaning"]) == set(problem["remedy"]) == {"zh-Hant", "en"}


def test_answer_is_never_cached(client: Client) -> None:
    answer = client.post(URL, {"purpose": "login"}, content_type="application/json")
    assert "no-store" in answer["Cache-Control"]


def test_rate_limit(client: Client, settings: Settings) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"card_address": "2/m/ip"}
    statuses = [client.post(URL, {"purpose": "login"}, content_type="application/json").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
