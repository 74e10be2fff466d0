"""What an installation is told by environment variables: read strictly, and all complaints made at once."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_LARGEST_SECRET = 4_096
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}")
_SHORTEST_KEY = 43  # 256 bits in Base64


class Environment:
    """Reads variables and keeps what is wrong with them until `finish`, so that an operator sees everything at once.

    No complaint ever holds a value: they end in logs.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self._complaints: list[str] = []

    def text(self, name: str, otherwise: str = "") -> str:
        """The value without blanks around it, or `otherwise` where it is not set or empty."""
        return self._variables.get(name, "").strip() or otherwise

    def required(self, name: str) -> str:
        """The value; an empty text, and a complaint, where it is not set."""
        value = self.text(name)
        if not value:
            self.complain(f"{name} is not set")
        return value

    def secret(self, name: str) -> str:
        """The value, or the content of the file that NAME_FILE names, which must be this user's or root's and closed to
        other users; its group may read it.

        A complaint where neither is set, both are, or the file cannot be used.
        """
        place = self.text(f"{name}_FILE")
        if place and self.text(name):
            self.complain(f"{name} and {name}_FILE are both set: use one of them")
            return ""
        if not place:
            value = self.text(name)
            if not value:
                self.complain(f"{name} is not set, and neither is {name}_FILE")
            return value
        return self._read(f"{name}_FILE", Path(place))

    def key(self, value: str, name: str) -> str:
        """The value; a complaint where it is set and is nothing that a random generator makes."""
        if value and (len(value) < _SHORTEST_KEY or len(set(value)) < 10 or "insecure" in value):
            self.complain(f"{name} is weak: it needs {_SHORTEST_KEY} random characters or more")
        return value

    def number(self, name: str, otherwise: int, least: int, most: int) -> int:
        """A whole number from `least` to `most`; `otherwise` where it is not set, or wrong (with a complaint)."""
        value = self.text(name, str(otherwise))
        if value.isascii() and value.isdecimal() and len(value) <= 9 and least <= int(value) <= most:
            return int(value)
        self.complain(f"{name} is not a number from {least} to {most}")
        return otherwise

    def chosen(self, name: str, choices: tuple[str, ...], otherwise: str) -> str:
        """One of the words; a complaint where it is another, `otherwise` where it is not set."""
        value = self.text(name, otherwise)
        if value not in choices:
            self.complain(f"{name} is one of {', '.join(choices)}")
        return value

    def version(self, name: str, otherwise: str) -> str:
        """Numbers between dots, such as 1.2.0; `otherwise` where it is not set, or wrong (with a complaint)."""
        value = self.text(name, otherwise)
        if _VERSION.fullmatch(value):
            return value
        self.complain(f"{name} is no version such as 1.2.0")
        return otherwise

    def listed(self, name: str) -> tuple[str, ...]:
        """The parts between commas, without blanks and empty ones."""
        return tuple(part.strip() for part in self.text(name).split(",") if part.strip())

    def complain(self, complaint: str) -> None:
        """Keep a complaint for `finish`."""
        self._complaints.append(complaint)

    def finish(self) -> None:
        """Raise ImproperlyConfigured with every complaint, if there is any."""
        if self._complaints:
            raise ImproperlyConfigured("; ".join(dict.fromkeys(self._complaints)))

    def _read(self, name: str, path: Path) -> str:
        try:
            # Not blocking: whoever names a pipe waits for nobody.
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    self.complain(f"{name}: this is no file")
                    return ""
                if found.st_uid not in (0, os.geteuid()):
                    self.complain(f"{name}: the file belongs to another user than root or the one that reads it")
                    return ""
                if stat.S_IMODE(found.st_mode) & 0o027:
                    self.complain(f"{name}: other users of this machine may read or change the file (chmod g-w,o-rwx)")
                    return ""
                content = file.read(_LARGEST_SECRET + 1)
        except OSError as error:
            self.complain(f"{name}: the file cannot be read ({error.strerror})")
            return ""
        try:
            value = content.decode().strip()
        except UnicodeDecodeError:
            value = ""
        if not value or len(content) > _LARGEST_SECRET:
            self.complain(f"{name}: the file is not a text of 1 to {_LARGEST_SECRET} bytes")
            return ""
        return value
