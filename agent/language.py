"""The language that this user has chosen in the PIN window: a word in a file beside the remembered permissions."""

import logging
from pathlib import Path

from agent.messages import languages
from certs.private import read_private, replace_file

FILE = "language"
# No language has a longer name (RFC 5646, 4.4.1).
_MAX_FILE = 35
_LOG = logging.getLogger(__name__)


class ChosenLanguage:
    """What was chosen, None where nothing was; read once, because only the daemon writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.language = _read(path)

    def remember(self, language: str) -> None:
        """Keeps a choice, for the next start too unless the file cannot be written; any other language is no choice."""
        if language not in languages() or language == self.language:
            return
        self.language = language
        try:
            replace_file(self._path, language.encode("ascii"))
        except OSError as error:
            _LOG.warning("the language is not remembered: %s", error.strerror)


def _read(path: Path) -> str | None:
    try:
        word = read_private(path, _MAX_FILE).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        _LOG.warning("the language is not read: %s", error)
        return None
    return word if word in languages() else None
