"""Debian's Firefox ESR, headless, with a home of its own, driven by WebDriver BiDi."""

import base64
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from certs.nss import trust
from tests.stand.bidi import Bidi, BidiError, Event
from tests.stand.parts import HOST
from tests.stand.private import PrivateSystem
from tests.stand.processes import STOP_SECONDS, Program, StandError
from tests.stand.waiting import LIMIT, wait_until

T = TypeVar("T")
Prefs = Mapping[str, bool | int | str]
_PROFILE = Path(".config/mozilla/firefox/stand.default")
_QUIET: Prefs = {
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "zh-TW, zh, en-US, en",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # The browser's own choice for tests would switch the popup blocker off, among other things.
    "remote.prefs.recommended": False,
    "toolkit.shutdown.fastShutdownStage": 3,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}  # fmt: skip


def firefox_esr() -> str:
    """The path of Firefox ESR; raises StandError when it is not installed."""
    path = shutil.which("firefox-esr")
    if path is None:
        raise StandError("firefox-esr is not installed (Debian package firefox-esr)")
    return path


def make_profile(home: Path, roots: Iterable[tuple[str, Path]] = ()) -> Path:
    """The profile of a home folder's Firefox, made unless it is there, trusting some roots (name, PEM)."""
    profile = home / _PROFILE
    if not profile.exists():
        profile.mkdir(parents=True, mode=0o700)
        (profile.parent / "profiles.ini").write_text(
            f"[Profile0]\nName=default\nIsRelative=1\nPath={profile.name}\nDefault=1\n\n[General]\nVersion=2\n"
        )
    for name, root in roots:
        trust(profile, root, name)
    return profile


def public_portal(ports: Sequence[int], hosts: Sequence[str] = (HOST,)) -> Prefs:
    """Host names that are this computer, and its ports that count as public, so Local Network Access applies."""
    return {
        "network.dns.localDomains": ",".join(hosts),
        "network.lna.address_space.public.override": ",".join(f"127.0.0.1:{port}" for port in ports),
    }


@contextmanager
def firefox(
    home: Path, portal_port: int, prefs: Prefs | None = None, system: PrivateSystem | None = None
) -> Iterator["Firefox"]:
    """A running Firefox that treats the portal as a public site; popups open only after a click, as for a person.

    `prefs` go on top, for example public_portal() with more hosts. With a private system, for example for
    policies in /etc/firefox/policies, the browser sees that one.
    """
    browser = Firefox(home, {**public_portal([portal_port]), **(prefs or {})}, system)
    try:
        yield browser
    finally:
        browser.close()


