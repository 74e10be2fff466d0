"""The mark of a method that overrides one; from Python 3.12 on it is in `typing`, until then mypy alone needs it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import override
else:

    def override(method):
        """The method as it is."""
        return method


__all__ = ["override"]
