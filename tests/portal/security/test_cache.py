"""What lies in the cache, which nothing encrypts, says nothing about anybody (ASVS 14.2.2)."""

import base64
import pickle
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.settings import base
from tests.portal.conftest import PASSWORD, SERIAL
from tests.portal.helpers import card_log_in
from tests.portal.member.people import log_in
from tests.portal.pki import Pki
from tests.portal.recovery.people import MOBILE, NATIONAL_ID, by_card, start
from tests.portal.registration.walk import MAIL, Walk

pytestmark = pytest.mark.django_db


def kept() -> str:
    """Keys and values of everything in the cache, as texts."""
    cache_class: Any = cache
    if connection.vendor == "postgresql" and hasattr(cache_class, "_cache"):
        client = cache_class._cache.get_client()
        rows = [(key, client.get(key) if client.type(key) == b"string" else b"") for key in client.scan_iter("*")]
        return " ".join(f"{key!r} {value!r}" for key, value in rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM portal_cache")
        return " ".join(f"{key} {pickle.loads(base64.b64decode(value))!r}" for key, value in cursor.fetchall())  # noqa: S301


def test_cache_holds_no_personal_data(client: Client, user: User, owner: User, pki: Pki, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**base.ACCOUNT_RATE_LIMITS}  # type: ignore[dict-item]
    cache.clear()
    Walk(client).plain()
    card_log_in(client, pki.cards["citizen"])
    client.post("/accounts/logout/")
    by_card(client, "unlock", pki.cards["citizen"])
    start(client, "text")
    log_in(client)
    client.post("/member/mobile/", {"mobile": "0922333444"})
    client.post("/accounts/mail/", {"email": "new@portal.example", "email_again": "new@portal.example"})
    found = kept()
    assert len(found) > 300, "limits and challenges are there"
    secrets = (
        "wang0001", "clairesu1234", "王小明", "蘇小明", MAIL, user.email, "new@portal.example", MOBILE, "0922333444",
        NATIONAL_ID, SERIAL, PASSWORD,
    )  # fmt: skip
    assert [secret for secret in secrets if secret in found] == []
