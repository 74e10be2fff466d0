"""What tests ask a driver for, as pages of the old component do."""

from typing import Any

import msgspec

from agent.card.frames import HostAnswer, HostOrder
from agent.card.old_asks import Listing, OldAsk
from tests.card.driver import Driver
from tests.stand.asking import ORIGIN


def ask(driver: Driver, old: OldAsk) -> Any:
    """What a driver's process finds for an order: as `Driver.do("look")`."""
    order = HostOrder(ORIGIN, "", "zh-Hant", old=old)
    driver.do("ask", msgspec.json.encode(order).decode())
    return driver.do("look")


def answer(driver: Driver, pin: str | None) -> HostAnswer:
    """The answer of the first card that was found; a failure is an answer with its code and tries."""
    found = driver.do("answer", pin)
    if "code" in found and "tries" in found:
        return HostAnswer(code=found["code"], tries_left=found["tries"])
    return msgspec.convert(found, HostAnswer)


def listing(driver: Driver, *, certificates: bool = True) -> Listing:
    """The list of readers."""
    return msgspec.convert(driver.do("listing", "yes" if certificates else ""), Listing)
