"""One path to be judged, and a verdict on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import override

from cardlogin_server.certificates.profile import LeafProfile


@dataclass(frozen=True, kw_only=True)
class Question:
    """Everything the three judges are given; certificates and lists are DER.

    ``expected`` is the verdict of the suite, or of RFC 5280 on a generated path. ``policies`` is the user's initial
    policy set, empty for any. ``files`` are the lists by address; where it is empty, ``crls`` are offered without one.
    """

    suite: str
    name: str
    root: bytes
    leaf: bytes
    others: tuple[bytes, ...]
    now: datetime
    expected: bool
    profile: LeafProfile
    crls: tuple[bytes, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    longest_path: int = 1
    revocation: bool = True
    policies: tuple[str, ...] = ()
    explicit: bool = False
    inhibit_map: bool = False
    inhibit_any: bool = False

    @property
    def lists(self) -> tuple[bytes, ...]:
        """Every list offered."""
        return self.crls or tuple(dict.fromkeys(self.files.values()))


@dataclass(frozen=True)
class Verdict:
    """Accepted or not; ``why`` is the judge's own word for a refusal."""

    accepted: bool
    why: str = ""

    @override
    def __str__(self) -> str:
        return "accept" if self.accepted else "refuse"
