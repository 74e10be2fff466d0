"""Which facts may leave this computer as they are, and what is left of the others."""

import re
from collections.abc import Callable
from pathlib import Path

# Facts about the computer, its programs and authorities; none of them tells who sits before it.
PUBLIC = frozenset(
    {
        "system", "processor", "version", "newest", "minimum", "file", "name", "address", "port", "program", "proxy",
        "offset", "portal", "host", "store", "until", "since", "browser", "state", "reader", "model", "card_kind",
        "driver", "bits", "seconds", "family", "authority", "usage", "tries", "page", "telephone", "purpose",
        "bound", "status",
    }
)  # fmt: skip
_USER = re.compile(r"(\(user )[^)]*\)")
_KEPT = 2


def masked(name: str, value: str) -> str:
    """What a report says of a fact; raises KeyError for a fact that nobody has thought about."""
    if name in PUBLIC:
        return without_user(value)
    return _MASKS[name](value)


def without_user(value: str) -> str:
    """The text without the folder and the name of this user."""
    return _USER.sub(r"\1…)", value.replace(str(Path.home()), "~"))


def holder(value: str) -> str:
    """A person's name: of one in Chinese the middle is left out, of other words all but the first letter."""
    if value.isascii():
        return " ".join(f"{word[0]}***" for word in value.split())
    return value[0] + "○" * max(len(value) - 2, 1) + (value[-1] if len(value) > _KEPT else "")


def number(value: str) -> str:
    """The first and the last two characters of a number; of a short one nothing."""
    return f"{value[:_KEPT]}****{value[-_KEPT:]}" if len(value) > 4 * _KEPT else "****"


_MASKS: dict[str, Callable[[str], str]] = {
    "place": without_user,
    "holder": holder,
    "label": holder,  # some drivers make the holder's name the label of the card
    "card_number": number,
    "serial": number,
    "id_digits": lambda _: "****",
    "account": number,
}
