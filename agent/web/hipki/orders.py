"""Orders of pages written for the old component: they outlive their request, because such pages close it early.

A portal that closes its popup after a few seconds asks again with the next click, for the very same. So a window stays
when its popup goes away, and who asks for the same again gets what comes of it; nothing is signed twice.
"""

import asyncio
import functools
import hashlib
import logging
from collections import OrderedDict
from dataclasses import dataclass

import msgspec
from msgspec import structs

from agent.card.frames import HostAnswer, HostOrder
from agent.card.old_asks import CmsAsk, OldAsk, Pkcs1Ask, RawAsk
from agent.failures import FailureError
from agent.signing import Signing
from agent.web.asking import Admission, in_window

# Seconds that a result waits for the page that had left, and how many do.
KEPT, MOST = 120.0, 16
# How many contents are remembered, to tell when a site has the same signed again.
MAX_CONTENTS = 4096
_LOG = logging.getLogger(__name__)
_Key = tuple[str, bytes]


@dataclass(eq=False)
class _Order:
    key: _Key
    task: asyncio.Task[HostAnswer]
    waiting: int = 0

    @property
    def abandoned(self) -> bool:
        return self.waiting == 0 and not self.task.done()


class Orders:
    """All orders that are under way or whose result nobody has got yet."""

    def __init__(self, signing: Signing, admission: Admission, kept: float = KEPT) -> None:
        self._signing, self._admission, self._kept = signing, admission, kept
        self._orders: dict[_Key, _Order] = {}
        self._signed: OrderedDict[bytes, None] = OrderedDict()

    async def carry_out(self, order: HostOrder, fingerprint: bytes, *, proven: bool = True) -> HostAnswer:
        """What comes of an order; `fingerprint` is the same for the same request, whatever its PIN.

        Raises FailureError as `Signing.carry_out` does, and too_many_requests. Cancelling leaves the order as it is. A
        further request of the same origin ends an order that nobody waits for any more.
        """
        key = (order.origin, fingerprint)
        while (known := self._orders.get(key)) is None:
            left = next((item for item in self._orders.values() if item.key[0] == key[0] and item.abandoned), None)
            if left is None:
                known = self._begin(key, order, proven=proven)
                break
            left.task.cancel()
            await asyncio.wait([left.task])
        return await self._wait(known)

    async def _wait(self, order: _Order) -> HostAnswer:
        order.waiting += 1
        try:
            answer = await asyncio.shield(order.task)
        except asyncio.CancelledError:
            order.waiting -= 1
            if order.task.done():
                self._ended(order, order.task)
            elif order.abandoned:
                self._signing.page_left()
            raise
        except FailureError:
            self._forget(order)
            raise
        self._forget(order)
        return answer

    def _begin(self, key: _Key, order: HostOrder, *, proven: bool) -> _Order:
        begun = self._orders[key] = _Order(key, asyncio.create_task(self._run(order, proven=proven)))
        begun.task.add_done_callback(functools.partial(self._ended, begun))
        return begun

    async def _run(self, order: HostOrder, *, proven: bool) -> HostAnswer:
        content = None if order.old is None else _content(order.origin, order.old)
        if content in self._signed and order.old is not None:
            order = structs.replace(order, old=structs.replace(order.old, repeated=True))
        work = functools.partial(self._signing.carry_out, order)
        origin = order.origin if proven else None
        answer = await in_window(self._admission, origin, work, permitted=order.tells)
        if content is not None and answer.signed is not None:
            self._signed[content] = None
            while len(self._signed) > MAX_CONTENTS:
                self._signed.popitem(last=False)
        return answer

    def _ended(self, order: _Order, task: asyncio.Task[HostAnswer]) -> None:
        """Keeps a result that nobody waits for; a failure is worth nothing to who asks again."""
        if order.waiting or self._orders.get(order.key) is not order:
            return
        if task.cancelled() or task.exception() is not None:
            self._forget(order)
            return
        kept = [item for item in self._orders.values() if item.task.done()]
        for oldest in kept[: max(len(kept) - MOST, 0)]:
            self._lose(oldest)
        asyncio.get_running_loop().call_later(self._kept, self._lose, order)

    def _lose(self, order: _Order) -> None:
        if self._orders.get(order.key) is order:
            self._forget(order)
            _LOG.info("order for %s: answered, and nobody came for it", order.key[0])

    def _forget(self, order: _Order) -> None:
        if self._orders.get(order.key) is order:
            del self._orders[order.key]


def _content(origin: str, ask: OldAsk) -> bytes | None:
    """What tells two signatures of a site apart, as a digest; None for what is no signature."""
    work = ask.work
    if not isinstance(work, CmsAsk | Pkcs1Ask | RawAsk):
        return None
    content = work.digest_info if isinstance(work, RawAsk) else work.content
    nonce = work.nonce if isinstance(work, CmsAsk) else ""
    return hashlib.sha256(msgspec.json.encode((origin, hashlib.sha256(content).digest(), nonce))).digest()
