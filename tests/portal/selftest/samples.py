"""Reports as the component makes them, and what a browser does with them."""

import json
from typing import Any

from django.test import Client

from tests.portal.support.people import RESULTS

NEW = "/selftest/report/"
RETURN = "/.well-known/cardlogin-return"


def content(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A report's content; what its first fault is follows from its results."""
    rows = list(results or RESULTS)
    first = next((row["code"] for row in rows if row["sign"] == "fail"), "")
    return {
        "format": "cardlogin-report:1", "installation": "0f" * 16, "made": "2026-12-02T17:00:00Z", "version": "0.1.0",
        "first": first, "results": rows, **more,
    }  # fmt: skip


def text(*results: dict[str, Any], **more: Any) -> str:
    """The same as the component's page posts it."""
    return json.dumps(content(*results, **more), ensure_ascii=False, indent=1)


def send(client: Client, report: str | None = None) -> Any:
    """Press the button; the answer."""
    return client.post(NEW, {"report": text() if report is None else report})


def code_on(page: Any) -> str:
    """The code that the page shows."""
    return str(page.content.decode().split('id="report-code"><code>', 1)[1].split("<", 1)[0])


def refusal(page: Any) -> str:
    """The code of the failure that the page shows; empty where it shows none."""
    parts = page.content.decode().split('id="report-message"')
    return str(parts[1].split('data-code="', 1)[1].split('"', 1)[0]) if len(parts) > 1 else ""
