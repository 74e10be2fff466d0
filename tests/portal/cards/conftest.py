"""Fixtures of the tests of cards: companies beside the citizens."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from cardlogin_server.contrib.django.parts import forget
from tests.portal.cards.company_pki import Companies
from tests.portal.pki import Pki


@pytest.fixture
def companies(pki: Pki, tmp_path: Path, settings: Settings) -> Iterator[Companies]:
    """Companies' cards that this portal accepts."""
    made = Companies(pki, tmp_path / "pki")
    with made.lists() as host:
        settings.CARDLOGIN_PKI = str(made.folder)
        settings.CARDLOGIN_CRL_HOSTS = (*settings.CARDLOGIN_CRL_HOSTS, host)
        forget()
        yield made
