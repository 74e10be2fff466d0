"""Fixtures of these tests: companies beside the citizens, an account with every way in, both profiles."""

from tests.portal.member.conftest import companies, compat, inside, owner, profile, sends

__all__ = ["companies", "compat", "inside", "owner", "profile", "sends"]
