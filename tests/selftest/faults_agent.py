"""Faults of the agent: ports, daemon, window, identity, TLS, trust; and what the browser does."""

import json
import os
import shutil
import signal
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.state import IDENTITY
from certs.authority import make_identity
from certs.chromium import chromium_database
from certs.life import MANIFEST, ROOT
from certs.policies import PoliciesStore
from certs.store import read_root
from tests.selftest.computer import Computer
from tests.selftest.rows import Act, Row, Scene
from tests.selftest.stage import FIREFOX, HTTP_PORT, OLD_PORT, PORTS

_OLD_COMPONENT = "HiPKILocalServer"


def stranger(how: str, *ports: int, name: str = "apache2") -> Act:
    """Another program has ports."""

    def act(computer: Computer) -> None:
        program = computer.stage.stranger(how, *ports, name=name)
        computer.undo.callback(program.stop)

    return act


def interceptor(computer: Computer) -> None:
    """Security software answers in our place, with a certificate of its own."""
    program = computer.stage.stranger("hello", PORTS[0], name="shield", certificate=computer.stage.certificate)
    computer.undo.callback(program.stop)


def stopped(computer: Computer) -> None:
    """The agent stands still, as a program that a debugger or the system holds."""
    pid = computer.stage.agent.program.pid
    os.kill(pid, signal.SIGSTOP)
    computer.undo.callback(os.kill, pid, signal.SIGCONT)


def no_display(computer: Computer) -> None:
    """Nobody can be shown anything."""
    del computer.environment["DISPLAY"]


def terminal_alone(computer: Computer) -> None:
    """The settings want a terminal, and there is none."""
    computer.settings["card"]["prompt"] = "terminal"


def dead_display(computer: Computer) -> None:
    """The screen takes connections and says nothing."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("/tmp/.X11-unix/X97")
    listening.listen(8)
    computer.undo.callback(Path("/tmp/.X11-unix/X97").unlink)
    computer.undo.callback(listening.close)
    computer.environment["DISPLAY"] = ":97"


def identity(computer: Computer) -> Path:
    """The identity's folder, a copy."""
    return computer.own_state() / IDENTITY


def no_identity(computer: Computer) -> None:
    """It has been deleted."""
    shutil.rmtree(identity(computer))


def early_identity(computer: Computer) -> None:
    """It is of an early version."""
    (identity(computer) / MANIFEST).unlink()


def damaged_identity(computer: Computer) -> None:
    """Its manifest is cut off."""
    manifest = identity(computer) / MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:100])


def lost_leaf(computer: Computer) -> None:
    """A certificate of it is gone."""
    next(identity(computer).glob("leaf-*.pem")).unlink()


def exposed_key(computer: Computer) -> None:
    """Others can read a key."""
    next(identity(computer).glob("leaf-*.key")).chmod(0o644)


def shifted(days: int) -> Act:
    """It was made so many days earlier."""

    def act(computer: Computer) -> None:
        manifest = identity(computer) / MANIFEST
        manifest.write_text(json.dumps(_earlier(json.loads(manifest.read_text()), timedelta(days=days))))

    return act


def _earlier(value: Any, days: timedelta) -> Any:
    if isinstance(value, dict):
        return {name: _earlier(item, days) for name, item in value.items()}
    if isinstance(value, list):
        return [_earlier(item, days) for item in value]
    if isinstance(value, str) and value.endswith("Z"):
        return f"{datetime.fromisoformat(value).astimezone(UTC) - days:%Y-%m-%dT%H:%M:%SZ}"
    return value


def other_root(computer: Computer) -> None:
    """The root beside the leaves is not the one that they were made with."""
    (identity(computer) / ROOT).write_bytes(make_identity().root)


def page_distrusts(computer: Computer) -> None:
    """The page's own browser has shown its warning."""
    computer.browser["trusts"] = False


def without_chromium_root(computer: Computer) -> None:
    """The root is not in the database of Chromium; the page was let through by hand."""
    shutil.rmtree(chromium_database(computer.home))


def without_firefox_root(computer: Computer) -> None:
    """The root is not in the database of Firefox."""
    _empty(computer, computer.home / FIREFOX)


def damaged_store(place: Path) -> Act:
    """A database is no database."""

    def act(computer: Computer) -> None:
        (computer.home / place / "cert9.db").write_bytes(b"no database" * 100)

    return act


