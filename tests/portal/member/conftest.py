"""Fixtures of the member's tests: those of the ways to recover access, and somebody inside."""

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.portal.cards.conftest import companies
from tests.portal.member.people import log_in
from tests.portal.recovery.conftest import compat, owner, profile, sends

__all__ = ["companies", "compat", "inside", "owner", "profile", "sends"]


@pytest.fixture
def inside(client: Client, owner: User) -> Client:
    """The browser of 王小明, who has just logged in by password."""
    log_in(client)
    return client
