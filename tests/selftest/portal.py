"""A portal as the self-test asks it: what pages ask too, its time, and its log-in page; each can be made wrong."""

import json
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from typing_extensions import override

from agent.selftest.portal_look import WELL_KNOWN
from tests.stand.pages import PageHandler, PageServer

LOGIN = "/accounts/login/"


class Portal(PageServer):
    """The portal on a port of its own; `reset` makes it right again."""

    def __init__(self, certificate: Path) -> None:
        super().__init__(partial(_Handler, self), certificate)
        self.origin = f"https://127.0.0.1:{self.port}"
        self.goes_on = threading.Event()
        self.reset()

    def reset(self) -> None:
        """As portals are."""
        self.ahead = 0.0  # seconds that its clock is ahead of this computer's
        self.versions: Any = {"newest": "0.1.0", "minimum": "0.1.0"}
        self.body: str | None = None  # instead of what a portal says
        self.status = 200
        self.policy = "same-origin-allow-popups"
        self.goes_on.set()  # cleared: it takes connections and says nothing

    @property
    def said(self) -> str:
        """What it says of itself."""
        return json.dumps({"cardlogin_return": 1, "agent": self.versions, "login": LOGIN})


class _Handler(PageHandler):
    def __init__(self, portal: Portal, *arguments: Any) -> None:
        self._portal = portal
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """One of the two pages."""
        portal = self._portal
        portal.goes_on.wait()
        if self.path == LOGIN:
            self.send("<!DOCTYPE html><title>log in</title>", more={"Cross-Origin-Opener-Policy": portal.policy})
        elif self.path == WELL_KNOWN:
            body = portal.said if portal.body is None else portal.body
            self.send(body, "application/json", status=portal.status)
        else:
            self.send_error(404)

    @override
    def date_time_string(self, timestamp: float | None = None) -> str:
        """Its own time."""
        return super().date_time_string((timestamp or time.time()) + self._portal.ahead)
