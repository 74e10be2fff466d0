"""Fixtures of the server library's tests."""

import pytest

from tests.server.site import Site


@pytest.fixture
def site() -> Site:
    """A portal of its own for each test."""
    return Site()
