"""Fixtures of these tests: somebody who has every way to recover access."""

from tests.portal.recovery.conftest import owner, sends

__all__ = ["owner", "sends"]
