"""The HTTPS listener: application, TLS and the port."""

import errno
import socket
import ssl

from aiohttp import web, web_response

from agent.settings import WebSettings
from agent.signing import Signing
from agent.web.guard import MAX_BODY, PORT, SERVER, guard
from agent.web.native import NativeApi
from agent.web.popup import PopupPage

# Seconds; and how many connections may wait to be accepted.
_KEEP_ALIVE, _BACKLOG = 30.0, 128


class PortError(Exception):
    """No port of the published list is free."""


def application(signing: Signing, settings: WebSettings, port: int) -> web.Application:
    """Everything that browsers reach, behind the guard."""
    app = web.Application(middlewares=[guard], client_max_size=MAX_BODY)
    app[PORT] = port
    app.add_routes(NativeApi(signing, settings).routes() + PopupPage(signing, settings).routes())
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


async def serve(app: web.Application, sockets: list[socket.socket], context: ssl.SSLContext) -> web.AppRunner:
    """Starts to answer; `cleanup()` of the result ends it. A page that goes away cancels its request."""
    # aiohttp answers what is not HTTP by itself and would tell its version there.
    web_response.SERVER_SOFTWARE = SERVER  # type: ignore[attr-defined]
    runner = web.AppRunner(
        app, handler_cancellation=True, keepalive_timeout=_KEEP_ALIVE, access_log=None, max_line_size=2048,
        max_field_size=4096, shutdown_timeout=1.0,
    )  # fmt: skip
    await runner.setup()
    for sock in sockets:
        await web.SockSite(runner, sock, ssl_context=context, backlog=_BACKLOG).start()
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
