"""The parts of card log-in, built once per process from the CARDLOGIN_ settings.

CARDLOGIN_ORIGIN: the site's own origin. CARDLOGIN_PKI: folder with anchors/*.cer and issuers/*.cer; None for Taiwan's
own authorities as shipped. CARDLOGIN_CRL_HOSTS: hosts that lists may be fetched from. CARDLOGIN_POLICIES: accepted
certificate policies. CARDLOGIN_CRL_FOLDER (optional): where processes share the indexes of lists.
"""

import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from cardlogin_server import Anchors, Challenges, CrlRevocation, Identity, Purpose, Verifier
from cardlogin_server.answers.hipki import OldComponentVerifier
from cardlogin_server.contrib.django.store import CacheChallengeStore
from cardlogin_server.revocation.index_folder import FolderIndexStore

_SESSION_MARK = "card_session"


@cache
def challenges() -> Challenges:
    """The issuing and taking of challenges over the shared cache."""
    return Challenges(CacheChallengeStore())


@cache
def anchors() -> Anchors:
    """The trust anchors and issuing authorities. Raises ValueError and OSError for an unusable folder."""
    folder: str | Path | None = getattr(settings, "CARDLOGIN_PKI", "")
    return Anchors.taiwan() if folder is None else Anchors.from_folder(Path(folder))


@cache
def revocation() -> CrlRevocation:
    """The asking for revocation; for a ``Refresher``. Raises ValueError and OSError for unusable settings."""
    folder = getattr(settings, "CARDLOGIN_CRL_FOLDER", None)
    hosts = frozenset(settings.CARDLOGIN_CRL_HOSTS)
    return CrlRevocation(anchors(), hosts, store=FolderIndexStore(Path(folder)) if folder else None)


@cache
def verifier() -> Verifier:
    """The verifier for CARDLOGIN_ORIGIN. Raises ValueError and OSError for unusable settings."""
    return Verifier(
        origin=settings.CARDLOGIN_ORIGIN,
        anchors=anchors(),
        challenges=challenges(),
        revocation=revocation(),
        policies=frozenset(settings.CARDLOGIN_POLICIES),
    )


@cache
def old_component() -> OldComponentVerifier:
    """The verifier of the old component's answers. Raises ValueError and OSError for unusable settings."""
    return OldComponentVerifier(
        anchors=anchors(),
        challenges=challenges(),
        revocation=revocation(),
        policies=frozenset(settings.CARDLOGIN_POLICIES),
    )


def forget() -> None:
    """Build anew at the next use; for a change of settings inside one process."""
    for built in (challenges, anchors, revocation, verifier, old_component):
        built.cache_clear()


def issue_challenge(session: SessionBase, purpose: Purpose) -> str:
    """A fresh challenge text that only this browser session can use, once, for ``purpose``."""
    return challenges().issue(_mark(session), purpose)


def verify(session: SessionBase, token: str | Mapping[str, object], challenge: str, purpose: Purpose) -> Identity:
    """The holder whose card signed this session's challenge for ``purpose``. Raises subclasses of CardLoginError."""
    return verifier().verify(token, challenge=challenge, session_id=_mark(session), purpose=purpose)


def verify_old_log_in(session: SessionBase, answer: str, challenge: str) -> Identity:
    """The holder whose card signed this session's challenge, from the old component's PKCS7 answer; to log in only.

    The answer does not tell for which site it was signed, so no other purpose can be asked for. Raises subclasses of
    CardLoginError.
    """
    found = old_component().verify_pkcs7(answer, challenge=challenge, session_id=_mark(session), purpose=Purpose.LOGIN)
    return found.identity


def _mark(session: SessionBase) -> str:
    # Not the session key: that is the browser's credential and changes at log-in.
    mark: str = session.setdefault(_SESSION_MARK, secrets.token_urlsafe(32))
    return mark
