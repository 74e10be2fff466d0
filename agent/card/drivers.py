"""The drivers that the host may load: those that an administrator has installed, and others by the person's word."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from agent.card.frames import DriverAnswer
from agent.platform import modules as platform
from pkcs11_shims.discovery import Found, Survey
from pkcs11_shims.errors import CardError
from pkcs11_shims.session import Module

Load = Callable[[Found], Module]


class Drivers:
    """The loaded modules in the order of a survey; all of it belongs to the driver thread.

    A driver that no administrator has installed is loaded when the person has allowed its very content. What is loaded
    then is that content, whatever happens to the file (`platform.snapshot`). What was refused goes to the log.
    """

    def __init__(self, survey: Survey, answers: Iterable[DriverAnswer], load: Load = Module) -> None:
        self._found = survey.found
        self._load = load
        self._answers = set(answers)
        self._modules: dict[Path, Module] = {}
        self._waiting: dict[Path, DriverAnswer] = {}
        self.refusals: list[str] = []
        for item in survey.refused:
            self._refuse(item.driver, item.reason)
        for found in self._found:
            self._take(found)

    @property
    def modules(self) -> list[Module]:
        """Those that are loaded, the one to be offered first at the beginning."""
        return [self._modules[found.path] for found in self._found if found.path in self._modules]

    @property
    def refused(self) -> bool:
        """Whether any was refused."""
        return bool(self.refusals)

    @property
    def question(self) -> DriverAnswer | None:
        """The driver that is to be asked about next, as if it were refused; None when all is said."""
        return next(iter(self._waiting.values()), None)

    def answer(self, answer: DriverAnswer) -> None:
        """Takes the person's word on a driver; one whose file has changed since it was shown is asked about again."""
        self._answers.add(answer)
        for found in self._found:
            if self._waiting.pop(found.path, None) is not None:
                self._take(found)

    def _take(self, found: Found) -> None:
        try:
            if found.installed:
                self._modules[found.path] = self._load(found)
            else:
                self._take_content(found)
        except CardError as error:  # one broken driver does not hide the others
            self._refuse(found.driver.name, error.detail)
        except OSError as error:
            self._refuse(found.driver.name, type(error).__name__)

    def _take_content(self, found: Found) -> None:
        with platform.snapshot(found.path) as (sha256, name):
            path = str(found.path)
            if DriverAnswer(path, sha256, True) in self._answers:
                self._modules[found.path] = self._load(replace(found, name=name))
            elif DriverAnswer(path, sha256, False) in self._answers:
                self._refuse(found.driver.name, "not allowed")
            else:
                self._waiting[found.path] = DriverAnswer(path, sha256, False)

    def _refuse(self, driver: str, reason: str) -> None:
        self.refusals.append(reason)
        print(f"card host: driver refused: {f'{driver} ({reason})'!a}", file=sys.stderr)
