"""What is served on the old component's port, and on the one of its sibling."""

from pathlib import Path

from aiohttp import hdrs, web

from agent.web.hipki.api import OldApi
from agent.web.hipki.desk import Desk
from agent.web.hipki.pages import OldPages
from agent.web.hipki.rules import FORM, POPUPS, SIBLING, rules_of
from agent.web.listener import guarded
from agent.web.metadata import path_of
from agent.web.places import Places
from agent.web.status import StatusPage

# Whoever held the port before us may have left a service worker and pages there (Clear Site Data, 3.1). Not on the
# popup itself, whose first message must not wait for it, nor on what pages load of their own accord.
_CLEAR = {"Clear-Site-Data": '"cache", "storage"'}
_QUICK = frozenset({*POPUPS, "/p11Image.bmp", "/waiting.gif"})


def old_application(desk: Desk, places: Places, port: int, root: Path | None = None) -> web.Application:
    """Everything that pages written for the old component reach; `root` is the certificate that browsers trust."""
    pages, api, status = OldPages(desk), OldApi(desk), StatusPage(root, "/selfTest.htm")
    return _application(desk, places, port, [*pages.routes(), *api.routes(), *status.routes()])


def sibling_application(desk: Desk, places: Places, port: int) -> web.Application:
    """What pages written for the sibling component reach."""
    return _application(desk, places, port, [*OldPages(desk).sibling_routes(), *OldApi(desk).asks(SIBLING)])


def _application(desk: Desk, places: Places, port: int, routes: list[web.RouteDef]) -> web.Application:
    app = guarded(desk.admission, places, port, f"http://localhost:{port}", routes, FORM, rules_of)
    app.on_response_prepare.append(_clear)
    return app


async def _clear(request: web.Request, response: web.StreamResponse) -> None:
    """Has the browser drop what was left under this origin, wherever nobody waits for it."""
    served = response.status < 400
    quick = path_of(request) in _QUICK or hdrs.ACCESS_CONTROL_ALLOW_ORIGIN in response.headers
    if not (served and quick):
        response.headers.update(_CLEAR)