def root_by_policy(computer: Computer) -> None:
    """Firefox is told by its policies to trust the root."""
    without_firefox_root(computer)
    root = read_root(computer.stage.state / IDENTITY / ROOT)
    folder = computer.stage.system.path("/etc/firefox/policies")
    folder.mkdir(parents=True)
    computer.undo.callback(shutil.rmtree, folder.parent)
    # The file is named as programs of this computer see it.
    store = PoliciesStore(folder / "policies.json")
    store.apply(root)
    text = store.place.read_text().replace(str(folder), "/etc/firefox/policies")
    store.place.write_text(text)


def _empty(computer: Computer, place: Path) -> None:
    from tests.stand.parts import run

    (place / "cert9.db").unlink()
    (place / "key4.db").unlink()
    run("certutil", ["certutil", "-d", f"sql:{place}", "-N", "--empty-password"])


def browser(**facts: object) -> Act:
    """The page's browser says this of itself."""

    def act(computer: Computer) -> None:
        computer.browser |= facts

    return act


def opener(computer: Computer) -> None:
    """The portal's log-in page cuts its windows off."""
    computer.stage.portal.policy = "same-origin"


CROWDED = (
    Row("another program on the first port", inject=stranger("web", PORTS[0]), warns=("port_taken",),
        scene=Scene.CROWDED),
    Row("silent program on the first port", inject=stranger("silent", PORTS[0]), warns=("port_taken",),
        scene=Scene.CROWDED),
    Row("the old component runs", inject=stranger("web", OLD_PORT, name=_OLD_COMPONENT),
        warns=("old_component_running",), scene=Scene.CROWDED),
    Row("another program on the old component's port", inject=stranger("web", OLD_PORT), warns=("old_port_taken",),
        scene=Scene.CROWDED),
    Row("another program on the port of plain HTTP", inject=stranger("web", HTTP_PORT), warns=("http_port_taken",),
        scene=Scene.CROWDED),
)  # fmt: skip
DAEMON = (
    Row("other programs on all ports", "ports_taken", stranger("web", *PORTS), scene=Scene.NONE),
    Row("silent programs on all ports", "ports_taken", stranger("silent", *PORTS), scene=Scene.NONE),
    Row("agent not started", "agent_not_running", scene=Scene.NONE),
    Row("agent not started, a stranger on one port", "agent_not_running", stranger("web", PORTS[1]), scene=Scene.NONE),
    Row("agent stands still", "agent_silent", stopped),
    Row("agent of another user", "other_user", scene=Scene.STRANGER),
    Row("agent of another version", warns=("agent_other_version",), scene=Scene.OLD),
    Row("no screen", "no_prompt", no_display),
    Row("no terminal", "no_prompt", terminal_alone),
    Row("screen that does not answer", "host_failed", dead_display, late=True),
)
IDENTITIES = (
    Row("identity deleted", "identity_missing", no_identity),
    Row("identity of an early version", "identity_outdated", early_identity),
    Row("identity's manifest cut off", "identity_unreadable", damaged_identity),
    Row("identity without a certificate", "identity_unreadable", lost_leaf),
    Row("identity's key readable by others", "identity_exposed", exposed_key),
    Row("identity has ended", "identity_expired", shifted(4000)),
    Row("identity ends soon", inject=shifted(3600), warns=("identity_ending",)),
    Row("identity made in the future: clock set back", "clock_wrong", shifted(-400), check="identity"),
    Row("security software answers in our place", "tls_intercepted", interceptor, scene=Scene.NONE),
    Row("root is another one than the certificate's", "tls_failed", other_root, also=("not_trusted_here",)),
)
BROWSERS = (
    Row("page's browser distrusts us", "not_trusted_here", page_distrusts),
    Row("page let through by hand in Chromium", "not_trusted_here", without_chromium_root),
    Row("Firefox distrusts us, page is in Chromium", inject=without_firefox_root, warns=("not_trusted_elsewhere",)),
    Row("Firefox's database damaged", inject=damaged_store(FIREFOX), warns=("trust_unreadable",)),
    Row("Firefox trusts us by policy", inject=root_by_policy),
    Row("Chromium 90", "browser_old", browser(version=90)),
    Row("Firefox 102", "browser_old", browser(kind="firefox", version=102)),
    Row("unknown browser", inject=browser(kind="other", version=0), warns=("browser_unknown",)),
    Row("portal's page may not reach this computer", inject=browser(network_access="denied"),
        warns=("network_access_denied",)),
    Row("pop-up windows blocked", inject=browser(popups=False), warns=("popups_blocked",)),
    Row("portal cuts its windows off", inject=opener, warns=("opener_cuts",)),
)  # fmt: skip
ROWS = (*DAEMON, *CROWDED, *IDENTITIES, *BROWSERS)
