"""What the portal says of itself: whether it is there, its time, the announced versions, and how it treats its windows.

Everything it says is hostile input. The person has come from its page, so it is asked by this computer as well.
"""

import email.utils
import http.client
import json
import re
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

WELL_KNOWN = "/.well-known/cardlogin-return"
# An origin as browsers write it: https, a host in ASCII, a port that is not the usual one.
ORIGIN = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[1-9][0-9]{0,4})?")
_SECONDS, _MAX_ANSWER = 2.0, 4096
_VERSION, _PATH = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}"), re.compile(r"/[A-Za-z0-9/_.-]{0,200}")


@dataclass(frozen=True)
class PortalSeen:
    """What was seen of a portal; `code` says what is wrong with it, and what was not told is empty.

    `offset`: seconds that this computer's clock is ahead of the portal's, as exact as its answer (1 s).
    """

    code: str = ""
    offset: float | None = None
    newest: str = ""
    minimum: str = ""
    opener_policy: str = ""


def look(origin: str) -> PortalSeen:
    """What the portal at an origin says; never raises. It takes at most some seconds, and follows no redirect."""
    code, answer = "", None
    try:
        answer = _get(origin, WELL_KNOWN, ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        # What it says is no longer believed, but its time may tell why: a certificate is out of its dates, or we are.
        code = "portal_untrusted"
        answer = _despite(origin)
    except (OSError, http.client.HTTPException, ValueError):
        answer = None
    if answer is None:
        return PortalSeen(code or "portal_unreachable")
    return _read(origin, answer, code)


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    moment: float  # of this computer's clock, in the middle of the exchange


def _read(origin: str, answer: _Answer, code: str) -> PortalSeen:
    offset = offset_of(answer.headers.get("date", ""), answer.moment)
    if code:
        return PortalSeen(code, offset)
    said = _object(answer.body) if answer.status == http.HTTPStatus.OK else {}
    if said.get("cardlogin_return") != 1:
        return PortalSeen("portal_silent", offset)
    agent = said.get("agent")
    versions = agent if isinstance(agent, dict) else {}
    return PortalSeen(
        "", offset, _text(versions.get("newest"), _VERSION), _text(versions.get("minimum"), _VERSION),
        _opener_policy(origin, _text(said.get("login"), _PATH)),
    )  # fmt: skip


def offset_of(date: str, moment: float) -> float | None:
    """Seconds that our clock is ahead of a Date header (RFC 9110, 6.6.1); None for one that is none."""
    try:
        theirs = email.utils.parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return None
    if theirs.tzinfo is None:
        return None
    ours = datetime.fromtimestamp(moment, UTC)
    # The header's second has been cut off: it is half a second later on average.
    return (ours - theirs).total_seconds() - 0.5


def _opener_policy(origin: str, path: str) -> str:
    if not path:
        return ""
    try:
        answer = _get(origin, path, ssl.create_default_context())
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    return answer.headers.get("cross-origin-opener-policy", "").partition(";")[0].strip()[:40]


def _despite(origin: str) -> _Answer | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return _get(origin, WELL_KNOWN, context)
    except (OSError, http.client.HTTPException, ValueError):
        return None


def _get(origin: str, path: str, context: ssl.SSLContext) -> _Answer:
    parts = urlsplit(origin)
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_SECONDS, context=context)
    try:
        begun = time.time()
        connection.request("GET", path, headers={"Accept": "*/*", "Accept-Language": "zh-Hant"})
        with connection.getresponse() as response:
            moment = (begun + time.time()) / 2
            headers = {name.lower(): value for name, value in response.getheaders()}
            return _Answer(response.status, headers, response.read(_MAX_ANSWER), moment)
    finally:
        connection.close()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object, form: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and form.fullmatch(value) else ""
