"""What the agent's unit tests share: no blocking on the loop, and an agent served over TLS with a fake card host."""

import inspect
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from agent.callers import Callers
from agent.card.operation import State
from agent.permissions import FILE, Permissions
from agent.selftest.child import Doctor
from agent.settings import HipkiSettings, WebSettings
from agent.signing import Signing
from agent.web.asking import Admission
from agent.web.hipki.application import old_application, sibling_application
from agent.web.hipki.desk import Desk
from agent.web.listener import application, bind, serve, tls_context
from agent.web.places import Places
from certs.authority import make_identity
from certs.folder import write_identity
from certs.life import ROOT, read_life
from tests.stand.parts import free_port
from tests.stand.scripted_doctor import Script
from tests.unit.agent.fakes import FakeHost, Site
from tests.unit.agent.old_site import OldSite, Watch
from tests.unit.agent.operation_bench import Bench

Serve = Callable[[WebSettings], Awaitable[Site]]


@pytest.fixture(autouse=True)
def no_blocking_on_the_loop(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """A call that blocks the event loop fails the test."""
    if not inspect.iscoroutinefunction(request.function):
        yield None
        return
    with blockbuster_ctx() as blockbuster:
        # Starting a process waits for its exec, which is what asyncio offers.
        blockbuster.functions["os.read"].can_block_in("subprocess.py", {"_execute_child"})
        # One look at the date of a small file of the user's own for each order, so that a decision counts at once.
        for name in ("os.stat", "io.BufferedReader.read"):
            blockbuster.functions[name].can_block_in("permissions.py", {"_look", "_read"})
        # A word from a small file, once, when the daemon starts.
        blockbuster.functions["io.BufferedReader.read"].can_block_in("agent/language.py", {"_read"})
        for function in blockbuster.functions.values():  # a test's own files
            function.can_block_in("scripted_doctor.py", {"plan", "go_on", "asks"})
        yield blockbuster


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a localhost identity."""
    folder = tmp_path_factory.mktemp("identity") / "identity"
    write_identity(folder, make_identity())
    return folder


@pytest.fixture(scope="session")
def server_tls(identity: Path) -> ssl.SSLContext:
    """The agent's side of TLS."""
    leaf = read_life(identity).leaves[0]
    return tls_context(str(identity / leaf.certificate), str(identity / leaf.key))


@pytest.fixture(scope="session")
def client_tls(identity: Path) -> ssl.SSLContext:
    """A browser's side of TLS: trusts the root of the identity and nothing else."""
    return ssl.create_default_context(cafile=str(identity / ROOT))


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """The self-test of the served agent."""
    return Script(tmp_path / "selftest")


@pytest.fixture
async def serving(
    script: Script,
    identity: Path,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    no_blocking_on_the_loop: BlockBuster | None,
    tmp_path: Path,
) -> AsyncIterator[Serve]:
    """Serves agents with settings of the test's choice until the test ends."""
    async with AsyncExitStack() as stack:

        async def start(settings: WebSettings) -> Site:
            host, port = FakeHost(), free_port()
            admission = Admission(settings, Permissions(tmp_path / FILE))
            if no_blocking_on_the_loop is not None:  # the pages are read once, before anybody is served
                no_blocking_on_the_loop.deactivate()
            places = Places(port, read_life(identity).name)
            app = application(Signing(host), admission, places, Doctor(command=script.command))
            if no_blocking_on_the_loop is not None:
                no_blocking_on_the_loop.activate()
            runner = await serve(app, bind((port,)), server_tls)
            stack.push_async_callback(runner.cleanup)
            connector = aiohttp.TCPConnector(ssl=client_tls)
            client = aiohttp.ClientSession(f"https://localhost:{port}", connector=connector)
            await stack.enter_async_context(client)
            return Site(places, host, client_tls, client, admission)

        yield start


@pytest.fixture
async def site(serving: Serve) -> Site:
    """An agent with its default settings."""
    return await serving(WebSettings())


@pytest.fixture
def settings() -> HipkiSettings:
    """The settings of the old protocol."""
    return HipkiSettings()


@pytest.fixture
async def old(no_blocking_on_the_loop: BlockBuster, tmp_path: Path, settings: HipkiSettings) -> AsyncIterator[OldSite]:
    """A served old component, and its sibling."""
    host, ports = FakeHost(), (free_port(), free_port())
    permissions = Permissions(tmp_path / FILE)
    admission, signing, watch = Admission(WebSettings(), permissions), Signing(host), Watch()
    desk = Desk(signing, admission, Callers(WebSettings(), permissions, settings))
    desk.follow(watch)
    places = Places(61171, "localhost", old={ports[0]: [], ports[1]: []})
    no_blocking_on_the_loop.deactivate()
    apps = (old_application(desk, places, ports[0]), sibling_application(desk, places, ports[1]))
    no_blocking_on_the_loop.activate()
    runners = [await serve(app, bind((port,)), None) for app, port in zip(apps, ports, strict=True)]
    async with aiohttp.ClientSession() as client:
        yield OldSite(ports, host, client, permissions, desk, watch)
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def bench() -> Bench:
    """An operation that looks for a card."""
    return Bench()


@pytest.fixture
def ready(bench: Bench) -> Bench:
    """An operation that waits for the PIN."""
    bench.step()
    assert bench.operation.state is State.READY
    return bench


@pytest.fixture
def signing(ready: Bench) -> Bench:
    """An operation whose card is at work."""
    ready.submit()
    assert ready.operation.state is State.SIGNING
    return ready
