"""Every page in a real browser: axe-core finds nothing in light and dark, and nothing is wider than the screen."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from tests.portal.pki import Pki
from tests.portal.registration.looking import Looking, pictures_in
from tests.portal.registration.states import STATES, account, advanced_doubts, confirmed, done, rescue

pytestmark = pytest.mark.browser
# Pages that look different under the manuals' rules.
COMPAT = (account, advanced_doubts, rescue, done)
CASES = [*((state, "modern") for state in (*STATES, confirmed)), *((state, "egov-compat") for state in COMPAT)]


@pytest.fixture(scope="module")
def looking() -> Iterator[Looking]:
    """The browser."""
    made = Looking()
    yield made
    made.close()


@pytest.mark.parametrize(("state", "profile"), CASES, indirect=["profile"])
def test_axe_finds_nothing_and_nothing_overflows(
    client: Client, pki: Pki, looking: Looking, profile: str, state: Callable[[Client, Pki], str]
) -> None:
    source = state(client, pki)
    files = {path: client.get(path).content for path in pictures_in(source)}
    assert looking.findings(f"{state.__name__}-{profile}", source, files) == []


@pytest.mark.parametrize("profile", ["modern"], indirect=True)
def test_looking_finds_what_is_wrong(looking: Looking) -> None:
    wide = "<!doctype html><title>x</title><img src='/x'><pre>" + "x" * 500 + "</pre>"
    found = " ".join(looking.findings("wrong", wide, {}))
    for finding in ("image-alt", "html-has-lang", "320 pixels, text of 100%"):
        assert finding in found
