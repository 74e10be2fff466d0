"""What a trial shows of a name: enough for its owner to know it again, too little for anybody who looks on."""

from typing import Final

_ENDS: Final = 2
_SHORTEST: Final = 6  # of which the ends are shown


def holder(name: str) -> str:
    """A holder's name: the middle of one in Chinese is left out, of other words all but the first letter."""
    if name.isascii():
        return " ".join(f"{word[0]}***" for word in name.split())
    return name[:1] + "○" * max(len(name) - _ENDS, 1) + (name[-1] if len(name) > _ENDS else "")


def account(name: str) -> str:
    """The first and the last two characters of an account's name; of a short one nothing."""
    return f"{name[:_ENDS]}****{name[-_ENDS:]}" if len(name) >= _SHORTEST else "****"
