"""A report posted to the return address: handed to the page that sends it; and what a site says of itself."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from portal.limits import largest_body
from portal.selftest.form import LARGEST
from portal.selftest.models import Report
from portal.settings.environment import Environment
from tests.portal.conftest import browser
from tests.portal.selftest.samples import NEW, RETURN, text
from tests.portal.support.people import result


def post(client: Client, fields: dict[str, str]) -> Any:
    """A form post as the component's page sends it: another site's."""
    return client.post(RETURN, fields, headers={"origin": "null", "sec-fetch-site": "cross-site"})


def handed_on(answer: Any) -> str:
    """What the page's script will find."""
    found = re.search(r'<script id="selftest-report" type="application/json">(.*?)</script>', answer.content.decode())
    assert found is not None
    report: str = json.loads(found[1])["report"]
    return report


@pytest.mark.django_db
def test_report_of_another_site_is_handed_on_and_nothing_is_kept() -> None:
    answer = post(browser(enforce_csrf_checks=True), {"report": text(), "state": "s"})
    assert answer.status_code == 200
    assert handed_on(answer).replace("\r\n", "\n") == text()
    assert not answer.cookies
    assert not Report.objects.exists()
    assert "no-store" in answer.headers["Cache-Control"]
    assert f'data-report-url="{NEW}"' in answer.content.decode()
    assert '<script type="module" src="/static/portal/report_return.js"></script>' in answer.content.decode()


def test_longest_report_comes_through_percent_encoded() -> None:
    report = text(*(result(f"c{number}", a="字" * 200, b="字" * 121) for number in range(60)))
    assert LARGEST - 1_000 < len(report.encode()) <= LARGEST
    sent = urlencode({"report": report, "state": "字" * 1_000})
    assert len(sent) > 180_000
    assert handed_on(browser().post(RETURN, sent, "application/x-www-form-urlencoded")) == report
    assert len(handed_on(post(browser(), {"report": "x" * 70_000}))) == LARGEST + 1


def test_body_that_no_report_can_have_is_not_read() -> None:
    assert browser().post(RETURN, {"report": "x" * 213_000}).status_code == 400
    assert {path: largest_body(path) // 1024 for path in (RETURN, NEW, f"{NEW}x/", "/", "/accounts/card/login/")} == {
        RETURN: 208, NEW: 208, f"{NEW}x/": 48, "/": 48, "/accounts/card/login/": 48
    }  # fmt: skip


def test_empty_post_is_answered_as_before() -> None:
    for answer in (browser().post(RETURN), post(browser(), {"report": "", "token": "x"})):
        assert answer.status_code == 200
        assert 'id="card-return"' in answer.content.decode()


@pytest.mark.parametrize("report", ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--"])
def test_script_in_a_report_stays_text(report: str) -> None:
    answer = post(browser(), {"report": report})
    assert handed_on(answer) == report
    assert answer.content.decode().count("<script") == 2


def test_site_tells_its_log_in_page_and_the_releases(settings: Settings) -> None:
    settings.CARDLOGIN_AGENT_NEWEST, settings.CARDLOGIN_AGENT_MINIMUM = "1.2.0", "1.1.0"
    said = browser().get(RETURN).json()
    assert said == {
        "cardlogin_return": 1, "agent": {"newest": "1.2.0", "minimum": "1.1.0"}, "login": "/accounts/login/"
    }  # fmt: skip


@pytest.mark.parametrize("version", ["v1", "1.", "1..2", "latest", "1.2.3.4.5", "１.2", "<b>", "1\n"])
def test_releases_in_the_environment_are_numbers(version: str) -> None:
    assert Environment({}).version("V", "0.1.0") == "0.1.0"
    assert Environment({"V": "12.0"}).version("V", "0.1.0") == "12.0"
    environment = Environment({"V": f"{version}x"})
    assert environment.version("V", "0.1.0") == "0.1.0"
    with pytest.raises(ImproperlyConfigured, match="V is no version"):
        environment.finish()
