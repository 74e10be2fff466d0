"""Behind a balancer: whose address counts for limits and the audit log, and that a browser cannot choose it."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from portal.proxies import client_address


def asked_from(forwarded: str | None) -> str:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1")
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    seen = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    client_address(answer)(request)
    return str(seen[0])


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "10.0.0.1"),
        (0, "192.0.2.7", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "192.0.2.7", "192.0.2.7"),
        (1, "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        (1, "garbage, 2001:db8::7", "2001:db8::7"),
        (2, "198.51.100.1, 192.0.2.7, 203.0.113.9", "192.0.2.7"),
    ],
)
def test_whose_address_counts(settings: Settings, proxies: int, forwarded: str | None, address: str) -> None:
    settings.CARDLOGIN_PROXIES = proxies
    assert asked_from(forwarded) == address


@pytest.mark.django_db
@pytest.mark.parametrize("forwarded", ["", "garbage", "192.0.2.7, ", "192.0.2.7:80"])
def test_header_that_cannot_be_is_answered_400(settings: Settings, client: Client, forwarded: str) -> None:
    settings.CARDLOGIN_PROXIES = 1
    assert client.get("/", headers={"x-forwarded-for": forwarded}).status_code == 400


@pytest.mark.django_db
def test_fewer_addresses_than_balancers_is_answered_400(settings: Settings, client: Client) -> None:
    settings.CARDLOGIN_PROXIES = 2
    assert client.get("/", headers={"x-forwarded-for": "192.0.2.7"}).status_code == 400


@pytest.mark.django_db
def test_limits_follow_the_browser_and_not_the_balancer(settings: Settings, client: Client) -> None:
    settings.CARDLOGIN_PROXIES = 1
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    answers = [
        client.post("/accounts/login/", headers={"x-forwarded-for": forwarded}).status_code
        for forwarded in ("192.0.2.8", "192.0.2.9", "203.0.113.1, 192.0.2.9")
    ]
    assert answers[0] != 429
    assert answers[1:] == [answers[0], 429]
