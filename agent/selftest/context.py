"""What the checks of one run share: what was asked, the settings, and everything that is looked at only once."""

import asyncio
import os
from functools import partial
from pathlib import Path

from agent.card.frames import HostSetup
from agent.drivers import FILE as DRIVERS
from agent.drivers import DriverAnswers
from agent.selftest import certificates_look, portal_look, ports_look
from agent.selftest.ask import Ask
from agent.selftest.cards_look import DriversSeen, ReadersSeen, look_at_drivers, look_at_readers
from agent.selftest.certificates_look import CertificatesSeen
from agent.selftest.examination import Examined, examine
from agent.selftest.once import Once, apart, in_thread, within
from agent.selftest.portal_look import PortalSeen
from agent.selftest.ports_look import PortSeen
from agent.selftest.seen import ExamineAsk, TokenSeen
from agent.selftest.stores_look import StoresSeen, look_at_stores
from agent.selftest.verdict import RevocationSeen, Rules
from agent.settings import Settings, SettingsError, read_settings_of
from agent.state import IDENTITY

# Seconds that a look at a server, a port or a browser's store may take: a run without a trial is to end in five.
LIMIT = 3.5
# Seconds for a card to answer something simple; a driver has had its time before.
_CARD_LIMIT = 1.0


class Context:
    """One run. A settings file that cannot be used is a check's finding; the others then go by the usual settings."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.settings, self.settings_fault = _settings(ask)
        self.identity = self.settings.state / IDENTITY
        self.environment = dict(os.environ)
        card = self.settings.card
        answers = DriverAnswers(self.settings.state / DRIVERS).all()
        self.setup = HostSetup(card.drivers, card.modules, card.prompt, card.pin, answers=answers, pcsc=card.pcsc)
        self.portal: Once[PortalSeen] = Once(self._portal)
        self.secure_ports: Once[tuple[PortSeen, ...]] = Once(self._secure_ports)
        self.readers: Once[ReadersSeen] = Once(lambda: look_at_readers(self.setup))
        self.drivers: Once[DriversSeen] = Once(lambda: look_at_drivers(self.setup))
        self.cards_hang: Once[bool] = Once(self._cards_hang)
        self.prompt: Once[Examined] = Once(lambda: examine(ExamineAsk(self.setup, "prompt")))
        self.plain_ports: Once[tuple[PortSeen, ...]] = Once(self._plain_ports)
        self.stores: Once[StoresSeen | None] = Once(self._stores)
        self.rules: Once[Rules] = in_thread(lambda: Rules(self.settings.selftest))
        self.revocation: Once[RevocationSeen] = Once(self._revocation)
        self.certificates: Once[CertificatesSeen | None] = Once(self._certificates)

    async def token(self) -> TokenSeen | None:
        """The card that is spoken of: the first that a driver reads."""
        return next(iter((await self.drivers()).tokens), None)

    async def daemon(self) -> PortSeen | None:
        """The agent of this user that answers."""
        return next((seen for seen in await self.secure_ports() if seen.ours), None)

    async def _cards_hang(self) -> bool:
        """Whether no card answers; looked at where a driver hangs, to know which of them it is."""
        if not any(look.examined.hung for look in (await self.drivers()).looks):
            return False
        readers = await self.readers()
        if readers.code or any(card.mute for card in readers.cards):
            return False
        asked = await examine(ExamineAsk(self.setup, "cards"), _CARD_LIMIT)
        return asked.hung and bool(asked.steps)  # a process that was too slow to begin proves nothing

    async def _secure_ports(self) -> tuple[PortSeen, ...]:
        ports = self.settings.web.ports
        looks = (apart(partial(ports_look.look_secure, port, self.identity)) for port in ports)
        silent = (PortSeen(port, taken=True, silent=True) for port in ports)
        return tuple(await asyncio.gather(*map(partial(within, LIMIT), looks, silent)))

    async def _plain_ports(self) -> tuple[PortSeen, ...]:
        """The old component's port and ours of plain HTTP, as far as the settings have them."""
        ports = [port for port in (self.settings.hipki.port, self.settings.web.http_port) if port]
        looks = (apart(partial(ports_look.look_plain, port)) for port in ports)
        silent = (PortSeen(port, taken=True, silent=True) for port in ports)
        return tuple(await asyncio.gather(*map(partial(within, LIMIT), looks, silent)))

    async def _portal(self) -> PortalSeen:
        looked = apart(lambda: portal_look.look(self.ask.portal))
        return await within(LIMIT, looked, PortalSeen("portal_unreachable"))

    async def _stores(self) -> StoresSeen | None:
        """None where a store's tool does not come to an end."""
        return await within(LIMIT, apart(lambda: look_at_stores(self.identity, self.environment)), None)

    async def _certificates(self) -> CertificatesSeen | None:
        token = await self.token()
        return None if token is None else await apart(lambda: certificates_look.look(token))

    async def _revocation(self) -> RevocationSeen:
        certificates, rules = await self.certificates(), await self.rules()
        if certificates is None or certificates.signing is None:
            return RevocationSeen()
        signing = certificates.signing
        looked = apart(lambda: rules.revocation(signing.der))
        return await within(LIMIT, looked, RevocationSeen("revocation_unknown"))


def _settings(ask: Ask) -> tuple[Settings, str]:
    try:
        return read_settings_of(Path(ask.settings) if ask.settings else None), ""
    except SettingsError as error:
        return Settings(), str(error)
    except OSError as error:
        return Settings(), f"{error.filename}: {error.strerror}"
