"""How each real part is started: reader, card, revocation server, agent, portal."""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.permissions import FILE, Decision, Permissions
from cardsim.pki.numbers import national_id, subject_serial
from certs.life import read_life
from tests.stand.databases import own_stores
from tests.stand.processes import Program, StandError
from tests.stand.tls import make_portal_certificate
from tests.stand.waiting import LIMIT, wait_until

ROOT = Path(__file__).resolve().parents[2]
HOST = "portal.test"
ACCOUNT, PASSWORD = "wang0001", "Demo-pass-2026!"
PIN = "123456"
_PORTS = range(10_000, 20_000)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this repository."""
    return [sys.executable, "-m", module, *arguments]


def free_port() -> int:
    """A TCP port that nobody listens on now.

    By true chance, from a range that neither the system nor the product chooses from: runs of the tests side by side
    meet no port of another, nor of a connection that happens to be open.
    """
    while True:
        port = _PORTS[secrets.randbelow(len(_PORTS))]
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


def run(name: str, command: Sequence[str], env: dict[str, str] | None = None) -> str:
    """Runs a command to its end; raises StandError with what it said when it fails."""
    result = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    if result.returncode != 0:
        raise StandError(f"{name}: {result.stdout[-500:]}{result.stderr[-1500:]}")
    return result.stdout


def make_pki(folder: Path, port: int, cards: Path | None = None) -> None:
    """The test PKI, made unless it is there, with its revocation addresses on a port; `cards` describes another one."""
    data = ["--data", str(cards)] if cards else []
    run("pki", python("cardsim", "pki", "--out", str(folder), "--base-url", f"http://127.0.0.1:{port}", *data))


class Reader:
    """A private pcscd with one virtual reader (or none), and the card in it."""

    def __init__(self, state: Path, logs: Path, *, empty: bool = False) -> None:
        self._logs = logs
        self._control = state / "card.sock"
        arguments = ["--state", str(state), *(["--empty"] if empty else [])]
        state.mkdir(parents=True, exist_ok=True)
        self.program = Program.start("reader", python("cardsim", "reader", *arguments), logs=logs, cwd=ROOT)
        socket_name, _, port = self.program.ready.rpartition(" ")
        self.env = {"PCSCLITE_CSOCK_NAME": socket_name}
        self.port = port  # where cards connect; the next one is the second reader
        self.card: Program | None = None

    def insert(self, image: Path) -> None:
        """Starts a card process with an image and puts the card into the reader."""
        arguments = ("--image", str(image), "--port", self.port, "--control", str(self._control))
        self.card = Program.start("card", python("cardsim", "card", *arguments), logs=self._logs, cwd=ROOT)

    def control(self, *command: str) -> dict[str, Any]:
        """Tells the card something; returns its answer. Raises StandError when it refuses."""
        return control(self._control, *command)

    def renew(self, image: Path) -> None:
        """A card without a fault and with all its tries is in the reader.

        It stays where it is if it is there already: to exchange it takes a second.
        """
        self.control("unhang")
        status = self.control("delay", "0")
        if not status["inserted"] or status["verified"] or status["image"] != str(image.resolve()):
            self.control("swap", str(image))
        self.control("unblock")

    def stop(self) -> None:
        """Ends card and reader."""
        if self.card is not None:
            self.card.stop()
        self.program.stop()


def control(path: Path, *command: str) -> dict[str, Any]:
    """One command on a card's control socket, without starting a process for it."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(LIMIT)
        sock.connect(str(path))
        sock.sendall(json.dumps({"command": command[0], "argument": "".join(command[1:])}).encode() + b"\n")
        with sock.makefile("rb") as file:
            answer: dict[str, Any] = json.loads(file.readline())
    if not answer.get("ok"):
        raise StandError(f"card: {answer}")
    return answer


def signing_certificate(image: Path) -> bytes:
    """The DER of the signing certificate of a card image."""
    return base64.b64decode(json.loads(image.read_text("utf-8"))["keys"]["9A"]["certificate"])


class Agent:
    """A running daemon with its own state folder and settings; `program` is the module that runs it."""

    def __init__(
        self,
        state: Path,
        logs: Path,
        env: dict[str, str],
        *,
        ports: Sequence[int],
        drivers: Sequence[str] = ("opensc",),
        modules: Sequence[str] = (),
        http_port: int = 0,
        hipki_port: int = 0,
        hipki_http: Sequence[str] = (),
        verbose: int = 1,
        program: str = "agent",
    ) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._state = state
        settings = state / "agent.toml"
        settings.write_text(
            f"state = {json.dumps(str(state))}\n"
            f"[web]\nports = {list(ports)}\nhttp_port = {http_port}\n"
            f"[hipki]\nport = {hipki_port}\nhttp = {json.dumps(list(hipki_http))}\n"
            f"[card]\ndrivers = {json.dumps(list(drivers))}\nmodules = {json.dumps(list(modules))}\n"
            f"pcsc = {json.dumps(env.get('PCSCLITE_CSOCK_NAME', ''))}\n"
        )
        self.log = logs / "agent.log"
        command = self.command(settings, verbose, program)
        self.program = Program.start("agent", command, logs=logs, env=env, cwd=ROOT)
        self.url = self.program.ready
        self.port = int(self.url.rpartition(":")[2])
        self.root = state / "identity" / "root.pem"
        self.own = f"https://{read_life(state / 'identity').name}:{self.port}"  # of pages that ask for signatures

    def allow(self, origin: str) -> None:
        """Remembers that this user trusts a site: it may open as many windows as a test needs."""
        self.decide(origin, Decision.ALLOW)

    def decide(self, origin: str, decision: Decision | None) -> None:
        """Remembers what this user thinks of a site; None forgets it."""
        Permissions(self._state / FILE).decide(origin, decision)

    @staticmethod
    def command(settings: Path, verbose: int = 1, program: str = "agent") -> list[str]:
        """The command that runs a daemon with a settings file."""
        return python(program, "run", "--settings", str(settings), *["--verbose"] * verbose)

    def stop(self) -> None:
        """Ends the daemon."""
        self.program.stop()


