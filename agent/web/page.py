"""Our own pages: one document each, opened as a whole window only; and what their scripts may ask of us.

A page speaks one language at a time. Its texts are messages by name: the element `data-text="name"` gets the text of
that name, and the script has all languages of all of them, so that switching loses nothing of an order under way.
"""

import base64
import hashlib
import html
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from aiohttp import web

from agent.failures import Code, FailureError
from agent.messages import languages, name_of
from agent.web.language import language_of
from agent.web.problems import in_all_languages, problem

# A page may wait while its user looks for the card; more open pages than this are a page that runs wild.
TOKEN_SECONDS, MAX_TOKENS = 600.0, 4096
_FILES = Path(__file__).with_name("pages")
_SLOT = re.compile(r"%([A-Z_]+)%")
_TEXT = re.compile(r'data-text="([a-z_]+)"[^>]*>')
_SWITCH = "<!-- languages -->"
_NONE, _SELF = "'none'", "'self'"


class Page:
    """One of our documents, read once, with a policy that admits exactly its own script and style (CSP 3).

    `scripts`: what it does besides switching the language, by the names of the files; such a page asks the daemon.
    `connects`: whom else its script may fetch from. `styles`: style sheets besides that of all pages.
    """

    def __init__(
        self, name: str, texts: Mapping[str, str], *, scripts: Sequence[str] = (), styles: Sequence[str] = (),
        connects: str = "", form_action: str = "'none'", opener_policy: str = "same-origin",
    ) -> None:  # fmt: skip
        style = "\n".join(_read(f"{sheet}.css") for sheet in ("page", *styles))
        code = "\n".join(_read(f"{script}.js") for script in ("language", *scripts))
        self._texts = _in_all_languages(texts)  # which reads the catalogues now, and not while a browser waits
        self._html = _read(f"{name}.html").replace("%STYLE%", style).replace("%SCRIPT%", code)
        self._opener_policy = opener_policy
        self.policy = (
            f"default-src 'none'; script-src {_hash(code)}; style-src {_hash(style)}; "
            f"connect-src {f'{_SELF} {connects}'.strip() if scripts else _NONE}; form-action {form_action}; "
            "base-uri 'none'; frame-ancestors 'none'"
        )

    def answer(
        self, request: web.Request, *, status: int = 200, texts: Mapping[str, str] | None = None, **slots: str
    ) -> web.Response:
        """The page in the person's language, with its slots filled and further texts; what goes in is escaped."""
        language = language_of(request)
        known = self._texts | _in_all_languages(texts or {})
        slots |= {"language": language, "texts": json.dumps(known, ensure_ascii=False)}
        # Slots first: a text that is put in afterwards cannot become one, and what a slot holds has no bare quotes.
        text = _SLOT.sub(lambda slot: html.escape(slots[slot[1].lower()]), self._html)
        text = _TEXT.sub(lambda place: place[0] + html.escape(known[place[1]][language]), text)
        text = text.replace(_SWITCH, _switch(language))
        headers = {"Content-Security-Policy": self.policy, "Cross-Origin-Opener-Policy": self._opener_policy}
        return web.Response(status=status, text=text, content_type="text/html", charset="utf-8", headers=headers)


class PageTokens:
    """One-time tokens that tie a request to a page we served."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, seconds: float = TOKEN_SECONDS) -> None:
        self._clock, self._seconds = clock, seconds
        self._expiry: dict[str, float] = {}

    def issue(self) -> str:
        """A new token of 32 random bytes; the oldest is forgotten when there are too many."""
        while len(self._expiry) >= MAX_TOKENS:
            del self._expiry[next(iter(self._expiry))]
        token = secrets.token_urlsafe(32)
        self._expiry[token] = self._clock() + self._seconds
        return token

    def take(self, token: str) -> None:
        """Uses a token up; raises FailureError(page_expired) for one that is unknown, used or too old."""
        expiry = self._expiry.pop(token, None)
        if expiry is None or expiry < self._clock():
            raise FailureError(Code.PAGE_EXPIRED)


def is_window(request: web.Request) -> bool:
    """Whether a whole window is being navigated, as far as the browser says (Fetch Metadata; old ones say nothing)."""
    return request.headers.get("Sec-Fetch-Dest", "document") == "document"


def clicked(request: web.Request) -> str:
    """Whether a person has clicked to get here, as the browser says (Fetch Metadata, 2.4), as our scripts read it.

    A browser that does not say so has our page ask for a click of its own.
    """
    return "true" if request.headers.getall("Sec-Fetch-User", []) == ["?1"] else "false"


def require_window(request: web.Request) -> None:
    """Raises FailureError(origin_refused) for a page that is to be put into a frame or fetched by a script."""
    if not is_window(request):
        raise FailureError(Code.ORIGIN_REFUSED)


def problem_text(error: FailureError) -> str:
    """The problem document of a failure as text, for pages of ours that hand it on."""
    return problem(error).text or ""


def _switch(spoken: str) -> str:
    """A button for each language, in its own words."""
    return "".join(
        f'<button type="button" lang="{language}" aria-pressed="{"true" if language == spoken else "false"}">'
        f"{html.escape(name_of(language))}</button>"
        for language in languages()
    )


def _in_all_languages(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: in_all_languages(text) for name, text in texts.items()}


def _read(name: str) -> str:
    return (_FILES / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
