"""The way from a browser to this computer: the name localhost, proxies, ports."""

import ipaddress
import socket
import urllib.request
from typing import ClassVar

from agent.selftest.context import Context
from agent.selftest.ports_look import PortSeen, daemon_runs
from agent.selftest.proxies import Catcher, catchers
from agent.selftest.results import Outcome, bad, good


class Names:
    """What the name localhost leads to on this computer."""

    name: ClassVar[str] = "names"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By the system's own resolver, which the hosts file steers."""
        import asyncio

        return await asyncio.to_thread(self._look)

    def _look(self) -> Outcome:
        try:
            found = {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo("localhost", None)}
        except OSError:
            return bad("localhost_missing", name="localhost")
        addresses = [ipaddress.ip_address(text) for text in sorted(found)]
        told = ", ".join(map(str, addresses))
        if not all(address.is_loopback for address in addresses):
            return bad("localhost_elsewhere", name="localhost", address=told)
        if not any(address.version == 4 for address in addresses):
            return bad("localhost_ipv6_only", name="localhost", address=told)
        return good(name="localhost", address=told)


class Proxy:
    """Proxies that would catch what is for this computer."""

    name: ClassVar[str] = "proxy"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By the browsers' policies and settings; what other programs do with localhost is not our concern."""
        import asyncio

        found = await asyncio.to_thread(catchers, context.environment)
        for kind in (Catcher.LOCALHOST, Catcher.PAC):
            if kind in found:
                return bad(kind.value, proxy=found[kind])
        proxies = urllib.request.getproxies()
        return good(proxy=", ".join(sorted(set(proxies) - {"no"})))


class Ports:
    """The published ports, and who else holds them."""

    name: ClassVar[str] = "ports"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """First what keeps the agent from being reached, then what only costs a way."""
        secure = await context.secure_ports()
        strangers = [seen for seen in secure if seen.taken and not seen.hello]
        ours = next((seen for seen in secure if seen.ours), None)
        if ours is None and self._silent(context, strangers):
            return good()  # who holds the other ports may be ourselves as well
        if ours is None and len(strangers) == len(secure):
            return bad("ports_taken", port=_ports(strangers), program=_programs(strangers))
        before = [seen for seen in strangers if ours is not None and secure.index(seen) < secure.index(ours)]
        if before:
            return bad("port_taken", port=_ports(before), program=_programs(before))
        return await self._plain(context, ours)

    def _silent(self, context: Context, strangers: list[PortSeen]) -> bool:
        """Whether it may be ourselves who hold a port and say nothing."""
        return any(seen.silent for seen in strangers) and daemon_runs(context.settings.state)

    async def _plain(self, context: Context, ours: PortSeen | None) -> Outcome:
        old, http_port = context.settings.hipki.port, context.settings.web.http_port
        told = {"port": str(ours.port) if ours else _ports(()), "program": ours.program if ours else ""}
        if old:
            seen = await context.plain_port(old)
            if seen.taken and not seen.ours:
                code = "old_component_running" if seen.old else "old_port_taken"
                return bad(code, port=str(old), program=seen.program)
        if http_port:
            seen = await context.plain_port(http_port)
            if seen.taken and not seen.ours:
                return bad("http_port_taken", port=str(http_port), program=seen.program)
        return good(**told)


def _ports(seen: "list[PortSeen] | tuple[PortSeen, ...]") -> str:
    return ", ".join(str(one.port) for one in seen)


def _programs(seen: list[PortSeen]) -> str:
    return ", ".join(dict.fromkeys(one.program for one in seen if one.program))
