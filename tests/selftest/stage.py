"""What all rows share: card, readers, drivers, publisher, portal, stores and system files; and the agent of a scene."""

import json
import os
import pwd
import shutil
import signal
import socket
import sys
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import psutil

from cardsim.hicos.contents import Contents, Item, card_contents
from cardsim.hicos.driver import HicosDriver
from cardsim.pki.index import read_index
from cardsim.pki.numbers import national_id, subject_serial
from certs.chromium import chromium_database
from certs.nss import trust
from tests.card.driver import Driver
from tests.selftest.cards import describe, make_cards
from tests.selftest.computer import Computer
from tests.selftest.portal import Portal
from tests.selftest.publisher import Publisher
from tests.selftest.rows import Scene
from tests.stand.firefox import make_profile
from tests.stand.hicos import start_hicos
from tests.stand.parts import ROOT, Agent, Reader, free_port, make_pki
from tests.stand.private import PrivateSystem
from tests.stand.processes import Program
from tests.stand.screen import Screen
from tests.stand.tls import make_portal_certificate
from tests.stand.waiting import wait_until

PORTS, HTTP_PORT, OLD_PORT = (61171, 61172, 61173), 61170, 61161
FIREFOX = Path(".config/mozilla/firefox/stand.default")
_RELEASE = 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n'
_HOSTS = "127.0.0.1 localhost\n::1 localhost\n"
_VERSION_3, _VERSION_7 = bytes.fromhex("A003020102"), bytes.fromhex("A003020106")  # RFC 5280, 4.1
# A user that is neither root nor the person; it may read what it needs to run our program, and nothing else differs.
_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_override",
           "--ambient-caps=+dac_override")  # fmt: skip


