"""Builds the parts and runs them: the only file that knows them all."""

import asyncio
import contextlib
import functools
import logging
import signal
import subprocess
from pathlib import Path

from agent.callers import Callers
from agent.card.client import CardHost
from agent.child import child_command
from agent.drivers import FILE as DRIVERS
from agent.drivers import DriverAnswers
from agent.language import FILE as LANGUAGE
from agent.language import ChosenLanguage
from agent.permissions import FILE, Permissions
from agent.platform import browsers_find
from agent.readers import Change, Event, ReaderWatch
from agent.selftest.child import Doctor
from agent.settings import Settings
from agent.signing import Signing
from agent.state import State, StateError, open_state
from agent.web.asking import Admission
from agent.web.connections import tidy
from agent.web.hipki.application import old_application, sibling_application
from agent.web.hipki.desk import Desk
from agent.web.listener import (
    application,
    door_application,
    open_door,
    plain_application,
    ready,
    serve,
    tls_context,
)  # fmt: skip
from agent.web.places import Places
from agent.web.ports import bound
from certs.keeper import LeafKeeper
from certs.life import IdentityError, check_identity, read_life

# How long the first try for the plain port may hold up the start; it goes on afterwards.
_PLAIN_SECONDS = 0.5
_LOG = logging.getLogger(__name__)


class StartError(Exception):
    """The daemon cannot start; the text says why and what to do."""


def run(settings: Settings, settings_file: str = "") -> None:
    """Serves until SIGTERM or Ctrl-C, once a port is free; raises StartError or SettingsError before that.

    `settings_file`: what the settings were read from where the person has named a file; the self-test reads it, too.
    """
    try:
        with open_state(settings.state) as state:
            ensure_identity(state.identity)
            asyncio.run(_serve(settings, state, settings_file))
    except StateError as error:
        raise StartError(str(error)) from None
    except IdentityError as error:
        raise StartError(f"{error.fault.value}: {error} (cardlogin trust install --new-identity)") from None


def ensure_identity(folder: Path) -> None:
    """The localhost identity is in a folder; made by a child, because this process never loads cryptography."""
    try:
        check_identity(folder)
    except IdentityError:
        command = (*child_command("certs.__main__"), "create", "--folder", str(folder))
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        except subprocess.TimeoutExpired:
            raise StartError("no localhost identity: making it takes too long") from None
        if result.returncode != 0:
            raise StartError(f"no localhost identity: {result.stderr.strip()[-200:]}") from None
        if result.stdout:
            _LOG.warning("%s", result.stdout.strip())


async def _serve(settings: Settings, state: State, settings_file: str) -> None:
    identity, folder = state.identity, state.folder
    stop = _stop_on_signals()
    sockets = await bound(settings.web.ports, stop, [])
    if not sockets:
        return
    port = int(sockets[0].getsockname()[1])
    name = read_life(identity).name
    old_ports: dict[int, list[str]] = {port: [] for port in (settings.hipki.port, settings.hipki.sibling_port) if port}
    places = Places(port, name if browsers_find(name) else "localhost", settings.web.http_port, old=old_ports)
    permissions = Permissions(folder / FILE)
    chosen, answers = ChosenLanguage(folder / LANGUAGE), DriverAnswers(folder / DRIVERS)
    signing = Signing(CardHost(settings.card, chosen, answers, permissions.permit))
    admission = Admission(settings.web, permissions)
    doctor = Doctor(settings_file)
    app = application(signing, admission, places, doctor, identity / "root.pem")
    desk = Desk(signing, admission, Callers(settings.web, permissions, settings.hipki))
    leaves = LeafKeeper(identity, tls_context)
    runners = [await serve(app, sockets, leaves.context)]

    async def serve_plain() -> None:
        """Popups over plain HTTP, once their port is ours; until then the way there is shut."""
        plain = await bound((places.http_port,), stop, places.taken)
        if plain:
            door = await ready(door_application(signing, admission, places))
            runners.extend([door, await serve(plain_application(signing, admission, places, doctor), plain, None)])
            open_door(runners[0], door)

    async def serve_old(port: int) -> None:
        """Pages written for the old component, or its sibling, once their port is ours."""
        if old := await bound((port,), stop, places.old[port]):
            sibling = port == settings.hipki.sibling_port
            make = sibling_application if sibling else functools.partial(old_application, root=identity / "root.pem")
            runners.append(await serve(make(desk, places, port), old, None))

    opening = [asyncio.create_task(serve_old(port)) for port in places.old]
    if places.http_port:
        opening.append(asyncio.create_task(serve_plain()))
    if opening:
        await asyncio.wait(opening, timeout=_PLAIN_SECONDS)
    watch = _watch_readers(signing, desk)
    _LOG.info("ready on https://localhost:%d", port)
    print(f"ready https://localhost:{port}", flush=True)
    watch.start()
    tidy()
    try:
        await stop.wait()
    finally:
        watch.stop()
        for task in opening:
            task.cancel()
        # First the order under way, which has an answer then; only after it the connections.
        doctor.close()
        await signing.close()
        for runner in runners:
            await runner.cleanup()


def _watch_readers(signing: Signing, desk: Desk) -> ReaderWatch:
    """Has a card host ready as soon as a card is inserted; which reader it is stays here."""
    loop = asyncio.get_running_loop()

    def changed(event: Event) -> None:
        _LOG.debug("readers: %s", event.change)
        desk.listings.changed()
        if event.change is Change.CARD_INSERTED:
            signing.prepare()

    def tell(event: Event) -> None:
        loop.call_soon_threadsafe(changed, event)

    watch = ReaderWatch(tell)
    desk.follow(watch)
    return watch


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(number, stop.set)
    return stop
