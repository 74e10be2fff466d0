"""A registration that has begun: kept in the session, on the server, for an hour, and nowhere else.

No password and no answer is in it, only their hashes; the ID number and the recovery code are sealed.
"""

import base64
import secrets
import time
from dataclasses import asdict, dataclass, field

from django.contrib.sessions.backends.base import SessionBase

from portal.accounts.models import IdKind
from portal.sealing import seal, unseal

_KEY = "registration"
SECONDS = 3600
READY = 6


@dataclass(slots=True)
class CardFacts:
    """What is kept of the card that a registration begins with; `last_four` may be empty.

    The card that signs at the end must show the same certificate (SHA-256, hex).
    """

    binding_key: str
    subject_serial: str
    holder_name: str
    last_four: str
    certificate_sha256: str = ""


@dataclass(slots=True)
class Draft:
    """What a person has told so far, and where in the five steps that is.

    `id` is random and names the draft in every form; `turn` counts each page that was taken, so that a page sent twice
    or out of order is known for what it is. `step` is 1 to 5, or READY when all five are done. Texts of a step are kept
    under their fields' names.
    """

    id: str
    began: float
    step: int = 1
    turn: int = 0
    official: bool = False
    advanced: bool = False
    next: str = ""
    card: CardFacts | None = None
    account: str = ""
    password: str = ""  # hash
    policy: str = ""
    basic: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    rescue: dict[str, str] = field(default_factory=dict)  # the answer as a hash
    id_kind: str = ""
    sealed_number: str = ""
    sealed_code: str = ""
    hints: list[str] = field(default_factory=list)
    has_number_already: bool = False  # an account's data under change, whose number stays

    @property
    def number(self) -> str:
        """The ID number, or an empty text."""
        return _open(self.id, self.sealed_number)

    @property
    def number_is_fixed(self) -> bool:
        """Whether the number is known and not asked for: the card and step two gave it, or the account has it."""
        return self.card is not None or self.has_number_already

    @property
    def recovery_code(self) -> str:
        """The recovery code that will be shown at the end, or an empty text."""
        return open_code(self.id, self.sealed_code)

    def keep_number(self, kind: IdKind, number: str) -> None:
        """Keep an ID number in its normal form."""
        self.id_kind, self.sealed_number = kind.value, self._seal(number)

    def drop_number(self) -> None:
        """Forget the ID number."""
        self.id_kind = self.sealed_number = ""

    def keep_recovery_code(self, code: str) -> None:
        """Keep the recovery code: a form sent twice must show the same one twice."""
        self.sealed_code = self._seal(code)

    def _seal(self, text: str) -> str:
        return base64.b64encode(seal(text, _context(self.id))).decode()


def open_code(draft_id: str, sealed: str) -> str:
    """The recovery code of a draft that is gone; an empty text where there was none."""
    return _open(draft_id, sealed)


def begin(session: SessionBase, *, official: bool, card: CardFacts | None, next_url: str) -> Draft:
    """Begin a registration; one that was under way in this session ends. `official` opens the advanced data (F043)."""
    draft = Draft(secrets.token_urlsafe(16), time.time(), official=official, advanced=official, next=next_url)
    draft.card = card
    keep(session, draft)
    return draft


def current(session: SessionBase) -> Draft | None:
    """The registration under way in this session, or None."""
    kept = session.get(_KEY)
    if kept is None or not 0 <= time.time() - kept["began"] < SECONDS:
        drop(session)
        return None
    card = kept["card"]
    return Draft(**{**kept, "card": CardFacts(**card) if card else None})


def keep(session: SessionBase, draft: Draft) -> None:
    """Keep the draft as it is now."""
    session[_KEY] = asdict(draft)


def drop(session: SessionBase) -> None:
    """Forget the registration."""
    session.pop(_KEY, None)


def _open(draft_id: str, sealed: str) -> str:
    return unseal(base64.b64decode(sealed), _context(draft_id)) if sealed else ""


def _context(draft_id: str) -> str:
    return f"registration draft {draft_id}"
