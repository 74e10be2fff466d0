"""Our own pages: one document each, opened as a whole window only; and what their scripts may ask of us."""

import base64
import hashlib
import html
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from agent.failures import Code, FailureError
from agent.web.problems import problem

# A page may wait while its user looks for the card; more open pages than this are a page that runs wild.
TOKEN_SECONDS, MAX_TOKENS = 600.0, 4096
_FILES = Path(__file__).with_name("pages")
_SLOT = re.compile(r"%([A-Z_]+)%")


class Page:
    """One of our documents, read once, with a policy that admits exactly its own script and style (CSP 3)."""

    def __init__(
        self, name: str, *, script: bool = True, form_action: str = "'none'", opener_policy: str = "same-origin"
    ) -> None:
        style = _read("page.css")
        code = f"{_read('common.js')}\n{_read(f'{name}.js')}" if script else ""
        self._html = _read(f"{name}.html").replace("%STYLE%", style).replace("%SCRIPT%", code)
        self._opener_policy = opener_policy
        self.policy = (
            f"default-src 'none'; script-src {_hash(code) if script else _NONE}; style-src {_hash(style)}; "
            f"connect-src {_SELF if script else _NONE}; form-action {form_action}; "
            "base-uri 'none'; frame-ancestors 'none'"
        )

    def answer(self, *, status: int = 200, **slots: str) -> web.Response:
        """The page with its slots filled; what goes into them is escaped."""
        text = _SLOT.sub(lambda slot: html.escape(slots[slot[1].lower()]), self._html)
        headers = {"Content-Security-Policy": self.policy, "Cross-Origin-Opener-Policy": self._opener_policy}
        return web.Response(status=status, text=text, content_type="text/html", charset="utf-8", headers=headers)


class PageTokens:
    """One-time tokens that tie a request to a page we served."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._expiry: dict[str, float] = {}

    def issue(self) -> str:
        """A new token of 32 random bytes; the oldest is forgotten when there are too many."""
        while len(self._expiry) >= MAX_TOKENS:
            del self._expiry[next(iter(self._expiry))]
        token = secrets.token_urlsafe(32)
        self._expiry[token] = self._clock() + TOKEN_SECONDS
        return token

    def take(self, token: str) -> None:
        """Uses a token up; raises FailureError(page_expired) for one that is unknown, used or too old."""
        expiry = self._expiry.pop(token, None)
        if expiry is None or expiry < self._clock():
            raise FailureError(Code.PAGE_EXPIRED)


def is_window(request: web.Request) -> bool:
    """Whether a whole window is being navigated, as far as the browser says (Fetch Metadata; old ones say nothing)."""
    return request.headers.get("Sec-Fetch-Dest", "document") == "document"


def require_window(request: web.Request) -> None:
    """Raises FailureError(origin_refused) for a page that is to be put into a frame or fetched by a script."""
    if not is_window(request):
        raise FailureError(Code.ORIGIN_REFUSED)


def require_own_page(request: web.Request) -> None:
    """Raises FailureError(origin_refused) unless the request is our own page's, as the browser says."""
    own = f"{request.scheme}://{request.headers['Host']}"
    if request.headers.getall("Origin", []) != [own] or request.headers.get("Sec-Fetch-Site") != "same-origin":
        raise FailureError(Code.ORIGIN_REFUSED)


def problem_text(error: FailureError) -> str:
    """The problem document of a failure as text, for pages of ours that hand it on."""
    return problem(error).text or ""


_NONE, _SELF = "'none'", "'self'"


def _read(name: str) -> str:
    return (_FILES / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
