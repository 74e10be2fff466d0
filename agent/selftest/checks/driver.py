"""The card's driver: found, fit for this computer, allowed, alive, in time; and whether it reads the card."""

from typing import ClassVar

from agent.failures import Code
from agent.selftest import catalogue
from agent.selftest.cards_look import DriverLook, DriversSeen, kind_of
from agent.selftest.context import Context
from agent.selftest.examination import SLOW
from agent.selftest.results import Outcome, bad, good
from pkcs11_shims.errors import Fault

# What a driver says that has seen no card that it knows.
_NOTHING = frozenset(
    {Fault.NO_READER.value, Fault.NO_CARD.value, Fault.CARD_REMOVED.value, Fault.CARD_UNSUPPORTED.value}
)


class Driver:
    """There is a driver, and none that would hold a log-in up."""

    name: ClassVar[str] = "driver"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """One that hangs or crashes fails even where another reads the card: a log-in loads them all."""
        seen = await context.drivers()
        for look in seen.looks:
            if look.examined.hung and (cause := await self._hangs_behind(context)):
                return Outcome(because=cause, blocked=True)
            if look.examined.hung:
                return bad("driver_hung", driver=look.name, place=look.path)
            if look.examined.crashed:
                return bad("driver_crashed", driver=look.name, place=look.path)
        if not seen.tokens and (outcome := self._without(seen)) is not None:
            return outcome
        if not seen.tokens and await self._is_missing(context):
            return bad(Code.NO_DRIVER, driver=_names(seen))
        return self._alive(seen)

    async def _hangs_behind(self, context: Context) -> str:
        """The check whose failure every driver hangs with; empty where it is the driver's own."""
        if (await context.readers()).code == "service_hung":
            return "service"
        if any(card.mute for card in (await context.readers()).cards):
            return "card"  # it is tried again and again
        return "reader" if await context.cards_hang() else ""

    def _without(self, seen: DriversSeen) -> Outcome | None:
        """Why no driver could be loaded, where that is so."""
        if any(look.loaded for look in seen.looks):
            return None
        if (waiting := next((look for look in seen.looks if look.waits), None)) is not None:
            return bad("driver_not_allowed", driver=waiting.name, place=waiting.path)
        if (broken := next((look for look in seen.looks if look.fault), None)) is not None:
            return bad("driver_broken", driver=broken.name, place=broken.path)
        if any(refusal.reason == "kind" for refusal in seen.refused):
            return bad("driver_bits", driver=", ".join(item.driver for item in seen.refused if item.reason == "kind"))
        if seen.refused:
            told = ", ".join(f"{item.driver} ({item.reason})" for item in seen.refused)
            return bad(Code.DRIVER_REFUSED, driver=told)
        return bad(Code.NO_DRIVER)

    async def _is_missing(self, context: Context) -> bool:
        """Whether the card is one of the government's, which none of the drivers knows."""
        kinds = [kind_of(card) for card in (await context.readers()).cards if not card.exclusive]
        seen = await context.drivers()
        knows = all(look.fault is None or look.fault.fault in _NOTHING for look in seen.looks)
        return knows and any(kind is not None and kind.certificate for kind in kinds)

    def _alive(self, seen: DriversSeen) -> Outcome:
        loaded = [look for look in seen.looks if look.loaded is not None]
        slow = next((look for look in loaded if look.examined.seconds > SLOW), None)
        if slow is not None:
            return bad("driver_slow", driver=slow.name, seconds=f"{slow.examined.seconds:.1f}")
        waiting = next((look for look in seen.looks if look.waits), None)
        if waiting is not None:
            return bad("driver_not_allowed", driver=waiting.name, place=waiting.path)
        return good(driver=", ".join(map(_told, loaded)))


def _told(look: DriverLook) -> str:
    if look.loaded is None:
        return look.name
    major, minor = look.loaded.version
    return f"{look.name} {major}.{minor}"


def _names(seen: DriversSeen) -> str:
    return ", ".join(look.name for look in seen.looks)


class Token:
    """A driver reads the card."""

    name: ClassVar[str] = "token"
    needs: ClassVar[tuple[str, ...]] = ("card",)

    async def run(self, context: Context) -> Outcome:
        """By what the drivers have told; the most telling failure counts. One that fails hides no other's card."""
        token = await context.token()
        if token is not None:
            return good(reader=token.reader, label=token.label, card_number=token.number)
        driver = await Driver().run(context)
        if driver.blocked or (driver.code and catalogue.row(driver.code).sign == "fail"):
            return Outcome(because=driver.because or Driver.name, blocked=True)
        seen = await context.drivers()
        faults = [step.fault for look in seen.looks for step in look.examined.steps if hasattr(step, "fault")]
        telling = [fault for fault in faults if fault not in _NOTHING]
        for fault in (Fault.PIN_LOCKED, Fault.CARD_NOT_ACTIVATED, Fault.CARD_ERROR):
            if fault.value in telling:
                return bad(Code(fault.value))
        return bad("token_unreadable") if telling else bad("card_foreign")
