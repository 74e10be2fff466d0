"""Builds the parts and runs them: the only file that knows them all."""

import asyncio
import contextlib
import logging
import signal
import subprocess
from pathlib import Path

from filelock import FileLock, Timeout

from agent.card.client import CardHost
from agent.child import child_command
from agent.settings import Settings
from agent.signing import Signing
from agent.web.listener import application, bind, bind_plain, plain_application, serve, tls_context

_LOG = logging.getLogger(__name__)


class StartError(Exception):
    """The daemon cannot start; the text says why and what to do."""


def run(settings: Settings) -> None:
    """Serves until SIGTERM or Ctrl-C; raises StartError, PortError or SettingsError before that."""
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(settings.state / "daemon.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StartError("another CardLogin agent of this user is running") from None
    with lock:
        identity = ensure_identity(settings.state)
        asyncio.run(_serve(settings, identity))


def ensure_identity(state: Path) -> Path:
    """The folder with the localhost identity; made by a child, because this process never loads cryptography."""
    folder = state / "identity"
    if not (folder / "leaf.pem").exists():
        command = (*child_command("certs.__main__"), "create", "--folder", str(folder))
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        except subprocess.TimeoutExpired:
            raise StartError("no localhost identity: making it takes too long") from None
        if result.returncode != 0:
            raise StartError(f"no localhost identity: {result.stderr.strip()[-200:]}")
    return folder


async def _serve(settings: Settings, identity: Path) -> None:
    sockets, plain = bind(settings.web.ports), bind_plain(settings.web.http_port)
    port, http_port = int(sockets[0].getsockname()[1]), settings.web.http_port if plain else 0
    signing = Signing(CardHost(settings.card))
    app = application(signing, settings.web, port, http_port=http_port, root=identity / "root.pem")
    context = tls_context(str(identity / "leaf.pem"), str(identity / "leaf.key"))
    runners = [await serve(app, sockets, context)]
    if plain:
        runners.append(await serve(plain_application(signing, settings.web, http_port, port), plain, None))
    elif settings.web.http_port:
        _LOG.warning("port %d is taken: no popups over plain HTTP", settings.web.http_port)
    stop = _stop_on_signals()
    _LOG.info("ready on https://localhost:%d", port)
    print(f"ready https://localhost:{port}", flush=True)
    try:
        await stop.wait()
    finally:
        for runner in runners:
            await runner.cleanup()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(number, stop.set)
    return stop
