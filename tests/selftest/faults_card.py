"""Faults of reader, card, driver and certificate."""

import shutil
import subprocess
import sys
from pathlib import Path

from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import Fault, SlotState, answer, crash, garbage, hang, slow
from tests.selftest.computer import Computer
from tests.selftest.denying import DenyingService
from tests.selftest.mute import MuteCard
from tests.selftest.rows import Act, Row
from tests.stand.parts import ROOT

_MACHINE, _CLASS = 18, 4  # places in an ELF header
_ARM64, _X86 = (183, 2), (3, 1)


def no_service(computer: Computer) -> None:
    """Nobody serves readers."""
    computer.settings["card"]["pcsc"] = str(computer.folder / "nowhere")


def dead_socket(computer: Computer) -> None:
    """The service has died and left its socket."""
    path = computer.folder / "pcscd.comm"
    path.touch()
    computer.settings["card"]["pcsc"] = str(path)


def silent_service(computer: Computer) -> None:
    """The service stands still."""
    computer.stage.stop_service()
    computer.undo.callback(computer.stage.go_on)


def denying_service(computer: Computer) -> None:
    """The service does not let this user in."""
    path = computer.folder / "denying.comm"
    computer.undo.enter_context(DenyingService(path))
    computer.settings["card"]["pcsc"] = str(path)


def no_reader(computer: Computer) -> None:
    """No reader is connected."""
    computer.settings["card"]["pcsc"] = computer.stage.empty.env["PCSCLITE_CSOCK_NAME"]


def usb(vendor: str, product: str) -> Act:
    """A reader is connected that the service does not see."""

    def act(computer: Computer) -> None:
        no_reader(computer)
        computer.usb(vendor, product)

    return act


def silent_card(computer: Computer) -> None:
    """The reader no longer answers."""
    computer.stage.reader.control("hang")
    computer.undo.callback(computer.stage.wait_card, present=False)
    computer.undo.callback(computer.stage.reader.control, "remove")


def no_card(computer: Computer) -> None:
    """The reader is empty."""
    computer.stage.reader.control("remove")
    computer.stage.wait_card(present=False)


def mute(computer: Computer) -> None:
    """A card lies in the reader the wrong way round."""
    no_card(computer)
    computer.undo.enter_context(MuteCard(int(computer.stage.reader.port)))
    computer.undo.callback(computer.stage.wait_card, present=True)
    computer.stage.wait_card(present=True)


def card(name: str) -> Act:
    """Another card is in the reader."""
    return lambda computer: computer.stage.insert(name)


