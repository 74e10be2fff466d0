"""The way from a browser to this computer: the name localhost, proxies, ports."""

import ipaddress
import socket
import urllib.request
from typing import ClassVar

from agent.selftest.context import LIMIT, Context
from agent.selftest.once import apart, within
from agent.selftest.ports_look import PortSeen, daemon_runs
from agent.selftest.proxies import Catcher, catchers
from agent.selftest.results import Outcome, bad, good


class Names:
    """What the name localhost leads to on this computer."""

    name: ClassVar[str] = "names"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By the system's own resolver, which the hosts file steers."""
        return await within(LIMIT, apart(self._look), bad("localhost_missing", name="localhost"))

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
        """By the browsers' policies and settings, then by the system's."""
        found = await apart(lambda: catchers(context.environment))
        for kind in (Catcher.LOCALHOST, Catcher.PAC, Catcher.PROGRAMS):
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
        told = {"port": str(ours.port), "program": ours.program} if ours else {}
        for seen in await context.plain_ports():
            if seen.taken and not seen.ours:
                return bad(_plain_code(seen, context.settings.hipki.port), port=str(seen.port), program=seen.program)
        return good(**told)


def _plain_code(seen: PortSeen, old: int) -> str:
    if seen.port != old:
        return "http_port_taken"
    return "old_component_running" if seen.old else "old_port_taken"


def _ports(seen: "list[PortSeen] | tuple[PortSeen, ...]") -> str:
    return ", ".join(str(one.port) for one in seen)


def _programs(seen: list[PortSeen]) -> str:
    return ", ".join(dict.fromkeys(one.program for one in seen if one.program))
