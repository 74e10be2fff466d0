"""What the handlers of the old component's protocol share: who asks, and what an ask of a card becomes."""

from collections import OrderedDict
from typing import Protocol

from aiohttp import web
from msgspec import structs

from agent.callers import Callers
from agent.card.frames import HostAnswer, HostOrder
from agent.card.old_asks import ListAsk, Listing, OldAsk, SiteAsk
from agent.card.reader_names import same_reader
from agent.failures import Code, FailureError
from agent.messages import DEFAULT, languages
from agent.origins import parse
from agent.readers import Reader
from agent.signing import Signing
from agent.web.asking import Admission
from agent.web.hipki.asks import Request, check_pin_length, fingerprint
from agent.web.hipki.listings import Listings
from agent.web.hipki.orders import Orders
from agent.web.hipki.slots import reader_of
from agent.web.page import PageTokens

# How many hosts are remembered whose pages were not permitted.
MAX_HOSTS = 256
_REFUSED = frozenset({Code.ORIGIN_REFUSED, Code.ORIGIN_DENIED})


class Watch(Protocol):
    """What is followed; `agent.readers.ReaderWatch` is the real one."""

    @property
    def readers(self) -> tuple[Reader, ...]:
        """The readers that are there now, in order."""


class Desk:
    """The parts behind all ports of the old protocol."""

    def __init__(self, signing: Signing, admission: Admission, callers: Callers) -> None:
        self.signing, self.admission, self.callers = signing, admission, callers
        self.tokens = PageTokens()
        self.listings = Listings(signing)
        self.orders = Orders(signing, admission)
        self._watch: Watch | None = None
        self._unknown: OrderedDict[str, str] = OrderedDict()  # by host the newest origin that was not permitted

    def follow(self, watch: Watch) -> None:
        """Knows from now on which readers are there, without any driver."""
        self._watch = watch

    def admit(self, origin: str | None) -> str:
        """The origin that may ask now; raises FailureError: origin_refused, origin_denied, too_many_requests."""
        name = self.callers.admit(origin)
        self.admission.requests.count(name)
        return name

    def admit_proven(self, origin: str | None) -> str:
        """The same for the opener that the browser named to our popup; one that is refused is the site at its host."""
        try:
            return self.admit(origin)
        except FailureError as error:
            if origin is not None and error.code in _REFUSED:
                self._remember(origin)
            raise

    def cards(self) -> list[bool]:
        """For each reader, in order, whether a card is in it: what strangers are told."""
        return [reader.card for reader in self._readers()]

    async def carry_out(self, request: web.Request, origin: str, asked: Request) -> HostAnswer:
        """What comes of the ask of an admitted origin; raises FailureError, and OldError for a PIN that is none.

        The page's PIN goes on only where the person has permitted the site and somebody has let it send PINs.
        """
        permitted = self.callers.permitted(origin)
        if permitted:
            check_pin_length(asked)
        else:
            self._remember(origin)
        ask = structs.replace(
            asked.ask,
            permitted=permitted,
            reader=self._reader(asked.ask.reader),
            pin=asked.pin if permitted and self.callers.may_send_pin(origin) else "",
        )
        order = HostOrder(origin, "", language_of(request), old=ask, tells=permitted)
        return await self.orders.carry_out(order, fingerprint(asked))

    async def listing(self, request: web.Request, origin: str, asked: Request) -> Listing:
        """Readers and cards for an admitted origin, which the person is asked about where nobody has permitted it.

        One reader only, where the page names one.
        """
        listing = await self._all_readers(request, origin, asked)
        reader = self._reader(asked.ask.reader)
        if not reader:
            return listing
        named = tuple(item for item in listing.readers if same_reader(item.name, reader))
        return structs.replace(listing, readers=named)

    async def permit(self, request: web.Request, origin: str) -> None:
        """Asks the person about a site; returns when the answer was yes, raises FailureError otherwise."""
        order = HostOrder(origin, "", language_of(request), old=OldAsk(SiteAsk()))
        await self.orders.carry_out(order, b"site", proven=False)

    def site_at(self, host: str) -> str:
        """The origin with a host that a browser has proven and that was not permitted, else the one over https.

        Raises FailureError(origin_refused) for a text that is no host, or one that may not ask.
        """
        origin = self._unknown.get(host, f"https://{host}")
        part = parse(origin)
        if part is None or part.host != host:
            raise FailureError(Code.ORIGIN_REFUSED)
        return self.admit(origin)

    async def _all_readers(self, request: web.Request, origin: str, asked: Request) -> Listing:
        if not self.callers.permitted(origin):
            answer = await self.carry_out(request, origin, asked)
            if answer.listing is None:
                raise FailureError(Code.HOST_FAILED)
            return answer.listing
        certificates = isinstance(asked.ask.work, ListAsk) and asked.ask.work.certificates
        return await self.listings.get(certificates=certificates)

    def _remember(self, origin: str) -> None:
        part = parse(origin)
        if part is not None:
            self._unknown[part.host] = origin
            self._unknown.move_to_end(part.host)
            while len(self._unknown) > MAX_HOSTS:
                self._unknown.popitem(last=False)

    def _reader(self, description: str) -> str:
        return reader_of(description, [reader.name for reader in self._readers()])

    def _readers(self) -> tuple[Reader, ...]:
        return () if self._watch is None else self._watch.readers


def language_of(request: web.Request) -> str:
    """The language that our page speaks."""
    language = request.headers.get("X-CardLogin-Language", "")
    return language if language in languages() else DEFAULT
