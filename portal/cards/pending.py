"""A card that was verified but has not led anywhere yet: kept in the session, on the server, for ten minutes."""

import time
from dataclasses import asdict, dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase

from cardlogin_server import Identity
from cardlogin_server.certificates.families import Family

_KEY = "pending_card"
SECONDS = 600


@dataclass(frozen=True, slots=True)
class Pending:
    """What is kept of a verified `Identity`; the same names where both are used."""

    binding_key: str
    family_name: str
    subject_serial: str
    holder_name: str
    last_four: str
    certificate_sha256: str
    ends: str

    @property
    def not_after(self) -> datetime:
        """End of the certificate's validity."""
        return datetime.fromisoformat(self.ends)

    @property
    def family(self) -> Family:
        """The card's family."""
        return Family(self.family_name)


def remember(session: SessionBase, identity: Identity) -> None:
    """Keep a verified card for the next pages of this browser session."""
    kept = Pending(
        identity.binding_key, identity.family.value, identity.subject_serial, identity.holder_name,
        identity.last_four or "", identity.certificate_sha256, identity.not_after.isoformat(),
    )  # fmt: skip
    session[_KEY] = {"at": time.time(), **asdict(kept)}


def recall(session: SessionBase) -> Pending | None:
    """Return the card that was verified in the last ten minutes, or None."""
    kept = session.get(_KEY)
    if kept is None or not 0 <= time.time() - kept["at"] < SECONDS:
        forget(session)
        return None
    return Pending(**{name: value for name, value in kept.items() if name != "at"})


def forget(session: SessionBase) -> None:
    """Drop it: it has served, or must not any more."""
    session.pop(_KEY, None)
