"""Fixtures of the server library's tests."""

import pytest

from tests.server.site import Site

VERDICTS = pytest.StashKey[str]()
"""The closing line of the conformance tests, when they ran."""


def pytest_unconfigure(config: pytest.Config) -> None:
    """Prints the closing line below everything that pytest prints."""
    line = config.stash.get(VERDICTS, None)
    if line:
        config.get_terminal_writer().line(line)


@pytest.fixture
def site() -> Site:
    """A portal of its own for each test."""
    return Site()