class Firefox:
    """A running browser: pages, permissions, the console."""

    def __init__(self, home: Path, prefs: Prefs, system: PrivateSystem | None = None) -> None:
        """Starts it; raises StandError with the end of its log when it does not start."""
        profile = make_profile(home)
        address = profile / "WebDriverBiDiServer.json"
        address.unlink(missing_ok=True)
        (profile / "user.js").write_text(_user_js({**_QUIET, **prefs}), "utf-8")
        command = [firefox_esr(), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
        if system is not None:
            command = system.command(command)
        self._console: list[tuple[str, str]] = []
        self._program = Program.start("firefox", command, logs=home / "logs", env=_environment(home), ready=False)
        try:
            self._bidi = Bidi(f"ws://127.0.0.1:{self._port(address)}/session", self._event)
            self._bidi.call("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": False}}})
            self._bidi.call("session.subscribe", {"events": ["log.entryAdded"]})
        except BaseException:
            self._program.stop()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._program.pid

    def new_page(self) -> "Page":
        """A new empty tab."""
        return Page(self, self.call("browsingContext.create", {"type": "tab"})["context"])

    def pages(self) -> list["Page"]:
        """All tabs and popups, oldest first."""
        return [Page(self, item["context"]) for item in self.tree()]

    def set_permission(self, origin: str, state: str = "granted", name: str = "loopback-network") -> None:
        """Answers a permission for an origin in advance: granted, denied or prompt."""
        self.call("permissions.setPermission", {"descriptor": {"name": name}, "state": state, "origin": origin})

    def console(self, page: "Page | None" = None) -> list[str]:
        """What the pages, or one page, have written to the console so far, errors too."""
        return [text for context, text in list(self._console) if page is None or context == page.context]

    def call(self, method: str, parameters: Event | None = None, *, seconds: float = LIMIT) -> Event:
        """A command of WebDriver BiDi, for what is not here; raises BidiError."""
        return self._bidi.call(method, parameters, seconds=seconds)

    def tree(self, context: str | None = None) -> list[Event]:
        """The open browsing contexts, as browsingContext.getTree tells them."""
        root = {} if context is None else {"root": context}
        contexts: list[Event] = self.call("browsingContext.getTree", root)["contexts"]
        return contexts

    def close(self) -> None:
        """Ends the browser as a person would, then whatever is left of it."""
        with suppress(StandError):
            self._bidi.call("browser.close", seconds=STOP_SECONDS)
        self._bidi.close()
        with suppress(Exception):
            self._program.process.wait(STOP_SECONDS)
        self._program.stop()

    def _event(self, method: str, parameters: Event) -> None:
        if method == "log.entryAdded":
            self._console.append((parameters["source"].get("context", ""), parameters["text"] or ""))

    def _port(self, address: Path) -> int:
        def read() -> int | None:
            if self._program.process.poll() is not None:
                raise StandError(f"firefox ended: {self._program.tail()}")
            with suppress(OSError, ValueError):
                return int(json.loads(address.read_text())["ws_port"])
            return None

        return _wait(read, LIMIT, f"firefox does not start: {self._program.log}")


