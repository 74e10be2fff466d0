"""What this user has answered about drivers that no administrator has installed: a small file of the daemon's."""

import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec

from agent.card.frames import DriverAnswer
from certs.private import read_private, replace_file

FILE = "drivers.json"
# So many are kept, the newest; a path has at most a few hundred characters.
MAX_ANSWERS = 32
_MAX_FILE = 64 * 1024
_LOG = logging.getLogger(__name__)


class DriverAnswers:
    """The remembered answers, each about one path with one content; read anew each time, as a person may reset them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> tuple[DriverAnswer, ...]:
        """All answers, the newest last. A file that cannot be used answers nothing, so the person is asked again."""
        try:
            return msgspec.json.decode(read_private(self._path, _MAX_FILE), type=tuple[DriverAnswer, ...])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError) as error:
            _LOG.warning("answers about drivers are not read: %s", error)
            return ()

    def remember(self, answers: Iterable[DriverAnswer]) -> None:
        """Keeps answers in place of earlier ones about the same paths; one that cannot be kept is asked for again."""
        fresh = tuple(answers)
        if not fresh:
            return
        paths = {answer.path for answer in fresh}
        known = (*(answer for answer in self.all() if answer.path not in paths), *fresh)
        try:
            content = msgspec.json.format(msgspec.json.encode(known[-MAX_ANSWERS:]), indent=1)
            replace_file(self._path, content + b"\n")
        except OSError as error:
            _LOG.warning("the answer about a driver is not remembered: %s", error.strerror)

    def reset(self) -> None:
        """Forgets all answers; raises OSError."""
        self._path.unlink(missing_ok=True)
