"""Fixtures of the attacks: both profiles, an account with every way in, its holder inside, what is really sent."""

from tests.portal.member.conftest import compat, inside, owner, profile, sends

__all__ = ["compat", "inside", "owner", "profile", "sends"]