class Page:
    """A tab, a popup or a frame."""

    def __init__(self, browser: Firefox, context: str) -> None:
        self.browser = browser
        self.context = context

    @property
    def url(self) -> str:
        """Its address; raises BidiError when it is closed."""
        return str(self.browser.tree(self.context)[0]["url"])

    @property
    def closed(self) -> bool:
        """Whether it is gone."""
        try:
            self.browser.tree(self.context)
        except BidiError:
            return True
        return False

    def goto(self, url: str, seconds: float = LIMIT) -> None:
        """Navigates and waits until the page is loaded; raises BidiError, for example for an untrusted certificate."""
        self._call("browsingContext.navigate", {"url": url, "wait": "complete"}, seconds=seconds)

    def back(self) -> None:
        """Goes back as with the browser's button; returns before the page is there."""
        self._call("browsingContext.traverseHistory", {"delta": -1})

    def reload(self) -> None:
        """Loads the page anew and waits for it."""
        self._call("browsingContext.reload", {"wait": "complete"})

    def evaluate(self, script: str, *arguments: object, user: bool = False, seconds: float = LIMIT) -> Any:
        """The value of a JavaScript expression, or of a function called with JSON arguments; promises are awaited.

        `user` makes the call count as a person's click. Raises StandError with what the script threw.
        """
        source = (
            f"async text => {{ const value = ({script}\n); const arguments_ = JSON.parse(text);"
            " const result = await (typeof value === 'function' ? value(...arguments_) : value);"
            " return JSON.stringify(result) ?? 'null' }"
        )
        answer = self.browser.call(
            "script.callFunction",
            {
                "functionDeclaration": source, "arguments": [{"type": "string", "value": json.dumps(arguments)}],
                "target": {"context": self.context}, "awaitPromise": True, "userActivation": user,
            },
            seconds=seconds,
        )  # fmt: skip
        if answer["type"] == "exception":
            raise StandError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait(self, script: str, *arguments: object, seconds: float = LIMIT) -> Any:
        """The value of a script, once it is true; a page that is being exchanged meanwhile is no error."""

        def look() -> Any:
            with suppress(BidiError):
                return self.evaluate(script, *arguments)
            return None

        return _wait(look, seconds, f"never true: {script}")

    def wait_for(self, selector: str, seconds: float = LIMIT) -> None:
        """Returns when an element that a CSS selector finds can be seen."""
        self.wait(_SEEN, selector, seconds=seconds)

    def wait_closed(self, seconds: float = LIMIT) -> None:
        """Returns when the page is gone."""
        _wait(lambda: self.closed, seconds, "the page stays open")

    def wait_url(self, part: str, seconds: float = LIMIT) -> None:
        """Returns when the address contains a text and the page there is loaded."""
        self.wait("part => location.href.includes(part) && document.readyState === 'complete'", part, seconds=seconds)

    def text(self, selector: str) -> str:
        """What can be read in an element, once it is there."""
        self.wait_for(selector)
        return str(self.evaluate("selector => document.querySelector(selector).innerText", selector))

    def attribute(self, selector: str, name: str) -> str | None:
        """An attribute of an element, once it is there."""
        self.wait_for(selector)
        found: str | None = self.evaluate(
            "(css, name) => document.querySelector(css).getAttribute(name)", selector, name
        )
        return found

    def click(self, selector: str) -> None:
        """Clicks an element with the mouse, once it can be seen and is enabled."""
        self.wait(_ENABLED, selector)
        self.evaluate("selector => document.querySelector(selector).scrollIntoView({block: 'center'})", selector)
        origin = {"type": "element", "element": {"sharedId": self._node(selector)}}
        button = {"button": 0}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", **button},
            {"type": "pointerUp", **button},
        ]
        self._call("input.performActions", {"actions": [{"type": "pointer", "id": "mouse", "actions": steps}]})

    def fill(self, selector: str, text: str) -> None:
        """Clicks a field, empties it and types."""
        self.click(selector)
        self.evaluate("selector => document.querySelector(selector).select()", selector)
        self.press(*text)

    def press(self, *keys: str) -> None:
        """Presses keys one after the other: characters, or key values of WebDriver such as "\\ue007" (Enter)."""
        steps = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("input.performActions", {"actions": [{"type": "key", "id": "keyboard", "actions": steps}]})

    def popups(self) -> list["Page"]:
        """The windows that this page opened and that are open."""
        found = [item["context"] for item in self.browser.tree() if item.get("originalOpener") == self.context]
        return [Page(self.browser, context) for context in found]

    def wait_popup(self, seconds: float = LIMIT) -> "Page":
        """The window that this page opened, once it is there."""
        return _wait(lambda: next(iter(self.popups()), None), seconds, "no popup opened")

    def frame(self, part: str, seconds: float = LIMIT) -> "Page":
        """The frame in this page whose address contains a text, once it is there."""

        def look() -> Page | None:
            children = self.browser.tree(self.context)[0]["children"]
            return next((Page(self.browser, child["context"]) for child in children if part in child["url"]), None)

        return _wait(look, seconds, f"no frame {part!r}")

    def picture(self, path: Path) -> None:
        """Saves what the page shows as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._call("browsingContext.captureScreenshot", {})["data"]))

    def close(self) -> None:
        """Closes the tab or popup."""
        self._call("browsingContext.close", {})

    def _node(self, selector: str) -> str:
        found = self._call("browsingContext.locateNodes", {"locator": {"type": "css", "value": selector}})["nodes"]
        return str(found[0]["sharedId"])

    def _call(self, method: str, parameters: Event, *, seconds: float = LIMIT) -> Event:
        return self.browser.call(method, {"context": self.context, **parameters}, seconds=seconds)


_SEEN = "css => { const found = document.querySelector(css); return found !== null && found.checkVisibility() }"
_ENABLED = (
    "css => { const found = document.querySelector(css);"
    " return found !== null && found.checkVisibility() && !found.disabled }"
)


def _wait(look: Callable[[], T | None], seconds: float, otherwise: str) -> T:
    try:
        found = wait_until(look, seconds, between=0.02)
    except TimeoutError:
        raise StandError(otherwise) from None
    assert found is not None
    return found


def _user_js(prefs: Prefs) -> str:
    return "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in prefs.items())


def _environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "XDG_CONFIG_HOME": "", "MOZ_LEGACY_HOME": "", "MOZ_CRASHREPORTER_DISABLE": "1"}
