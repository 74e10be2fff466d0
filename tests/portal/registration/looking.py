"""A Chromium that shows pages without a server, and what axe-core and a ruler say of them."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, TypeVar

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.contrib.staticfiles import finders
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from tests.portal.recovery.gallery import ORIGIN, RULES
from tests.portal.recovery.test_looks import overflows
from tests.stand.browser import chromium, take_picture
from tests.stand.waiting import LIMIT

WIDTHS = (1024, 320)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
T = TypeVar("T")


class Looking:
    """Chromium in a thread of its own, because Playwright's loop forbids database work in the thread it lives in."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._files: dict[str, bytes] = {}
        self._in_thread(self._start)

    def close(self) -> None:
        """End the browser."""
        self._in_thread(self._stop)
        self._thread.shutdown()

    def findings(self, name: str, source: str, files: dict[str, bytes]) -> list[str]:
        """What is wrong with a page: axe's violations in light and dark, and overflow (`overflows`).

        `files` are pictures by their path. With CARDLOGIN_PICTURES set, PNG files are written there.
        """
        return self._in_thread(lambda: self._findings(name, source, files))

    def _in_thread(self, work: Callable[[], T]) -> T:
        return self._thread.submit(work).result(LIMIT)

    def _start(self) -> None:
        self._playwright = sync_playwright().start()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        self._browser = self._playwright.chromium.launch(executable_path=chromium(), args=sandbox, timeout=LIMIT * 1000)
        self._context: BrowserContext = self._browser.new_context(locale="zh-TW")
        self._context.route("**/*", self._serve)

    def _stop(self) -> None:
        self._browser.close()
        self._playwright.stop()

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        static = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
        if isinstance(static, str):
            route.fulfill(path=static)
        elif path in self._files:
            kind = "text/html; charset=utf-8" if path == "/" else "image/png"
            route.fulfill(body=self._files[path], content_type=kind)
        else:
            route.fulfill(status=404)

    def _findings(self, name: str, source: str, files: dict[str, bytes]) -> list[str]:
        self._files = {**files, "/": source.encode()}
        page = self._context.new_page()
        try:
            page.goto(f"{ORIGIN}/")
            found = overflows(page)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 768})
                    self._picture(page, f"{name}-{width}-{scheme}")
                results = Axe().run(page, options=RULES)
                found += [f"{scheme}: {one['id']} {one['nodes'][0]['html']}" for one in results.response["violations"]]
            return found
        finally:
            page.close()

    def _picture(self, page: Page, name: str) -> None:
        folder = os.environ.get("CARDLOGIN_PICTURES")
        if folder:
            take_picture(page, Path(folder) / f"{name}.png", full_page=True)


def pictures_in(source: str) -> set[str]:
    """The paths of a page's own pictures."""
    return {path for path in re.findall(r'<img[^>]* src="([^"]+)"', source) if not path.startswith("/static/")}
