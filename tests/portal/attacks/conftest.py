"""Fixtures of the attacks: companies beside the citizens, both profiles, an account with every way in, its holder."""

from tests.portal.member.conftest import companies, compat, inside, owner, profile, sends

__all__ = ["companies", "compat", "inside", "owner", "profile", "sends"]
