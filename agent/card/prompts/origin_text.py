"""How the caller's origin is shown: whole as it is signed, readable beside it, with what is odd about it said."""

from __future__ import annotations

import ipaddress
import unicodedata
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from agent.domains import registered

# RFC 1035, 2.3.4; nothing longer is decoded.
_MAX_LABEL = 63
_PREFIX = "xn--"
# Lower-case letters that look like a Latin letter, by script (Unicode confusables.txt, the single-letter rows).
# By number, because in a source file nobody could tell them from what they imitate.
_LOOK_ALIKE = {
    "CYRILLIC": frozenset(
        "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u051d\u0445\u0443\u04af"
        "\u044a\u044c\u04bd\u043f\u0433\u0475\u0461\u0491"
    ),
    "GREEK": frozenset(
        "\u03b1\u03b2\u03b3\u03b5\u03b7\u03b9\u03ba\u03bd\u03bf\u03c1\u03c3\u03c4\u03c5\u03c7\u03c9\u03f3"
    ),
    "ARMENIAN": frozenset("\u0561\u0585\u057d\u0578\u0570\u0581\u0566\u0575"),
}
# Latin letters made to look like another one, which no language writes in a host name (dotless i, script a, ...).
_ODD_LATIN = frozenset(
    "\u0131\u0269\u0261\u0251\u028b\u026a\u029f\u0274\u0280\u028f\u1d00\u1d04\u1d05\u1d07\u1d0a\u1d0b\u1d0d\u1d0f"
    "\u1d18\u1d1b\u1d1c\u1d20\u1d21\u1d22\ua78c\u0196\u01c3"
)
# East Asian characters that beside Latin letters look like a slash, a dot or a hyphen.
_LIKE_A_SIGN = frozenset("\u30ce\u4e3f\u4e36\u4e28\u30fb\u30fc\u4e00\u3007\u3033\u3035\u318d")
# Unicode TR 39, 5.2, "highly restrictive": the scripts that one word may mix.
_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)


class Remark(Enum):
    """What a person should know of an origin."""

    NONE = "none"
    FOREIGN_LETTERS = "foreign letters"  # a proper name in other letters, shown in both spellings
    LOOK_ALIKE = "look-alike"  # may be made to look like another name: a strong warning
    ADDRESS = "address"  # an IP address: nobody vouches for a name
    THIS_COMPUTER = "this computer"  # a developer's page
    NOT_ENCRYPTED = "not encrypted"


@dataclass(frozen=True)
class OriginText:
    """An origin to be shown: `origin` in full, `readable` in other letters where it has some (else empty)."""

    origin: str
    readable: str
    remark: Remark


def origin_text(origin: str) -> OriginText:
    """How to show an origin; never cuts it, and calls what it cannot read a look-alike."""
    shown = "".join(c if "!" <= c <= "~" else "\N{REPLACEMENT CHARACTER}" for c in origin)
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:  # brackets that hold no address
        return OriginText(shown, "", Remark.LOOK_ALIKE)
    labels = [_decoded(label) for label in host.split(".")]
    if shown != origin or not host or None in labels:
        return OriginText(shown, "", Remark.LOOK_ALIKE)
    words = [label for label in labels if label is not None]
    readable = ".".join(words)
    if readable == host:
        return OriginText(shown, "", _remark_of_host(parts.scheme, host))
    suspicious = any(_suspicious(label) for label in words)
    return OriginText(shown, readable, Remark.LOOK_ALIKE if suspicious else Remark.FOREIGN_LETTERS)


def pieces(origin: str) -> list[str]:
    """An origin in parts between which a line may end: scheme, each label with its dot, the port with the last."""
    scheme, slashes, rest = origin.rpartition("//")
    *labels, last = rest.split(".")
    return [part for part in (scheme + slashes, *(f"{label}." for label in labels), last) if part]


def domain_place(shown: OriginText) -> tuple[int, int] | None:
    """Where in an origin the name stands that somebody has registered; None where there is no such part.

    Reads the public suffix list, so it is for a window that is on the screen already.
    """
    host = _host(shown.origin) if "\N{REPLACEMENT CHARACTER}" not in shown.origin else ""
    if not host or shown.remark in (Remark.ADDRESS, Remark.THIS_COMPUTER):
        return None
    top = host.rpartition(".")[2]
    domain, start = registered(host, _decoded(top) or top), shown.origin.rfind(host)
    if domain is None or start < 0:
        return None
    return start + len(host) - len(domain), start + len(host)


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:  # brackets that hold no address
        return ""


def _remark_of_host(scheme: str, host: str) -> Remark:
    if host == "localhost" or host.endswith(".localhost"):
        return Remark.THIS_COMPUTER
    try:
        return Remark.THIS_COMPUTER if ipaddress.ip_address(host).is_loopback else Remark.ADDRESS
    except ValueError:
        return Remark.NONE if scheme == "https" else Remark.NOT_ENCRYPTED


def _decoded(label: str) -> str | None:
    """The label in Unicode; None for a punycode label that is not the one spelling of a name."""
    if not label.startswith(_PREFIX):
        return label
    if len(label) > _MAX_LABEL:
        return None
    try:
        text = label.removeprefix(_PREFIX).encode("ascii").decode("punycode")
        # RFC 5891, 4.4: a label that would not come out the same again is none.
        same = _PREFIX + text.encode("punycode").decode("ascii") == label
    except (UnicodeError, OverflowError, ValueError):
        return None
    # NFKC and lower case: what IDNA 2008 admits is unchanged by both (RFC 5892, 2.2).
    usual = unicodedata.normalize("NFKC", text).lower() == text
    return text if same and usual and text and not text.isascii() and all(map(_may_be_in_a_name, text)) else None


def _may_be_in_a_name(character: str) -> bool:
    # Letters, marks and digits (RFC 5892, 2.1), the hyphen and the Katakana dot; no sign, blank, control or format.
    return unicodedata.category(character) in ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd") or character in "-・〇"


def _suspicious(label: str) -> bool:
    """Whether a label can pass for another: scripts mixed as no language does, or letters that look Latin."""
    scripts = {script for character in label if (script := _script(character))}
    if len(scripts) > 1 and not any(scripts <= group for group in _TOGETHER):
        return True
    if _LIKE_A_SIGN.intersection(label) and (label.strip("".join(_LIKE_A_SIGN)) == "" or "LATIN" in scripts):
        return True
    letters = {character for character in label if character.isalpha()}
    if letters & _ODD_LATIN:
        return True
    return any(letters and letters <= alike for alike in _LOOK_ALIKE.values())


def _script(character: str) -> str:
    """The script of a letter, by the first word of its Unicode name; empty for what all scripts share."""
    if not character.isalpha():
        return ""
    word = unicodedata.name(character, "UNKNOWN").partition(" ")[0]
    return {"CJK": "HAN", "IDEOGRAPHIC": "HAN"}.get(word, word)
