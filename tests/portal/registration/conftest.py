"""Both profiles for every test of this folder; an empty cache, because rate limits live there."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import Settings


@pytest.fixture(params=["modern", "egov-compat"], autouse=True)
def profile(request: pytest.FixtureRequest, settings: Settings, transactional_db: None) -> Iterator[str]:
    """Both profiles; every test has transactions of its own, so that mails leave."""
    settings.CARDLOGIN_PROFILE = request.param
    yield str(request.param)
    cache.clear()