def kept(how: str) -> Act:
    """Another program keeps the card."""

    def act(computer: Computer) -> None:
        holder = subprocess.Popen(
            [sys.executable, "-m", "tests.card.faults.holder", how], cwd=ROOT,
            env={**computer.environment, **computer.stage.reader.env}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        computer.undo.callback(holder.communicate)
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"

    return act


def foreign(name: str) -> Act:
    """A card that no driver knows."""

    def act(computer: Computer) -> None:
        computer.shim()
        computer.stage.insert(name)
        computer.stage.hicos.place(1, SlotState.FOREIGN)

    return act


def shim(*faults: Fault) -> Act:
    """The HiCOS-like driver, with faults."""

    def act(computer: Computer) -> None:
        computer.shim()
        computer.stage.hicos.inject(*faults)

    return act


def slot(state: SlotState) -> Act:
    """The driver's reader is in a state."""

    def act(computer: Computer) -> None:
        computer.shim()
        computer.stage.hicos.place(1, state)

    return act


def hicos_card(name: str) -> Act:
    """Another card is in the driver's reader."""

    def act(computer: Computer) -> None:
        hicos: HicosDriver = computer.stage.hicos
        computer.shim()
        hicos.insert(hicos.cards[name])

    return act


def unknown_driver(computer: Computer) -> None:
    """No driver is installed."""
    computer.settings["card"]["drivers"] = ["hca"]


def copied(computer: Computer) -> Path:
    """A copy of the driver, the only one that the settings name."""
    folder = computer.folder / "lib"
    folder.mkdir()
    path = folder / "driver.so"
    shutil.copyfile(computer.stage.hicos.module, path)
    path.chmod(0o755)
    computer.module(path)
    return path


def writable(computer: Computer) -> None:
    """Everybody can change the driver."""
    copied(computer).chmod(0o777)


def writable_folder(computer: Computer) -> None:
    """Everybody can put another driver in its place."""
    copied(computer).parent.chmod(0o777)


def linked(computer: Computer) -> None:
    """The driver's path leads through a link that somebody else than an administrator may have made."""
    path = copied(computer)
    folder = computer.folder / "open"
    folder.mkdir()
    folder.chmod(0o1777)
    (folder / "driver.so").symlink_to(path)
    computer.module(folder / "driver.so")


def made_for(machine: tuple[int, int]) -> Act:
    """The driver is for another processor."""

    def act(computer: Computer) -> None:
        path = copied(computer)
        content = bytearray(path.read_bytes())
        content[_MACHINE : _MACHINE + 2] = machine[0].to_bytes(2, "little")
        content[_CLASS] = machine[1]
        path.write_bytes(content)

    return act


def no_pkcs11(computer: Computer) -> None:
    """A library, but no driver."""
    path = copied(computer)
    libc = next(Path("/lib").glob("*-linux-gnu/libm.so.6"))
    shutil.copyfile(libc, path)


def beside(fault: Fault) -> Act:
    """A driver with a fault, beside OpenSC, which reads the card."""

    def act(computer: Computer) -> None:
        computer.shim()
        computer.settings["card"]["drivers"] = ["opensc"]
        computer.stage.hicos.inject(fault)

    return act


def not_activated(computer: Computer) -> None:
    """The holder has not set a PIN yet."""
    computer.shim()
    computer.stage.hicos.set(pin_set=False)


def tries(left: int) -> Act:
    """So many PIN tries are left."""
    return lambda computer: _control(computer, "tries", str(left))


def _control(computer: Computer, *command: str) -> None:
    computer.stage.reader.control(*command)


def real_anchors(computer: Computer) -> None:
    """A card of a test authority, where only the government's count."""
    del computer.settings["selftest"]["anchors"]


def lists_down(computer: Computer) -> None:
    """The server of the lists is down."""
    computer.stage.publisher.lists = False


def responder_down(computer: Computer) -> None:
    """The OCSP responder is down."""
    computer.stage.publisher.responder = False


def all_down(computer: Computer) -> None:
    """Nothing answers."""
    lists_down(computer)
    responder_down(computer)


def stale(computer: Computer) -> None:
    """The lists ended long ago, and the responder is not to be reached."""
    computer.stage.publisher.stale = True
    computer.stage.publisher.responder = False


def no_hosts(computer: Computer) -> None:
    """The certificate's addresses are none of the government's: nothing is asked there."""
    del computer.settings["selftest"]["hosts"]


READERS = (
    Row("no PC/SC service", "no_service", no_service),
    Row("PC/SC service died", "no_service", dead_socket),
    Row("PC/SC service stands still", "service_hung", silent_service),
    Row("PC/SC service refuses this user", "service_denied", denying_service),
    Row("no reader", "no_reader", no_reader),
    Row("reader connected, service does not see it", "no_reader", usb("072f", "90cc")),
    Row("reader that needs its maker's driver", "reader_needs_driver", usb("0CA6", "0010")),
    Row("reader does not answer", "reader_hung", silent_card),
    Row("another program's transaction does not end", "reader_hung", kept("transaction")),
    Row("no card", "no_card", no_card),
    Row("card does not answer to reset", "card_mute", mute, late=True),
    Row("card kept by another program", "card_busy", kept("exclusive")),
    Row("health card", "card_unsupported", foreign("health")),
    Row("bank card", "card_foreign", foreign("bank")),
    Row("citizen card whose driver is missing", "no_driver", foreign("government")),
)
DRIVERS = (
    Row("no driver installed", "no_driver", unknown_driver),
    Row("driver can be changed by everybody", "driver_refused", writable),
    Row("driver's folder can be changed by everybody", "driver_refused", writable_folder),
    Row("driver waits for the person's word", "driver_not_allowed", linked),
    Row("driver for another processor", "driver_bits", made_for(_ARM64)),
    Row("driver of 32 bits", "driver_bits", made_for(_X86)),
    Row("driver hangs at its start", "driver_hung", shim(hang("C_Initialize"))),
    Row("driver crashes at its start", "driver_crashed", shim(crash("C_Initialize"))),
    Row("driver does not start", "driver_broken", shim(answer("C_Initialize", 0x05))),
    Row("library that is no driver", "driver_broken", no_pkcs11),
    Row("driver is slow", inject=shim(slow("C_Initialize", 2200)), warns=("driver_slow",)),
    Row("one driver hangs, another reads the card", "driver_hung", beside(hang("C_Initialize"))),
    Row("one driver crashes, another reads the card", "driver_crashed", beside(crash("C_GetSlotList"))),
    Row("one driver does not start, another reads the card", inject=beside(answer("C_Initialize", 0x05))),
)
CARDS = (
    Row("card fails", "card_error", slot(SlotState.FAILING)),
    Row("card with objects of absurd length", "no_certificate", shim(garbage("C_GetAttributeValue"))),
    Row("driver refuses to read the card", "token_unreadable", shim(answer("C_OpenSession", 0x200))),
    Row("card asks for its first PIN", "card_not_activated", shim(answer("C_OpenSession", 0x102)), check="token"),
    Row("card without certificates", "no_certificate", card("empty")),
    Row("card with an encryption certificate alone", "certificate_encryption_only", card("encryption-only")),
    Row("certificate cut off", "certificate_unreadable", hicos_card("card2")),
    Row("certificate expired", "certificate_expired", card("expired")),
    Row("certificate not valid yet", "certificate_not_yet_valid", card("not-yet")),
    Row("certificate ends in a month", inject=card("ending"), warns=("certificate_ending",)),
    Row("certificate of an imposter", "certificate_untrusted", card("untrusted")),
    Row("certificate of a test authority", "certificate_untrusted", real_anchors),
    Row("certificate for tests", "certificate_policy", card("wrong-policy")),
    Row("company's certificate by the citizens' authority", "certificate_type", card("wrong-type")),
    Row("certificate signed with SHA-1", "certificate_unusable", card("sha1")),
    Row("certificate with a short key", "certificate_unreadable", card("short-key")),
    Row("certificate without the holder's number", "identity_malformed", card("no-name")),
    Row("certificate revoked", "certificate_revoked", card("revoked")),
    Row("certificate suspended", "certificate_suspended", card("suspended")),
    Row("server of the lists down", inject=lists_down, warns=("list_unreachable",)),
    Row("responder down", inject=responder_down, warns=("responder_unreachable",)),
    Row("lists and responder down", inject=all_down, warns=("list_unreachable",)),
    Row("lists out of date, responder down", inject=stale, warns=("revocation_unknown",)),
    Row("PIN locked", "pin_locked", tries(0)),
    Row("last try", inject=tries(1), warns=("pin_last_try",)),
    Row("two tries left", inject=tries(2), warns=("pin_tries_few",)),
    Row("card not activated", "card_not_activated", not_activated),
    Row("card that was never made ready", "card_foreign", slot(SlotState.UNINITIALISED)),
)
ROWS = (*READERS, *DRIVERS, *CARDS)