class Confirmer:
    """The stand-in for the ministry's identity check; it knows the holders of all cards of a test PKI."""

    def __init__(self, state: Path) -> None:
        self.folder = state
        self._port = free_port()
        self.env = {
            "CARDLOGIN_CONFIRMER_URL": f"https://127.0.0.1:{self._port}/", "CARDLOGIN_CONFIRMER_FOLDER": str(state),
        }  # fmt: skip
        self.program: Program | None = None

    def start(self, logs: Path, pki: Path) -> None:
        """Answers for the cards that are there now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        names = [image.stem for image in (pki / "cards").glob("*.json")]
        pairs = {subject_serial(name): national_id(name) for name in names}
        (self.folder / "pairs.json").write_text(json.dumps(pairs))
        options = ("--folder", str(self.folder), "--port", str(self._port))
        command = python("portal.standins.confirmer", *options)
        self.program = Program.start("confirmer", command, logs=logs, cwd=ROOT)

    def stop(self) -> None:
        """Ends it."""
        if self.program is not None:
            self.program.stop()


class Portal:
    """The demonstration portal under gunicorn, with its database in a state folder."""

    def __init__(
        self,
        state: Path,
        logs: Path,
        pki: Path,
        *,
        port: int,
        crl_port: int,
        agent_ports: Sequence[int],
        agent_http_port: int = 0,
        settings: str = "portal.settings.demo",
        profile: str = "",
        confirmer: Confirmer | None = None,
    ) -> None:
        self.port = port
        self.origin = f"https://{HOST}:{port}"
        state.mkdir(parents=True, exist_ok=True)
        self._state, self._logs, self._pki = state, logs, pki
        self.env = {
            "DJANGO_SETTINGS_MODULE": settings,
            **({"CARDLOGIN_PROFILE": profile} if profile else {}),
            "CARDLOGIN_STATE": str(state),
            "CARDLOGIN_ORIGIN": self.origin,
            "CARDLOGIN_PKI": str(pki),
            "CARDLOGIN_CRL_HOSTS": f"127.0.0.1:{crl_port}",
            "CARDLOGIN_AGENT_PORTS": ",".join(map(str, agent_ports)),
            "CARDLOGIN_AGENT_HTTP_PORT": str(agent_http_port),
            "CARDLOGIN_SECRET_KEY": _secret(state / "secret.key"),
            "CARDLOGIN_SEAL_KEY": _secret(state / "seal.key"),
            **(confirmer.env if confirmer else {}),
            **own_stores(state),
        }
        self.certificate, self.root = state / "tls" / "portal.pem", state / "tls" / "portal-root.pem"
        self.program: Program | None = None
        self.sender: Program | None = None

    def prepare(self, card: str = "citizen") -> None:
        """Database, account and certificate; done once for a state folder and the card in it."""
        make_portal_certificate(self._state / "tls", HOST)
        der = signing_certificate(self._pki / "cards" / f"{card}.json")
        done = self._state / f"prepared-{hashlib.sha256(der).hexdigest()[:16]}"
        if done.exists():
            return
        run("migrate", python("portal", "migrate", "--verbosity", "0"), self.env)
        self.add(ACCOUNT, PASSWORD, card)
        done.touch()

    def add(self, account: str, password: str, card: str) -> None:
        """An account of a card's holder, confirmed and bound to the card."""
        certificate = self._state / "card.der"
        certificate.write_bytes(signing_certificate(self._pki / "cards" / f"{card}.json"))
        options = ("--account", account, "--password", password, "--certificate", str(certificate))
        run("prepare_demo", python("portal", "prepare_demo", *options), self.env)

    def start(self) -> None:
        """Serves, and sends what the pages note; returns when the first page is answered."""
        command = python(
            "gunicorn", "-c", "python:portal.serving", "-b", f"127.0.0.1:{self.port}",
            "--certfile", str(self.certificate), "--keyfile", str(self.certificate.with_suffix(".key")), "portal.wsgi",
        )  # fmt: skip
        self.program = Program.start("portal", command, logs=self._logs, env=self.env, cwd=ROOT, ready=False)
        self.sender = start_sender(self.env, self._logs)
        self._wait()

    def stop(self) -> None:
        """Ends the portal and its sender."""
        for program in (self.sender, self.program):
            if program is not None:
                program.stop()

    def _wait(self) -> None:
        context = ssl.create_default_context(cafile=str(self.root))

        def answers() -> bool:
            if self.program is None or self.program.process.poll() is not None:
                raise StandError(f"portal does not serve: {self.program.tail() if self.program else ''}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), LIMIT) as sock:
                    context.wrap_socket(sock, server_hostname=HOST).close()
            except OSError:
                return False
            return True

        wait_until(answers, between=0.03)


def start_sender(env: Mapping[str, str], logs: Path) -> Program:
    """The process that sends a portal's mails and text messages, ready."""
    return Program.start("sender", python("portal", "send_messages"), logs=logs, env=env, cwd=ROOT)


def _secret(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text()
