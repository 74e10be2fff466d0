"""Fixtures of these tests: somebody at the desk."""

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.portal.recovery.conftest import owner, sends
from tests.portal.support.people import at_the_desk

__all__ = ["desk", "owner", "sends"]


@pytest.fixture
def desk(user: User) -> Client:
    """The browser of 王小明, of the staff, who has just switched two-step log-in on."""
    return at_the_desk(user)
