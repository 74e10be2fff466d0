"""A person's computer on which the agent answers in the old component's place, and two sites."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from agent.permissions import FILE, Decision, Permissions
from tests.browser.attacks.stage import Host
from tests.stand.browser import Browser, Tab
from tests.stand.parts import PIN, Agent, Reader, free_port
from tests.stand.screen import Screen
from tests.stand.waiting import wait_until

# What a page written for the old component does after a click: it answers the popup's first word.
_ASK = """addEventListener("message", ({{ data }}) => {{
  if (data === '{{"func":"getTbs"}}') popup.postMessage({message}, "*");
}}, {{ once: true }});
window.popup = open("{address}")"""
TBS = "a text that no other test has signed: 4711-0815"
NONCE = "nonce-20240229-abcdef"
SIGN: Mapping[str, str] = {
    "func": "MakeSignature", "tbs": TBS, "tbsEncoding": "NONE", "hashAlgorithm": "SHA256", "signatureType": "PKCS7",
    "nonce": NONCE, "withCardSN": "true", "pin": "",
}  # fmt: skip
OK, CANCELLED, FORBIDDEN, NOT_PERMITTED, LOGIN_FAILED = 0, 0x76000999, 0x7600000F, 0x76000031, 0x76100006


class Scene:
    """Card, screen, browser, a portal and an evil site; the agent is started when a test says so."""

    def __init__(
        self, reader: Reader, screen: Screen, browser: Browser, good: Host, evil: Host, folder: Path
    ) -> None:  # fmt: skip
        self.reader, self.screen, self.browser, self.good, self.evil = reader, screen, browser, good, evil
        self.port, self.folder = free_port(), folder
        self.old = f"http://localhost:{self.port}"
        self._state, self._closing, self._card = folder / "agent", ExitStack(), self.card()

    def start_agent(self) -> Agent:
        """The agent, with the old component's port."""
        environment = {**self.reader.env, "DISPLAY": self.screen.display}
        agent = Agent(self._state, self.folder, environment, ports=[free_port()], hipki_port=self.port)
        self._closing.callback(agent.stop)
        return agent

    def decide(self, origin: str, decision: Decision) -> None:
        """What the person has decided about a site before."""
        Permissions(self._state / FILE).decide(origin, decision)

    def decided(self) -> dict[str, Decision]:
        """All that is remembered."""
        return dict(Permissions(self._state / FILE).all())

    def act(self, tab: Tab, program: str) -> None:
        """The person clicks on a page, and the page does that."""
        tab.evaluate(f"(window.act = () => {{ {program} }}, 0)")
        tab.click("#go")

    def ask(self, tab: Tab, request: Mapping[str, object]) -> None:
        """The person clicks, and the page asks as pages of the old component do."""
        message = json.dumps(json.dumps(request))
        self.act(tab, _ASK.format(message=message, address=f"{self.old}/popupForm"))

    def texts(self, tab: Tab) -> list[str]:
        """The messages that a page has got."""
        return [text for text in tab.evaluate("heard.map(({ data }) => data)") if isinstance(text, str)]

    def answer(self, tab: Tab, number: int = 1) -> dict[str, Any]:
        """The answer with a number, once it is there."""

        def answers() -> list[dict[str, Any]]:
            found = [json.loads(text) for text in self.texts(tab)]
            return [item for item in found if "ret_code" in item]

        wait_until(lambda: len(answers()) >= number, between=0.05)
        return answers()[number - 1]

    def types_pin(self) -> None:
        """The person types the PIN into our window."""
        self.screen.wait_window()
        self.screen.type(PIN)
        self.screen.key("Return")

    def says_no(self) -> None:
        """The person closes our window."""
        self.screen.wait_window()
        self.screen.key("Escape")
        self.screen.wait_no_window()

    def card(self) -> tuple[int, int]:
        """How often the card has signed, and the tries that it has."""
        status = self.reader.control("status")
        return status["signatures"], status["tries"]

    def nothing_was_done(self) -> None:
        """No window is open, nothing was signed, no try was spent."""
        assert self.screen.windows() == []
        assert self.card() == self._card

    def still_serves(self) -> None:
        """A page of the portal gets its signature, with the PIN in our window."""
        self.decide(self.good.origin, Decision.ALLOW)
        tab = self.browser.open(self.good.origin)
        self.ask(tab, SIGN)
        self.types_pin()
        answer = self.answer(tab)
        assert (answer["ret_code"], answer["func"]) == (OK, "sign")
        assert answer["signature"]

    def close(self) -> None:
        """Closes all pages, and ends the agent."""
        self._closing.close()
        tab = self.browser.open("about:blank")
        for other in self.browser.others(tab):
            other.close()
        tab.close()
        self.screen.wait_no_window()


def refused(agent: Agent, method: str, path: str) -> int:
    """How often the log says that somebody else than our own page has asked."""
    return agent.log.read_text("utf-8").count(f"{method} {path}: origin_refused")
