"""The TLS identity of localhost, and who trusts it."""

import asyncio
import ssl
from datetime import UTC, datetime
from typing import ClassVar

from agent.selftest.context import Context
from agent.selftest.results import Outcome, bad, good, left
from agent.selftest.stores_look import OF_BROWSER, StoresSeen
from certs.life import ROOT, IdentityError, check_identity, choose
from certs.trust import Row

_SECONDS = 2.0


class Identity:
    """The identity is there, whole, this user's alone and in its time."""

    name: ClassVar[str] = "identity"
    needs: ClassVar[tuple[str, ...]] = ("clock",)

    async def run(self, context: Context) -> Outcome:
        """By its files."""
        try:
            life = check_identity(context.identity)
        except IdentityError as error:
            return bad(error.fault.value, place=str(context.identity))
        fault = choose(life, datetime.now(UTC)).fault
        until = f"{life.not_after:%Y-%m-%d}"
        return bad(fault.value, until=until) if fault is not None else good(until=until)


class Tls:
    """What answers on our port shows a certificate of our identity."""

    name: ClassVar[str] = "tls"
    needs: ClassVar[tuple[str, ...]] = ("daemon", "identity")

    async def run(self, context: Context) -> Outcome:
        """By connecting as a browser does, with our root as the only one that is trusted."""
        daemon = await context.daemon()
        if daemon is None:
            return left("daemon")
        facts = {"port": str(daemon.port), "program": daemon.program}
        if not daemon.trusted:
            return bad("tls_intercepted", **facts)
        try:
            tls = ssl.create_default_context(cafile=str(context.identity / ROOT))
            async with asyncio.timeout(_SECONDS):
                _, writer = await asyncio.open_connection(
                    "127.0.0.1", daemon.port, ssl=tls, server_hostname="localhost"
                )
            writer.close()
        except (OSError, TimeoutError, ValueError):  # ssl.SSLError is an OSError
            return bad("tls_failed", **facts)
        return good(port=str(daemon.port))


class Trust:
    """The browsers trust our root: the one of the page first, then the others that are found."""

    name: ClassVar[str] = "trust"
    needs: ClassVar[tuple[str, ...]] = ("identity",)

    async def run(self, context: Context) -> Outcome:
        """By what the page's browser has just done, and by the stores."""
        seen, browser = await context.stores(), context.ask.browser
        if seen is None:
            return bad("trust_unreadable")
        if browser.trusts is False or self._distrusts(seen, browser.kind, trusts=browser.trusts):
            return bad("not_trusted_here", store=_names(seen.distrusting), browser=browser.kind)
        if seen.distrusting:
            return bad("not_trusted_elsewhere", store=_names(seen.distrusting))
        if seen.unreadable:
            return bad("trust_unreadable", store=_names(seen.unreadable))
        return good(store=_names(seen.trusting))

    def _distrusts(self, seen: StoresSeen, kind: str, *, trusts: bool | None) -> bool:
        """Whether the stores say it of this browser; without one, whether they say it of all."""
        if not trusts:
            return not kind and bool(seen.distrusting) and not seen.trusting
        # A page over TLS may have been let through by hand: what the browser's own stores say counts.
        stores = OF_BROWSER.get(kind, frozenset())
        return any(row.kind in stores for row in seen.distrusting) and not any(
            row.kind in stores for row in seen.trusting
        )


def _names(rows: tuple[Row, ...]) -> str:
    return ", ".join(dict.fromkeys(f"{row.kind.value}: {row.place}" for row in rows))
