"""Portals of every kind, each on a port of its own, that serve the pages of this folder."""

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.stand.pages import PageHandler, PageServer
from tests.stand.parts import HOST

PAGES = Path(__file__).parent / "pages"
_KINDS = {
    **dict.fromkeys(("/portal.html", "/clock.html", "/bare.html"), "text/html"),
    "/client.js": "text/javascript",
}
# What stands before the name of the page says which policy for its windows a portal has.
_POLICIES = {"": "", "/cut": "same-origin", "/kept": "same-origin-allow-popups"}


class Kind(StrEnum):
    """Where a portal is, and what its visitor has told the browser about it."""

    PUBLIC = "https, public"
    GRANTED = "https, public, permission granted"
    LOOPBACK = "https, loopback"
    PLAIN_LOOPBACK = "http, loopback"
    PLAIN = "http, public, listed in [hipki] http"
    UNLISTED = "http, public"

    @property
    def encrypted(self) -> bool:
        """Whether it is served over TLS."""
        return self in (Kind.PUBLIC, Kind.GRANTED, Kind.LOOPBACK)

    @property
    def public(self) -> bool:
        """Whether browsers take it for a site of the internet."""
        return self not in (Kind.LOOPBACK, Kind.PLAIN_LOOPBACK)


class Portal(PageServer):
    """One portal; a context manager. `said` is what its page told, oldest first."""

    def __init__(self, kind: Kind, certificate: Path) -> None:
        super().__init__(partial(_Handler, self), certificate if kind.encrypted else None)
        self.kind = kind
        self.said: list[dict[str, Any]] = []
        self.origin = f"{'https' if kind.encrypted else 'http'}://{HOST if kind.public else 'localhost'}:{self.port}"

    def page(self, style: Mapping[str, object], policy: str = "") -> str:
        """The address of a page in a style, under a policy for its windows."""
        return f"{self.origin}{policy}/portal.html?style={quote(json.dumps(style))}"


class _Handler(PageHandler):
    def __init__(self, portal: Portal, *arguments: Any) -> None:
        self._portal = portal
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """A page or its script."""
        policy, _, name = urlsplit(self.path).path.rpartition("/")
        kind = _KINDS.get(f"/{name}")
        if kind is None or policy not in _POLICIES:
            self.send_error(404)
            return
        headers = {"Cross-Origin-Opener-Policy": _POLICIES[policy]} if _POLICIES[policy] else {}
        self.send((PAGES / name).read_bytes(), kind, headers)

    def do_POST(self) -> None:
        """What the page tells."""
        self._portal.said.append(json.loads(self.received()))
        self.send("", "text/plain")
