"""What a portal would say of a certificate and of a signature: the server library's own verdict.

The only file of the agent that uses the server library; it runs in the self-test's process, never in the daemon.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from agent.selftest.reach import reach
from agent.settings import SelftestSettings
from cardlogin_server import (
    Anchors,
    CardLoginError,
    Challenges,
    CrlRevocation,
    MemoryChallengeStore,
    Purpose,
    RevocationPolicies,
    RevocationPolicy,
    UseOcsp,
    Verifier,
)
from cardlogin_server.certificates.families import issues_for
from cardlogin_server.certificates.leaf import Leaf, check_leaf, read_leaf
from cardlogin_server.certificates.path import check_dates
from cardlogin_server.certificates.profile import PRODUCTION_POLICIES
from cardlogin_server.failures import CertificateTypeRefused, RevocationUnknown
from cardlogin_server.identity.identity import read_identity
from cardlogin_server.revocation.fetching.fetch import FetchFailed, fetch, post
from cardlogin_server.revocation.lists import addresses
from cardlogin_server.revocation.ocsp import responder_addresses

# Where the authorities of the cards publish lists and answer (taiwan-pki.md, 1.2); of others nothing is fetched.
HOSTS = frozenset(
    {
        "moica.nat.gov.tw", "ocsp-moica.moi.gov.tw", "crl-moica.moi.gov.tw", "moeaca.nat.gov.tw", "xca.nat.gov.tw",
        "gca.nat.gov.tw", "grca.nat.gov.tw",
    }
)  # fmt: skip
_SESSION, _UNKNOWN = "self-test", RevocationUnknown.code


@dataclass(frozen=True)
class AddressSeen:
    """An address of the certificate: of a list or of a responder, and whether it could be reached from here."""

    url: str
    responder: bool
    reached: bool


@dataclass(frozen=True)
class RevocationSeen:
    """What lists and responders say: the code of a refusal, empty where the certificate is good.

    `offset`: seconds that this computer's clock is ahead of the first address that was reached.
    """

    code: str = ""
    addresses: tuple[AddressSeen, ...] = ()
    offset: float | None = None


class Rules:
    """The rules that portals go by, with the government's anchors, or a test authority's by the settings.

    Raises ValueError and OSError for anchors that cannot be used.
    """

    def __init__(self, settings: SelftestSettings) -> None:
        self._anchors = Anchors.from_folder(Path(settings.anchors)) if settings.anchors else Anchors.taiwan()
        self._hosts = HOSTS | frozenset(settings.hosts)
        self._challenges = Challenges(MemoryChallengeStore())

    def chain(self, der: bytes) -> str:
        """The code of what is wrong with a certificate apart from its revocation; empty when nothing is."""
        try:
            leaf = read_leaf(der)
            family = check_leaf(leaf, PRODUCTION_POLICIES)
            issuer = self._anchors.issuer_named_by(leaf)
            if not issues_for(issuer, family):
                raise CertificateTypeRefused(None)
            now = datetime.now(UTC)
            check_dates(leaf, now)
            self._anchors.check_path(leaf, issuer, now, policies=PRODUCTION_POLICIES)
            read_identity(leaf, family)
        except CardLoginError as error:
            return error.code
        return ""

    def revocation(self, der: bytes) -> RevocationSeen:
        """What is published of a certificate whose chain is good, and which of its addresses can be reached."""
        try:
            leaf = read_leaf(der)
        except CardLoginError:
            return RevocationSeen()
        wanted = [(url, False) for url in addresses(leaf)] + [(url, True) for url in responder_addresses(leaf)]
        with ThreadPoolExecutor() as pool:
            reached = list(pool.map(lambda item: reach(item[0], self._hosts, responder=item[1]), wanted))
            good = frozenset(url for (url, _), one in zip(wanted, reached, strict=True) if one.good)
            codes = list(pool.map(lambda use: self._code(leaf, use, good), (UseOcsp.NEVER, UseOcsp.BEFORE_LISTS)))
        seen = tuple(AddressSeen(url, responder, url in good) for url, responder in wanted)
        # A refusal of either is one; what neither knows is not known.
        code = next(
            (code for code in codes if code not in ("", _UNKNOWN)), _UNKNOWN if set(codes) == {_UNKNOWN} else ""
        )
        return RevocationSeen(code, seen, next((one.offset for one in reached if one.offset is not None), None))

    def issue(self) -> str:
        """A challenge for a trial, which no portal takes for anything."""
        return self._challenges.issue(_SESSION, Purpose.TEST)

    def verify(self, token: dict[str, object], challenge: str, origin: str) -> tuple[str, str]:
        """The code of a refusal, empty where there is none, and the holder: by the verifier that portals use.

        Revocation has a check of its own.
        """
        verifier = Verifier(
            origin=origin, anchors=self._anchors, challenges=self._challenges, revocation=_CheckedApart()
        )
        try:
            found = verifier.verify(token, challenge=challenge, session_id=_SESSION, purpose=Purpose.TEST)
        except CardLoginError as error:
            return error.code, ""
        return "", found.holder_name

    def _code(self, leaf: Leaf, use: UseOcsp, good: frozenset[str]) -> str:
        policies = RevocationPolicies(RevocationPolicy(use_ocsp=use))
        asked = CrlRevocation(
            self._anchors, self._hosts, partial(_fetch, good), policies=policies, post=partial(_post, good)
        )
        try:
            asked.check(leaf)
        except CardLoginError as error:
            return error.code
        return ""


class _CheckedApart:
    """Revocation as the verifier of a trial sees it: a list that cannot be reached is not the card's fault."""

    def check(self, leaf: Leaf) -> None:
        """Lets every certificate pass."""


def _fetch(good: frozenset[str], url: str) -> bytes:
    """A file at an address that could be reached a moment ago; no other is waited for."""
    if url not in good:
        raise FetchFailed("not reached")
    return fetch(url)


def _post(good: frozenset[str], url: str, body: bytes, kind: str, largest: int) -> bytes:
    if url not in good:
        raise FetchFailed("not reached")
    return post(url, body, kind, largest)
