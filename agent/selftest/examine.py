"""The examination: a process like a card host that looks at one thing, tells every step on stdout, and ends.

What it looks at may hang or crash it: whoever waits knows the last step, and ends it (agent/selftest/examination.py).
No PIN is asked for and none is tried: what a card tells without one is all that is read.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from agent import platform
from agent.card.frames import HEADER, body_length
from agent.card.host import take_stdout
from agent.selftest.seen import (
    BeginSeen,
    DriverSeen,
    DriverWaits,
    EndSeen,
    ExamineAsk,
    FaultSeen,
    PromptSeen,
    ReaderSeen,
    ServiceSeen,
    Step,
    TokenSeen,
)

if TYPE_CHECKING:  # loaded by the look that needs it
    from pkcs11_shims.session import CardToken, Module

# SELECT of the root, without an answer's data (ISO 7816-4, 11.2.2): it changes nothing, and every card answers it.
_SELECT_ROOT = bytes.fromhex("00A4000C023F00")


def main() -> None:
    """Carries out the ask on stdin and ends the process."""
    platform.harden()
    answers = take_stdout()
    begun = time.monotonic()
    length = body_length(sys.stdin.buffer.read(HEADER.size))
    ask = msgspec.json.decode(sys.stdin.buffer.read(length), type=ExamineAsk)
    looks = {"readers": _readers, "prompt": _prompt, "driver": _driver, "cards": _cards}
    for step in looks[ask.what](ask):
        answers.write(msgspec.json.encode(step) + b"\n")
        answers.flush()
    answers.write(msgspec.json.encode(EndSeen(time.monotonic() - begun)) + b"\n")
    answers.flush()
    os._exit(0)


def _readers(_ask: ExamineAsk) -> Iterator[Step]:
    from agent.card import pcsc
    from agent.failures import FailureError

    yield BeginSeen()
    code = pcsc.refusal()
    if code:
        yield ServiceSeen("service_denied" if code == "denied" else "no_service")
        return
    yield ServiceSeen()
    try:
        found = pcsc.readers()
    except FailureError:
        yield ServiceSeen("no_service")
        return
    for reader in found:
        yield ReaderSeen(reader.name, reader.atr.hex().upper(), reader.present, reader.exclusive, reader.mute)


def _cards(_ask: ExamineAsk) -> Iterator[Step]:
    """Asks each card something harmless: one that does not answer, or whose reader does not, lets this wait."""
    from agent.card import pcsc

    yield BeginSeen()
    for reader in pcsc.readers():
        if reader.present and not reader.exclusive and not reader.mute:
            pcsc.transmit(reader.name, _SELECT_ROOT)


def _prompt(ask: ExamineAsk) -> Iterator[Step]:
    from agent.card.prompts.prompt import NoPrompt, make_prompt

    yield BeginSeen()
    try:
        yield PromptSeen(not isinstance(make_prompt(ask.setup), NoPrompt))
    except Exception as error:  # as in the card host: a toolkit raises its own kinds
        print(f"examination: no prompt: {type(error).__name__}", file=sys.stderr)
        yield PromptSeen(False)


def _driver(ask: ExamineAsk) -> Iterator[Step]:
    from agent.card.card import survey
    from agent.card.drivers import Drivers
    from pkcs11_shims.discovery import Survey
    from pkcs11_shims.errors import CardError
    from pkcs11_shims.session import Module

    yield BeginSeen()
    begun = time.monotonic()
    found = tuple(item for item in survey(ask.setup).found if str(item.path) == ask.path)
    drivers = Drivers(Survey(found, ()), ask.setup.answers, Module)
    if drivers.question is not None:
        yield DriverWaits(drivers.question)
        return
    if not drivers.modules:
        yield FaultSeen("driver_refused", "".join(drivers.refusals[:1]))
        return
    (module,) = drivers.modules
    try:
        info = module.info()
        yield DriverSeen(info.description, info.version, time.monotonic() - begun)
        yield from _tokens(module)
    except CardError as error:
        yield FaultSeen(error.fault.value, error.detail)


def _tokens(module: Module) -> Iterator[Step]:
    from pkcs11_shims.errors import CardError

    for token in module.tokens():
        try:
            yield _token(module, token)
        except CardError as error:
            yield FaultSeen(error.fault.value, error.detail, token.reader)


def _token(module: Module, token: CardToken) -> TokenSeen:
    from agent.card import pcsc

    certificates = tuple((item.key_id, item.der) for item in module.certificates(token))
    pin = module.pin_state(token, pcsc.transmit)
    label = next((slot.info.label for slot in module.slots() if slot.token == token and slot.info is not None), "")
    return TokenSeen(
        token.reader, label, token.serial, certificates, pin.tries_left, pin.activated, pin.pinpad,
        module.driver.signing_ids,
    )  # fmt: skip


if __name__ == "__main__":
    main()
