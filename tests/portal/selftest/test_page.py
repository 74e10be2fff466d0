"""The page of the self-test as it is answered."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from agent.selftest.checks.browser import OLDEST as OLDEST_OF_THE_AGENT
from portal.failures import PAGE_INSECURE
from portal.selftest.views import CHECKS, CODES, OLDEST
from portal.support.manual import manual
from tests.portal.conftest import browser
from tests.portal.helpers import plain
from tests.portal.recovery.gallery import Gallery
from tests.portal.recovery.test_looks import look_at

pytestmark = pytest.mark.django_db


def data_of(client: Client) -> dict[str, Any]:
    """What the page's script is told."""
    text = client.get("/selftest/").content.decode().split('id="selftest-data"', 1)[1]
    told: dict[str, Any] = json.loads(text.split(">", 1)[1].split("</script>", 1)[0])
    return told


def test_everybody_may_see_it_and_says_what_to_do_without_javascript(client: Client) -> None:
    text = plain(client.get("/selftest/"))
    assert "環境檢測與憑證登入都需要 JavaScript。" in text
    assert "cardlogin doctor" in text
    for check in CHECKS:
        assert manual().check_name(check) in text


def test_oldest_browsers_are_those_of_the_component() -> None:
    assert OLDEST == OLDEST_OF_THE_AGENT


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_codes_have_the_texts_of_the_manual(client: Client, language: str) -> None:
    client.post("/language/", {"language": language})
    told = data_of(client)
    assert set(told["codes"]) == {*CODES, PAGE_INSECURE.code}
    tag = {"zh-hant": "zh-Hant"}.get(language, language)
    for code in CODES:
        said = manual().codes[code].texts[tag]
        assert (told["codes"][code]["meaning"], told["codes"][code]["steps"]) == (
            said.meaning,
            list(said.steps[: -1 if code == "agent_not_found" else None]),
        )
    assert all(told["words"].values())
    assert set(CODES) <= set(told["known"])


def test_clock_of_the_portal(client: Client) -> None:
    answer = client.get("/selftest/clock/")
    assert abs(answer.json()["now"] - time.time()) < 5
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.browser
def test_looks_before_a_run() -> None:
    gallery = Gallery()
    gallery.hang("selftest", browser().get("/selftest/"))
    assert look_at(gallery, "selftest") == []
