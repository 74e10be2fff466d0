"""The card side of a bench: the HiCOS-like driver without a reader, or OpenSC with pcscd and the virtual card."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from cardsim.card.slot import Slot
from cardsim.hicos.driver import HicosDriver
from cardsim.pcscd import PrivatePcscd
from tests.stand.asking import wait_until
from tests.stand.hicos import start_hicos
from tests.stand.parts import ROOT


class Hicos:
    """The HiCOS-like driver. `service`: the environment of a PC/SC service, which has no reader."""

    # A row that is not installed here: otherwise all rows for citizens are looked for, too.
    drivers: tuple[str, ...] = ("hca",)

    def __init__(self, folder: Path, images: list[Path], service: dict[str, str]) -> None:
        self.driver: HicosDriver = start_hicos(folder, *images)
        self.modules: tuple[str, ...] = (str(self.driver.module),)
        self.env = {**self.driver.environment, **service}

    def tidy(self) -> None:
        """As at the beginning."""
        self.driver.reset()

    def tries(self) -> int:
        """The fewest."""
        return min(card.tries for card in self.driver.cards.values())

    def checks(self) -> int:
        """The log-ins."""
        return self.driver.calls().count("C_Login")

    def verified(self) -> bool:
        """Never: a log-in of SoftHSM2 lives in the process, and that it has ended is looked at elsewhere."""
        return False

    def stop(self) -> None:
        """Nothing runs."""


class Service:
    """A pcscd of its own with the virtual reader, the citizen's card in it, and another program that uses PC/SC."""

    drivers: tuple[str, ...] = ("opensc",)
    modules: tuple[str, ...] = ()

    def __init__(self, folder: Path, image: Path, other: Path) -> None:
        self._folder, self.image, self.other = folder, image, other
        self.env = {"PCSCLITE_CSOCK_NAME": str(folder.resolve() / "sock" / "pcscd.comm")}
        self._verifies = 0
        self._holder: subprocess.Popen[str] | None = None
        self.start()

    def start(self, *, empty: bool = False) -> None:
        """Starts the service, with the card in its reader or with no reader."""
        self._pcscd = PrivatePcscd(self._folder, empty=empty)
        self._pcscd.start()
        if not empty:
            self.slot = Slot(self._pcscd.port, self.image, 0.0)
            self.slot.insert()

    def end(self) -> None:
        """Ends the service, and pulls the card out of the reader that is gone."""
        self._pcscd.stop()
        self.slot.remove()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the service's own process, if it runs."""
        file = self._folder / "sock" / "pcscd.pid"
        if file.exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(file.read_text().strip("\0\n")), number)

    def hold(self, how: str) -> None:
        """Another program takes the card: "exclusive", or in a "transaction"."""
        self._holder = subprocess.Popen(
            [sys.executable, "-m", "tests.card.faults.holder", how], cwd=ROOT, env={**os.environ, **self.env},
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "held\n"

    def let_go(self) -> None:
        """It gives the card back."""
        holder, self._holder = self._holder, None
        if holder is not None:
            holder.communicate()

    def tidy(self) -> None:
        """As at the beginning."""
        self.slot.unhang()
        self.slot.set_delay(0.0)
        if not self.slot.status()["inserted"] or self.slot.status()["image"] != str(self.image.resolve()):
            self.slot.swap(self.image)  # not faster than a person: the service has to see that it was out
        self.slot.unblock()
        wait_until(lambda: not self.slot.status()["verified"])
        self._verifies = self.slot.status()["verifies"]

    def tries(self) -> int:
        """Of the card in the reader."""
        return int(self.slot.status()["tries"])

    def checks(self) -> int:
        """PINs that the card has checked."""
        return int(self.slot.status()["verifies"]) - self._verifies

    def verified(self) -> bool:
        """As the card says."""
        return bool(self.slot.status()["verified"])

    def stop(self) -> None:
        """Ends all."""
        self.let_go()
        self.signal(signal.SIGCONT)
        self.end()
