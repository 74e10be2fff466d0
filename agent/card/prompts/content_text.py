"""What an old page has signed or decrypted, fit to be shown: text as it is but harmless, everything else by its digest.

Pure, and without cryptography: a window shows it before that is loaded.
"""

from __future__ import annotations

import hashlib
import itertools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from agent.card.harmless import LONGEST, UNSEEN, harmless_lines
from agent.card.old_asks import CmsAsk, DecryptAsk, OldAsk, Pkcs1Ask, RawAsk

# Pinentry and terminal: so many lines, of so many cells of a terminal (a Chinese character takes two).
_QUOTED_LINES, _QUOTED_CELLS = 8, 56
_BAR, MORE = "│ ", "…"
# What pages have signed that only want a signature.
_FIXED = frozenset({"", "tbs"})
# DER of DigestInfo up to the digest (RFC 8017, 9.2, note 1), and how long that is.
_DIGEST_INFOS = {
    bytes.fromhex("3021300906052b0e03021a05000414"): ("SHA-1", 20),
    bytes.fromhex("3031300d060960864801650304020105000420"): ("SHA-256", 32),
    bytes.fromhex("3041300d060960864801650304020205000430"): ("SHA-384", 48),
    bytes.fromhex("3051300d060960864801650304020305000440"): ("SHA-512", 64),
}


class Form(Enum):
    """What the bytes are."""

    TEXT = "text"
    BINARY = "binary"
    EMPTY = "empty"
    CIPHER = "cipher"
    DIGEST = "digest"  # of something that the page keeps to itself


class Caution(Enum):
    """What a person should know of a signature before it is made."""

    OLD_DIGEST = "old digest"
    FIXED = "fixed"  # nothing in it is of this moment
    REPEATED = "repeated"  # the site has had it signed before


@dataclass(frozen=True)
class Content:
    """`size` is in characters for text and in bytes for all else; `shown` may be less: see `cut`.

    `shown` is the harmless text, or a digest in hexadecimal; `method` is that digest's.
    """

    form: Form
    size: int
    shown: str = ""
    method: str = ""

    @property
    def cut(self) -> bool:
        """Whether there is more than is shown."""
        return self.form is Form.TEXT and self.size > LONGEST


def content_of(old: OldAsk) -> Content | None:
    """What a card is to work on; None where there is nothing such."""
    work = old.work
    if isinstance(work, CmsAsk | Pkcs1Ask):
        return _content(work.content)
    if isinstance(work, RawAsk):
        method, digest = digest_of(work.digest_info)
        return Content(Form.DIGEST, len(digest), grouped(digest), method)
    return Content(Form.CIPHER, len(work.cipher)) if isinstance(work, DecryptAsk) else None


def cautions_of(old: OldAsk) -> tuple[Caution, ...]:
    """What is to be said about a signature before it is made."""
    work = old.work
    cautions = list[Caution]()
    if isinstance(work, CmsAsk | Pkcs1Ask):
        if work.hash == "sha1":
            cautions.append(Caution.OLD_DIGEST)
        if _is_fixed(work.content):
            cautions.append(Caution.FIXED)
        elif old.repeated:
            cautions.append(Caution.REPEATED)
    elif isinstance(work, RawAsk):
        if digest_of(work.digest_info)[0] == "SHA-1":
            cautions.append(Caution.OLD_DIGEST)
        if old.repeated:
            cautions.append(Caution.REPEATED)
    return tuple(cautions)


def digest_of(digest_info: bytes) -> tuple[str, bytes]:
    """Method and digest of a DigestInfo; no method, and all of the bytes, for any other DER than the usual one's."""
    for head, (method, length) in _DIGEST_INFOS.items():
        if digest_info.startswith(head) and len(digest_info) == len(head) + length:
            return method, digest_info[len(head) :]
    return "", digest_info


def grouped(data: bytes) -> str:
    """Bytes in hexadecimal, in groups that can be compared."""
    return data.hex(" ", 4)


def quoted(text: str) -> Iterator[str]:
    """The first lines of a harmless text, each behind a bar and so short that none goes on without it."""
    lines = list(itertools.islice(_short_lines(text), _QUOTED_LINES + 1)) if text else []
    yield from (_BAR + line for line in lines[:_QUOTED_LINES])
    if len(lines) > _QUOTED_LINES:
        yield _BAR + MORE


def _short_lines(text: str) -> Iterator[str]:
    for whole in text.split("\n"):
        line, width = "", 0
        for character in whole:
            cells = 2 if unicodedata.east_asian_width(character) in "WFA" else 1
            if width + cells > _QUOTED_CELLS:
                yield line
                line, width = "", 0
            line, width = line + character, width + cells
        yield line


def _content(data: bytes) -> Content:
    if not data:
        return Content(Form.EMPTY, 0)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Content(Form.BINARY, len(data), grouped(hashlib.sha256(data).digest()), "SHA-256")
    return Content(Form.TEXT, len(text), harmless_lines(text))


def _is_fixed(data: bytes) -> bool:
    """Whether the content is one that pages use for all; blanks and what nobody sees make no difference."""
    data = data.strip()
    if len(data) > LONGEST:
        return False
    text = data.decode("utf-8", "replace")
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CZ" and c not in UNSEEN).lower() in _FIXED
