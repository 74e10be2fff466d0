"""Fixtures of the attacks: companies beside the citizens, both profiles, an account with every way in."""

from tests.portal.cards.conftest import companies
from tests.portal.recovery.conftest import compat, owner, profile, sends

__all__ = ["companies", "compat", "owner", "profile", "sends"]
