"""A whole card log-in in aiohttp: GET /challenge, POST /login, GET /me. Behind a proxy that ends TLS.

Start: python docs/server/examples/aiohttp_login.py PORT, with CARDLOGIN_ORIGIN, CARDLOGIN_PKI (empty for Taiwan's own
authorities) and CARDLOGIN_CRL_HOSTS (host or host:port, comma separated) in the environment.
"""

import asyncio
import os
import secrets
import sys

from aiohttp import web

from cardlogin_server import (
    Anchors,
    CardLoginError,
    Challenges,
    CrlRevocation,
    Identity,
    MemoryChallengeStore,
    Purpose,
    Verifier,
)
from cardlogin_server.messages import in_every_language

COOKIE = "__Host-session"
folder = os.environ.get("CARDLOGIN_PKI")
anchors = Anchors.from_folder(folder) if folder else Anchors.taiwan()
# One process only: with several, use cardlogin_server.stores.redis or cardlogin_server.stores.sql.
challenges = Challenges(MemoryChallengeStore())
verifier = Verifier(
    origin=os.environ["CARDLOGIN_ORIGIN"],
    anchors=anchors,
    challenges=challenges,
    revocation=CrlRevocation(anchors, frozenset(os.environ["CARDLOGIN_CRL_HOSTS"].split(","))),
    policies=frozenset({"2.16.886.101.0.3.3"}),
)
logged_in: dict[str, Identity] = {}


async def challenge(request: web.Request) -> web.Response:
    """Give the page a challenge, and the browser a session if it has none."""
    session = request.cookies.get(COOKIE) or secrets.token_urlsafe(32)
    answer = web.json_response({"challenge": challenges.issue(session, Purpose.LOGIN)})
    answer.headers["Cache-Control"] = "no-store"
    return _with_session(answer, session)


async def login(request: web.Request) -> web.Response:
    """Take the card's answer; on success the browser gets a new session."""
    # A form of another site cannot send JSON without asking first, so this needs no further token.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    body = await request.json()
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    try:
        # Revocation may have to fetch a list: never on the event loop.
        identity = await asyncio.to_thread(
            verifier.verify,
            body.get("token"),
            challenge=body.get("challenge"),
            session_id=request.cookies.get(COOKIE, ""),
            purpose=Purpose.LOGIN,
        )
    except CardLoginError as error:
        texts = {"meaning": in_every_language(error.meaning), "remedy": in_every_language(error.remedy)}
        problem = {"code": error.code, **texts}
        return web.json_response(problem, status=403, content_type="application/problem+json")
    session = secrets.token_urlsafe(32)
    logged_in[session] = identity
    return _with_session(web.json_response(identity.claims()), session)


async def me(request: web.Request) -> web.Response:
    """Say who is logged in."""
    identity = logged_in.get(request.cookies.get(COOKIE, ""))
    if identity is None:
        raise web.HTTPUnauthorized
    return web.json_response(identity.claims())


def _with_session(answer: web.Response, session: str) -> web.Response:
    answer.set_cookie(COOKIE, session, secure=True, httponly=True, samesite="Lax", path="/")
    return answer


def application() -> web.Application:
    """The routes; no body larger than a token needs."""
    app = web.Application(client_max_size=16_384)
    app.add_routes([web.get("/challenge", challenge), web.post("/login", login), web.get("/me", me)])
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]), print=lambda _: print("ready", flush=True))