class Stage:
    """Everything but the fault; a context manager."""

    def __init__(self, folder: Path, screen: Screen) -> None:
        self.folder, self.screen, self.logs = folder, screen, folder / "logs"
        self.pki, self.state, self.usb = folder / "pki", folder / "agent", folder / "bus"
        self.root = folder / "tls" / "portal-root.pem"
        self.certificate = folder / "tls" / "portal.pem"
        self.agent: Agent
        self.reader: Reader
        self.empty: Reader
        self.hicos: HicosDriver
        self.portal: Portal
        self.publisher: Publisher
        self.system: PrivateSystem
        self._home = folder / "home"
        self._looking: Driver
        self._scene: Scene | None = None
        self._agents = ExitStack()
        self._closing = ExitStack()

    def __enter__(self) -> "Stage":
        """Starts all of it."""
        try:
            self._start()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it, last first."""
        self._closing.close()

    def computer(self, folder: Path, undo: ExitStack) -> Computer:
        """A computer on which nothing is wrong; its fault is taken back when `undo` is closed."""
        folder.mkdir(parents=True)
        shutil.copytree(self._home, folder / "home")
        self.tidy()
        return Computer(self, folder, folder / "home", undo)

    def tidy(self) -> None:
        """Card, drivers, portal and publisher as they are when nothing is wrong."""
        self.portal.reset()
        self.publisher.reset()
        self.hicos.reset()
        self.insert("citizen")

    def insert(self, card: str) -> None:
        """The card of that name is in the reader, with all its tries, and the service has seen it."""
        self.reader.renew(self.image(card))
        self.wait_card(present=True)

    def wait_card(self, *, present: bool) -> None:
        """Returns when the service has noticed whether a card is there."""
        wait_until(lambda: any(item["present"] for item in self._looking.do("readers")) is present)

    def image(self, card: str) -> Path:
        """The image of a card."""
        return self.pki / "cards" / f"{card}.json"

    def spent(self) -> tuple[int, int, int, int]:
        """Tries left and PINs checked, of the card in the reader and of the driver's first."""
        status, first = self.reader.control("status"), next(iter(self.hicos.cards.values()))
        return status["tries"], status["verifies"], first.tries, self.hicos.calls().count("C_Login")

    def service(self) -> psutil.Process:
        """The PC/SC service's own process."""
        children = psutil.Process(self.reader.program.pid).children(recursive=True)
        return next(child for child in children if child.name() == "pcscd")

    def scene(self, scene: Scene) -> None:
        """Has the agent of a scene run, and no other."""
        if scene is self._scene:
            return
        self._agents.close()
        self._scene = scene
        if scene is Scene.STRANGER:
            self._strangers_agent()
        elif scene is not Scene.NONE:
            taken = (PORTS[0], HTTP_PORT, OLD_PORT) if scene is Scene.CROWDED else ()
            with ExitStack() as held:
                for port in taken:
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
                self._start_agent("tests.selftest.other_version" if scene is Scene.OLD else "agent")

    def stranger(self, how: str, *ports: int, name: str = "python3", certificate: Path | None = None) -> Program:
        """Another program on ports; `name` is what the system calls it."""
        folder = self.folder / "programs" / str(free_port())
        folder.mkdir(parents=True)
        link = folder / name
        link.symlink_to(Path(sys.executable).resolve())
        script = Path(__file__).with_name("stranger.py")
        command = [str(link), str(script), how, str(certificate or ""), *map(str, ports)]
        return Program.start("stranger", command, logs=self.logs)

    def stop_service(self) -> None:
        """The PC/SC service says nothing any more."""
        self.service().send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It does again."""
        self.service().send_signal(signal.SIGCONT)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """What must not leave the computer: names of holders, numbers of certificates and cards, the user's home."""
        index = read_index(self.pki)
        images = [json.loads(image.read_text("utf-8")) for image in (self.pki / "cards").glob("*.json")]
        found = {holder for card in index.cards.values() if len(holder := card.holder) > 1}
        found |= {f"{serial:X}" for card in index.cards.values() for serial in card.serials}
        found |= {image["guid"][:16] for image in images} | {card.serial for card in self.hicos.cards.values()}
        found |= {national_id(name) for name in index.cards} | {subject_serial(name) for name in index.cards}
        return frozenset(found) | {pwd.getpwuid(os.geteuid()).pw_dir}

    def _start(self) -> None:
        self.logs.mkdir(parents=True)
        data = describe(self.folder)
        make_pki(self.pki, free_port(), data)
        make_cards(self.pki, data)
        make_portal_certificate(self.folder / "tls", "portal.test")
        self._closing.callback(self._agents.close)
        self.portal = self._closing.enter_context(Portal(self.certificate))
        self.publisher = self._closing.enter_context(Publisher(self.pki))
        self.reader = self._reader("reader")
        self.reader.insert(self.image("citizen"))
        self.empty = self._reader("empty", empty=True)
        self._looking = Driver(self.reader.env, "hca")
        self._closing.callback(self._looking.stop)
        self.hicos = start_hicos(self.folder / "hicos", self.image("citizen"), self._unreadable())
        self._make_system()
        self.scene(Scene.AGENT)
        self._make_home()

    def _reader(self, name: str, *, empty: bool = False) -> Reader:
        reader = Reader(self.folder / name, self.logs, empty=empty)
        self._closing.callback(reader.stop)
        return reader

    def _unreadable(self) -> Contents:
        """A card whose certificate says that it is of a version of X.509 that there is not."""
        good = card_contents(self.image("citizen"))
        item = good.items[0]
        damaged = item.certificate.replace(_VERSION_3, _VERSION_7, 1)
        return Contents((Item("SIGN", "cert1", damaged, item.pkcs8),), good.pin)

    def _make_system(self) -> None:
        self.system = PrivateSystem(self.folder / "system")
        files = {"os-release": _RELEASE, "hosts": _HOSTS, "resolv.conf": "nameserver 127.0.0.1\noptions attempts:1\n",
                 "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n"}  # fmt: skip
        for name, content in files.items():
            path = self.system.path(f"/etc/{name}")
            path.unlink(missing_ok=True)
            path.write_text(content, "utf-8")
        for folder in ("chromium", "firefox", "opt", "xdg/cardlogin"):
            shutil.rmtree(self.system.path(f"/etc/{folder}"), ignore_errors=True)
        (self.usb / "usb" / "devices").mkdir(parents=True)

    def _make_home(self) -> None:
        self._home.mkdir()
        trust(chromium_database(self._home), self.agent.root)
        make_profile(self._home, [("CardLogin localhost root", self.agent.root)])

    def _start_agent(self, program: str) -> None:
        environment = {**self.reader.env, "DISPLAY": self.screen.display}
        self.agent = Agent(
            self.state, self.logs, environment, ports=PORTS, http_port=HTTP_PORT, hipki_port=OLD_PORT, program=program
        )
        self._agents.callback(self.agent.stop)

    def _strangers_agent(self) -> None:
        state = Path("/var/tmp", f"cardlogin-stranger-{free_port()}")
        self._agents.callback(shutil.rmtree, state)
        state.mkdir(mode=0o700)
        os.chown(state, 65534, 65534)
        settings = state / "agent.toml"
        settings.write_text(
            f"state = {json.dumps(str(state / 'state'))}\n[web]\nports = {list(PORTS)}\nhttp_port = {HTTP_PORT}\n"
        )
        os.chown(settings, 65534, 65534)
        command = [*_NOBODY, *Agent.command(settings)]
        program = Program.start("stranger-agent", command, logs=self.logs, env={"HOME": str(state)}, cwd=ROOT)
        self._agents.callback(program.stop)
