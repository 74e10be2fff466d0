"""Where we are: the ports of the listeners, and the names under which the pages live that may ask for signatures.

`http://localhost:61170` belongs to whoever held that port before us: a service worker or a page that a browser was told
to keep for a year stays behind and is then of one origin with us (Service Workers, section 6; RFC 9111, section 4.2).
So pages that ask for signatures are served under an origin that nobody could prepare: a name of 128 random bits below
localhost, which browsers resolve to this computer by themselves (RFC 6761, section 6.3; "Let 'localhost' be localhost",
section 3). Under the fixed names a page is only led there, and no order is taken.
"""

import secrets
from dataclasses import dataclass, field

from aiohttp import web

from agent.failures import Code, FailureError

FIXED = ("localhost", "127.0.0.1", "[::1]")


def _new_name() -> str:
    return f"{secrets.token_hex(16)}.localhost"


@dataclass(frozen=True)
class Places:
    """The HTTPS port with the name that its certificate has, and the plain port, 0 where nobody listens there.

    `name` is "localhost" where browsers cannot find another name; the certificate then is what nobody else has. The
    name of the plain listener is made anew with every start. `taken` says who holds the plain port while we do not.
    `old`: the ports of the old component's protocol, each with who holds it while we do not.
    """

    port: int
    name: str
    http_port: int = 0
    http_name: str = field(default_factory=_new_name)
    taken: list[str] = field(default_factory=list)
    old: dict[int, list[str]] = field(default_factory=dict)

    @property
    def own(self) -> str:
        """The origin of our pages over HTTPS."""
        return f"https://{self.name}:{self.port}"

    @property
    def plain(self) -> str:
        """The origin of our pages over plain HTTP, whether somebody listens there or not."""
        return f"http://{self.http_name}:{self.http_port}"

    @property
    def front(self) -> str:
        """The origin of our pages that opens in most browsers: without TLS, whatever they trust, where that is there.

        A browser that does not find one name below localhost does not find the other either.
        """
        plain = self.http_port and not self.taken and self.name not in FIXED
        return self.plain if plain else self.own


PLACES: web.AppKey[Places] = web.AppKey("places", Places)
# The origin under which an application serves pages that ask for signatures.
OWN: web.AppKey[str] = web.AppKey("own", str)


def allowed_hosts(request: web.Request, port: int) -> list[list[str]]:
    """The Host headers that name a listener: a stranger's name that resolves to this computer is DNS rebinding."""
    own = request.app[OWN].partition("://")[2]
    return [[own], *([f"{name}:{port}"] for name in FIXED)]


def led_home(request: web.Request) -> web.Response | None:
    """Where a page was asked for under a fixed name: the answer that leads to the same page under our own.

    A browser keeps the fragment, the opener and its word for a click (Fetch, 4.4; measured in Chromium and Firefox).
    """
    if _is_home(request):
        return None
    return web.Response(status=307, headers={"Location": request.app[OWN] + request.rel_url.raw_path})


def require_own_page(request: web.Request) -> None:
    """Raises FailureError(origin_refused) unless the request is our own page's, as the browser says."""
    own = request.headers.getall("Origin", []) == [request.app[OWN]]
    if not (own and _is_home(request) and request.headers.get("Sec-Fetch-Site") == "same-origin"):
        raise FailureError(Code.ORIGIN_REFUSED)


def _is_home(request: web.Request) -> bool:
    return f"{request.scheme}://{request.headers['Host']}" == request.app[OWN]
