"""What `cardlogin trust` changes, as the real browsers see it: Chromium and Firefox before the running agent."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error

from tests.stand.bidi import BidiError
from tests.stand.browser import browser
from tests.stand.firefox import Firefox, firefox, make_profile
from tests.stand.parts import ROOT, Agent, free_port
from tests.stand.private import PrivateSystem
from tests.stand.processes import StandError
from tests.stand.waiting import LIMIT

PORTAL = 1  # no portal is needed here
pytestmark = pytest.mark.timeout(150)  # a browser is started up to four times in a test


class Person:
    """Somebody whose agent runs, with a home of their own."""

    def __init__(self, agent: Agent, home: Path) -> None:
        self.agent, self.home = agent, home
        home.mkdir()

    def trust(self, *arguments: str, around: Callable[[list[str]], list[str]] = list) -> str:
        """Runs `cardlogin trust`, which has to end with status 0."""
        command = [sys.executable, "-m", "agent", "trust", *arguments]
        if "--system" not in arguments:
            command += ["--settings", str(self.agent.root.parents[1] / "agent.toml")]
        env = {**os.environ, "HOME": str(self.home), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}
        result = subprocess.run(
            around(command), cwd=ROOT, env=env, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def chromium(self) -> str:
        """What a newly started Chromium says: ok, or its error."""
        with browser(self.home, PORTAL) as context:
            try:
                context.new_page().goto(f"{self.agent.url}/v1/hello")
            except Error as error:
                return error.message.splitlines()[0]
            return "ok"

    def firefox(self, system: PrivateSystem | None = None) -> str:
        """What a newly started Firefox says: ok, or its error."""
        with firefox(self.home, PORTAL, system=system) as running:
            return self.look(running)

    def look(self, running: Firefox) -> str:
        """What a running Firefox says."""
        try:
            running.new_page().goto(f"{self.agent.url}/v1/hello")
        except (BidiError, StandError) as error:
            return str(error)
        return "ok"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, logs: Path) -> Iterator[Agent]:
    """A running agent without screen, reader and card."""
    agent = Agent(tmp_path_factory.mktemp("agent"), logs, {"DISPLAY": ""}, ports=[free_port()])
    yield agent
    agent.stop()


@pytest.fixture
def person(agent: Agent, tmp_path: Path) -> Iterator[Person]:
    """A person whose browsers know nothing of the agent yet."""
    person = Person(agent, tmp_path / "home")
    yield person
    person.trust("remove")


def test_chromium_trusts_the_agent_after_install_and_no_longer_after_remove(person: Person) -> None:
    assert "ERR_CERT_AUTHORITY_INVALID" in person.chromium()
    person.trust("install")
    assert person.chromium() == "ok"
    person.trust("remove")
    assert "ERR_CERT_AUTHORITY_INVALID" in person.chromium()


def test_chromium_that_was_never_started_trusts_the_agent_too(person: Person) -> None:
    (person.home / ".config" / "chromium").mkdir(parents=True)
    person.trust("install")
    assert person.chromium() == "ok"


def test_running_chromium_sees_it_when_it_is_started_the_next_time(person: Person) -> None:
    with browser(person.home, PORTAL) as context:
        page = context.new_page()
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(f"{person.agent.url}/v1/hello")
        assert "at its next start" in person.trust("install")
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(f"{person.agent.url}/v1/hello")
    assert person.chromium() == "ok"


def test_firefox_trusts_the_agent_after_install_and_no_longer_after_remove(person: Person) -> None:
    assert "SEC_ERROR_UNKNOWN_ISSUER" in person.firefox()
    person.trust("install")
    assert person.firefox() == "ok"
    person.trust("remove")
    assert "SEC_ERROR_UNKNOWN_ISSUER" in person.firefox()


def test_running_firefox_sees_it_at_once(person: Person) -> None:
    """certutil beside the running browser: it is neither stopped nor started, and its database stays whole."""
    with firefox(person.home, PORTAL) as running:
        assert "SEC_ERROR_UNKNOWN_ISSUER" in person.look(running)
        text = person.trust("install")
        assert person.look(running) == "ok"
        assert "at its next start" not in text
        assert "at its next start" in person.trust("remove")
    assert "SEC_ERROR_UNKNOWN_ISSUER" in person.firefox()


def test_leaf_is_good_for_localhost_and_both_addresses_in_both_browsers(person: Person) -> None:
    make_profile(person.home)
    assert "SEC_ERROR" in person.firefox()
    person.chromium()
    person.trust("install")
    urls = [f"https://{name}:{person.agent.port}/v1/hello" for name in ("localhost", "127.0.0.1", "[::1]")]
    with browser(person.home, PORTAL) as context:
        page = context.new_page()
        for url in urls:
            page.goto(url)
    with firefox(person.home, PORTAL) as running:
        tab = running.new_page()
        for url in urls:
            tab.goto(url)


class TestWholeComputer:
    """`--system`, in a system of its own: this computer is not changed."""

    @pytest.fixture
    def system(self, tmp_path: Path) -> PrivateSystem:
        """A copy of what an administrator may change."""
        return PrivateSystem(tmp_path / "system")

    def administrator(self, person: Person, system: PrivateSystem, action: str) -> str:
        """What the administrator's command prints."""
        identity = str(person.agent.root.parent)
        return person.trust(action, "--system", "--identity", identity, around=system.command)

    def update(self, system: PrivateSystem) -> None:
        """The bundle made anew, so that it is a file of this system, as the tool writes it."""
        subprocess.run(system.command(["update-ca-certificates"]), check=True, capture_output=True, timeout=LIMIT)

    def files(self, system: PrivateSystem) -> dict[str, str | bytes]:
        """What others see: all but /var/lib, and the key store of Java, which is written with the time of day."""
        files = {name: content for name, content in system.files().items() if not name.endswith("/java/cacerts")}
        return {name: content for name, content in files.items() if not name.startswith("var/lib/")}

    def test_policies_make_firefox_trust_the_agent(self, person: Person, system: PrivateSystem) -> None:
        self.administrator(person, system, "install")
        assert person.firefox(system) == "ok"

    def test_removing_leaves_the_system_as_it_was(self, person: Person, system: PrivateSystem) -> None:
        policies = system.path("/etc/firefox/policies/policies.json")
        policies.parent.mkdir(parents=True)
        policies.write_text('{"policies":{"DisableTelemetry":true}}')
        self.update(system)
        before = self.files(system)
        self.administrator(person, system, "install")
        bundle = system.path("/etc/ssl/certs/ca-certificates.crt")
        assert person.agent.root.read_text().strip() in bundle.read_text()
        assert "cardlogin-" in policies.read_text()
        self.administrator(person, system, "status")
        self.administrator(person, system, "remove")
        assert self.files(system) == before

    def test_what_firefox_imported_by_policy_goes_with_the_users_own_remove(
        self, person: Person, system: PrivateSystem
    ) -> None:
        """Firefox keeps it in the profile when the policy is gone."""
        self.administrator(person, system, "install")
        assert person.firefox(system) == "ok"
        self.administrator(person, system, "remove")
        assert person.firefox(system) == "ok"
        person.trust("remove")
        assert "SEC_ERROR_UNKNOWN_ISSUER" in person.firefox(system)

    def test_this_computer_is_not_touched(self, person: Person, system: PrivateSystem) -> None:
        self.administrator(person, system, "install")
        assert not Path("/etc/firefox/policies/policies.json").exists()
        assert not list(Path("/usr/local/share/ca-certificates").glob("cardlogin-*"))
        assert not Path("/var/lib/cardlogin/trust.journal").exists()
