"""Debian's Chromium, with a home of its own, that treats the portal as a public site."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from certs.nss import chromium_database, trust
from tests.stand.parts import HOST
from tests.stand.processes import StandError


def chromium() -> str:
    """The path of Chromium; raises StandError when it is not installed."""
    path = shutil.which("chromium")
    if path is None:
        raise StandError("chromium is not installed (Debian package chromium)")
    return path


def arguments(portal_port: int) -> list[str]:
    """The switches: portal.test is this computer, yet counts as public, so Local Network Access applies to it."""
    switches = [
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
        f"--ip-address-space-overrides=127.0.0.1:{portal_port}=public",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--lang=zh-TW",
    ]
    # Chromium's sandbox does not work for root, as in containers.
    return [*switches, "--no-sandbox"] if os.geteuid() == 0 else switches


def make_home(home: Path, roots: Iterable[tuple[str, Path]]) -> None:
    """A home folder whose Chromium trusts some roots (name, PEM); the user's own stores are not touched."""
    home.mkdir(parents=True, exist_ok=True)
    for name, root in roots:
        trust(chromium_database(home), root, name)


def environment(home: Path) -> dict[str, str | float | bool]:
    """The environment of a Chromium that lives in a home folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {**kept, "HOME": str(home)}


@contextmanager
def browser(home: Path, portal_port: int) -> Iterator[BrowserContext]:
    """A headless Chromium driven by Playwright; popups open only after a click, as for a person.

    The driver is started each time: while it runs, its event loop counts as running in this thread, which would
    disturb tests with a loop of their own.
    """
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(home / "profile"), executable_path=chromium(), args=arguments(portal_port), env=environment(home),
            ignore_default_args=["--disable-popup-blocking"], viewport={"width": 1024, "height": 768}, locale="zh-TW",
        )  # fmt: skip
        try:
            yield context
        finally:
            context.close()
