"""The browser, as its page says: kind, version, and what it lets the portal's page do."""

from typing import ClassVar

from agent.selftest.context import Context
from agent.selftest.results import Outcome, bad, good, left

# The oldest versions that our pages are written for: modules, `crypto.subtle` in them, AbortSignal.timeout, :has.
OLDEST = {"chromium": 109, "edge": 109, "firefox": 115, "safari": 16}


class BrowserKind:
    """Kind and version of the browser."""

    name: ClassVar[str] = "browser"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By the table of the oldest that will do."""
        browser = context.ask.browser
        if not browser.kind:
            return left("browser")
        told = f"{browser.kind} {browser.version or ''}".strip()
        if browser.kind not in OLDEST:
            return bad("browser_unknown", browser=told)
        return bad("browser_old", browser=told) if browser.version < OLDEST[browser.kind] else good(browser=told)


class NetworkAccess:
    """The portal's page may reach programs on this computer (Local Network Access)."""

    name: ClassVar[str] = "network_access"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """As the portal's page has found it."""
        browser = context.ask.browser
        if not browser.kind or not context.ask.portal:
            return left("portal")
        state = browser.network_access
        return bad("network_access_denied", state=state) if state == "denied" else good(state=state)


class Popups:
    """The portal's page may open windows."""

    name: ClassVar[str] = "popups"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """As the portal's page has found it."""
        popups = context.ask.browser.popups
        if popups is None or not context.ask.portal:
            return left("portal")
        return good() if popups else bad("popups_blocked")
