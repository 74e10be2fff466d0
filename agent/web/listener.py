"""The listeners: what is served over HTTPS and, for popups alone, over plain HTTP; TLS and the ports."""

import errno
import socket
import ssl
from asyncio import sslproto
from pathlib import Path

from aiohttp import web, web_response

from agent.selftest.child import Doctor
from agent.signing import Signing
from agent.web.asking import ADMISSION, Admission
from agent.web.connections import Site
from agent.web.go import GoPage
from agent.web.guard import PORT, SERVER, finish, guard
from agent.web.metadata import RULES_OF, RulesOf, native_rules
from agent.web.native import NativeApi
from agent.web.places import OWN, PLACES, Places
from agent.web.popup import PopupPage
from agent.web.selftest import SelfTestPage
from agent.web.shape import FORM, Form
from agent.web.status import LAST_FAILURE, Refusals, StatusPage

# Room for what is read of a connection at once; CPython reserves 256 KiB for each, 16 times what a request may have.
_TLS_BUFFER = 16 * 1024
# How many connections may wait to be accepted.
_BACKLOG = 1024
_NATIVE = Form()
# Seconds, then bytes. What is left of a refused body is read for a moment, so that the answer arrives.
_HTTP = {
    "keepalive_timeout": 30.0, "lingering_time": 1.0, "max_line_size": 2048, "max_field_size": 4096, "access_log": None,
}  # fmt: skip


class PortError(Exception):
    """No port of the published list is free."""


def application(
    signing: Signing, admission: Admission, places: Places, doctor: Doctor, root: Path | None = None
) -> web.Application:
    """Everything that browsers reach over HTTPS, behind the guard; `root` is the certificate that browsers trust."""
    developer = admission.callers.developer
    parts = (
        NativeApi(signing), PopupPage(signing), GoPage(signing, developer=developer), StatusPage(root),
        SelfTestPage(signing, doctor, developer=developer),
    )  # fmt: skip
    return guarded(admission, places, places.port, places.own, [route for part in parts for route in part.routes()])


def plain_application(
    signing: Signing, admission: Admission, places: Places, doctor: Doctor
) -> web.Application:  # fmt: skip
    """What browsers reach over plain HTTP when they do not trust our certificate: popup, self-test, that we are here.

    A popup is a window of ours that names the caller by `event.origin`, and its answer leaves it by postMessage, so
    nothing of it needs TLS on this computer's own loopback; a page's fetch does, and is not served here. The page of
    the self-test is for the person alone.
    """
    selftest = SelfTestPage(signing, doctor, developer=admission.callers.developer, secure=places.own)
    popup = PopupPage(signing, secure=places.own)
    routes = [NativeApi(signing).discovery(), *popup.routes(), *selftest.routes()]
    return guarded(admission, places, places.http_port, places.plain, routes)


def door_application(signing: Signing, admission: Admission, places: Places) -> web.Application:
    """What is answered to plain HTTP on the HTTPS port: that we are here, and the way to the popup over plain HTTP.

    A page whose browser does not trust our certificate asks here, so that it reaches whoever holds the HTTPS port and
    nobody else: not a program that has taken the plain port and waits there for popups.
    """
    routes = [NativeApi(signing).discovery(), PopupPage(signing).lead()]
    return guarded(admission, places, places.port, places.plain, routes)


def guarded(
    admission: Admission,
    places: Places,
    port: int,
    own: str,
    routes: list[web.RouteDef],
    form: Form = _NATIVE,
    rules_of: RulesOf = native_rules,
) -> web.Application:
    """An application behind the guard, which has requests keep a form and a rule."""
    app = web.Application(middlewares=[guard, Refusals().middleware()], client_max_size=form.max_body)
    app[PORT], app[OWN], app[PLACES] = port, own, places
    app[FORM], app[RULES_OF] = form, rules_of
    app[ADMISSION] = admission
    app[LAST_FAILURE] = admission.failures
    app.on_response_prepare.append(finish)
    app.add_routes(routes)
    return app


def tls_context(chain: str, key: str) -> ssl.SSLContext:
    """The server's TLS: 1.2 or newer, with the leaf made for this computer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(chain, key)
    return context


def bind(ports: tuple[int, ...]) -> list[socket.socket]:
    """Sockets on 127.0.0.1 and, where the computer has it, ::1, on the first port that is free on both.

    Raises PortError when none is.
    """
    for port in ports:
        sockets = _bind_port(port)
        if sockets:
            return sockets
    raise PortError(f"none of the ports {', '.join(map(str, ports))} is free")


async def serve(
    app: web.Application,
    sockets: list[socket.socket],
    context: ssl.SSLContext | None,
    door: web.AppRunner | None = None,
) -> web.AppRunner:
    """Starts to answer, over plain HTTP without a context; `cleanup()` of the result ends it.

    `door` answers those who speak plain HTTP where TLS is spoken. A page that goes away cancels its request.
    """
    # aiohttp answers what is not HTTP by itself and would tell its version there.
    web_response.SERVER_SOFTWARE = SERVER  # type: ignore[attr-defined]
    sslproto.SSLProtocol.max_size = _TLS_BUFFER
    runner = await ready(app)
    for sock in sockets:
        await Site(runner, sock, context, app[ADMISSION].connections, _HTTP, door).start()
    return runner


def open_door(runner: web.AppRunner, door: web.AppRunner) -> None:
    """Has `door` answer those who speak plain HTTP where a runner speaks TLS, from now on."""
    for site in runner.sites:
        if isinstance(site, Site):
            site.open_door(door)


async def ready(app: web.Application) -> web.AppRunner:
    """An application that can be given connections; `cleanup()` of the result ends it."""
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    return runner


def _bind_port(port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            sockets.append(_listen(family, address, port))
        except OSError as error:
            if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL) and sockets:
                continue  # a computer without IPv6
            for sock in sockets:
                sock.close()
            return []
    return sockets


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # On Windows SO_REUSEADDR would let another program take over a port in use.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock
