"""A person's computer for one row: home, settings, environment and system files of its own, and what is asked there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.stand.parts import ROOT

if TYPE_CHECKING:
    from tests.selftest.stage import Stage

SECONDS = 60.0
# What the person's browser says of itself, when all is well.
BROWSER = {"kind": "chromium", "version": 150, "trusts": True, "network_access": "granted", "popups": True}
_SEES_USB = 'mount --bind "$0" /sys/bus; exec "$@"'


@dataclass
class Told:
    """What a run has told: its lines, and how long it took from start to end."""

    checks: dict[str, dict[str, Any]]
    end: dict[str, Any]
    order: list[str]
    seconds: float
    errors: str = ""

    @property
    def reds(self) -> list[dict[str, Any]]:
        """The red checks in their order."""
        return [self.checks[name] for name in self.order if self.checks[name]["sign"] == "fail"]

    @property
    def warnings(self) -> list[str]:
        """The codes of the warnings in their order."""
        return [self.checks[name]["code"] for name in self.order if self.checks[name]["sign"] == "warn"]

    @property
    def report(self) -> dict[str, Any]:
        """The report, put together as the page does."""
        results = [
            {
                **{name: self.checks[check][name] for name in ("check", "sign", "code", "because")},
                "facts": {fact["name"]: fact["masked"] for fact in self.checks[check]["facts"]},
            }
            for check in self.order
        ]
        return {**self.end["header"], "first": self.end["first"], "results": results}


@dataclass
class Computer:
    """What a row changes; `undo` is closed at its end, so that the stage is as before."""

    stage: Stage
    folder: Path
    home: Path
    undo: ExitStack
    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    browser: dict[str, Any] = field(default_factory=lambda: dict(BROWSER))
    portal: str = ""
    patient: int = 4  # how many times longer than usual is not slow yet, on a busy machine; 0: all limits are as usual
    text: str | None = None  # the settings file, where it is not to be `settings`

    def __post_init__(self) -> None:
        """As it is when nothing is wrong."""
        stage = self.stage
        self.portal = stage.portal.origin
        self.settings = {
            "state": str(stage.state),
            "card": {"drivers": ["opensc"], "pcsc": stage.reader.env["PCSCLITE_CSOCK_NAME"]},
            "selftest": {"anchors": str(stage.pki), "hosts": list(stage.publisher.hosts)},
        }
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "zh_TW.UTF-8",
            "DISPLAY": stage.screen.display, "SSL_CERT_FILE": str(stage.root),
        }  # fmt: skip

    def etc(self, name: str, content: str) -> None:
        """A file below /etc, as programs of this computer see it."""
        path = self.stage.system.path(f"/etc/{name}")
        link = path.readlink() if path.is_symlink() else None
        old = path.read_bytes() if link is None and path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(content, "utf-8")

        def back() -> None:
            path.unlink()
            if link is not None:
                path.symlink_to(link)
            elif old is not None:
                path.write_bytes(old)

        self.undo.callback(back)

    def usb(self, vendor: str, product: str) -> None:
        """A device is connected."""
        device = self.stage.usb / "usb" / "devices" / "1-1"
        device.mkdir()
        (device / "idVendor").write_text(f"{vendor}\n")
        (device / "idProduct").write_text(f"{product}\n")
        self.undo.callback(shutil.rmtree, device)

    def own_state(self) -> Path:
        """A copy of the agent's state, to be damaged."""
        state = self.folder / "state"
        shutil.copytree(self.stage.state, state, ignore=shutil.ignore_patterns("*.lock"))
        state.chmod(0o700)
        self.settings["state"] = str(state)
        return state

    def shim(self) -> None:
        """The HiCOS-like driver is the one that reads the card."""
        self.settings["card"] |= {"drivers": ["hca"], "modules": [str(self.stage.hicos.module)]}
        self.environment |= self.stage.hicos.environment

    def module(self, path: Path) -> None:
        """A module of the administrator's settings is the only driver."""
        self.shim()
        self.settings["card"]["modules"] = [str(path)]

    def ask(self, **more: Any) -> dict[str, Any]:
        """What the page asks the process."""
        return {
            "settings": str(self.settings_file()), "language": "zh-Hant", "portal": self.portal,
            "browser": self.browser, "port": 61171, **more,
        }  # fmt: skip

    def settings_file(self) -> Path:
        """The settings, written."""
        path = self.folder / "agent.toml"
        path.write_text(self.text if self.text is not None else _toml(self.settings), "utf-8")
        return path

    def command(self, *command: str) -> list[str]:
        """A command that sees this computer."""
        return self.stage.system.command(["sh", "-c", _SEES_USB, str(self.stage.usb), *command])

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts a part of the agent here."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command(sys.executable, *self._module(), *arguments), cwd=ROOT, env=self.environment, stdin=pipe,
            stdout=pipe, stderr=pipe, start_new_session=True,
        )  # fmt: skip

    def _module(self) -> list[str]:
        return ["-m", *(["tests.selftest.patient", str(self.patient)] if self.patient else [])]

    def run(self, **more: Any) -> Told:
        """Runs the self-test as the daemon does for its page."""
        return self.told(self.begin(**more))

    def begin(self, **more: Any) -> tuple[subprocess.Popen[bytes], float]:
        """Starts the self-test, and says what is asked; `told` waits for it."""
        begun = time.monotonic()
        process = self.start("agent.selftest.process")
        assert process.stdin is not None
        process.stdin.write(json.dumps(self.ask(**more)).encode() + b"\n")
        process.stdin.flush()
        return process, begun

    def told(self, run: tuple[subprocess.Popen[bytes], float]) -> Told:
        """What a run has told at its end."""
        process, begun = run
        try:
            out, errors = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            raise AssertionError(f"the self-test hangs: {out[-2000:].decode()} {errors[-2000:].decode()}") from None
        seconds = time.monotonic() - begun
        lines = [json.loads(line) for line in out.splitlines()]
        assert process.returncode == 0, errors.decode()
        assert lines[0]["kind"] == "begin"
        assert lines[-1]["kind"] == "end"
        checks = {line["check"]: line for line in lines[1:-1]}
        assert list(checks) == [line["check"] for line in lines[1:-1]]
        return Told(checks, lines[-1], lines[0]["checks"], seconds, errors.decode())


def _toml(settings: dict[str, Any]) -> str:
    """Settings as TOML: values are those of JSON."""
    plain = {name: value for name, value in settings.items() if not isinstance(value, dict)}
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    for name, table in settings.items():
        if isinstance(table, dict):
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"
