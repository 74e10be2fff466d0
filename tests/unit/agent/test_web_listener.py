"""Ports, addresses and TLS of the listener."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from agent.web.listener import PortError, bind
from tests.stand.parts import free_port
from tests.stand.waiting import LIMIT
from tests.unit.agent.fakes import Site


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Closes sockets at the end of a test."""
    with ExitStack() as stack:
        yield stack


def take(closing: ExitStack, port: int, address: str = "127.0.0.1") -> None:
    """Another program listens on a port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    other = closing.enter_context(socket.socket(family))
    if family == socket.AF_INET6:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    other.bind((address, port))
    other.listen()


def opened(closing: ExitStack, *ports: int) -> list[tuple[str, int]]:
    """Address and port of the sockets that `bind` opens."""
    sockets = [closing.enter_context(sock) for sock in bind(ports)]
    return [sock.getsockname()[:2] for sock in sockets]


def test_both_loopback_addresses_and_no_other_are_listened_on(closing: ExitStack) -> None:
    port = free_port()
    assert opened(closing, port) == [("127.0.0.1", port), ("::1", port)]
    mine = [item.laddr for item in psutil.Process().net_connections("tcp") if item.status == "LISTEN"]
    assert {address.ip for address in mine if address.port == port} == {"127.0.0.1", "::1"}


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_port_that_is_taken_on_one_address_is_passed_over_as_a_whole(closing: ExitStack, address: str) -> None:
    taken, free = free_port(), free_port()
    take(closing, taken, address)
    assert {port for _, port in opened(closing, taken, free)} == {free}


def test_port_of_a_program_that_listens_everywhere_is_passed_over(closing: ExitStack) -> None:
    taken, free = free_port(), free_port()
    take(closing, taken, "0.0.0.0")  # noqa: S104  # the other program's habit
    assert {port for _, port in opened(closing, taken, free)} == {free}


def test_second_agent_takes_the_next_port(closing: ExitStack) -> None:
    first, second = free_port(), free_port()
    assert {port for _, port in opened(closing, first, second)} == {first}
    assert {port for _, port in opened(closing, first, second)} == {second}


def test_no_free_port_is_an_error_that_names_them_and_leaves_no_socket(closing: ExitStack) -> None:
    ports = (free_port(), free_port())
    take(closing, ports[0], "::1")
    take(closing, ports[1])
    with pytest.raises(PortError, match=f"{ports[0]}, {ports[1]}"):
        bind(ports)
    take(closing, ports[0])


async def test_plain_http_gets_no_answer(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(f"GET /v1/hello HTTP/1.1\r\n{site.host_line}\r\n\r\n".encode())
    async with asyncio.timeout(LIMIT):
        received = await reader.read()
    writer.close()
    assert b"HTTP" not in received
    assert b"cardlogin" not in received


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated:DeprecationWarning")
async def test_tls_1_1_is_refused(site: Site, client_tls: ssl.SSLContext) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1_1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", site.port, ssl=old)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
async def test_certificate_is_good_for_every_name_of_the_listener(
    site: Site, client_tls: ssl.SSLContext, name: str
) -> None:
    address = "::1" if name == "::1" else "127.0.0.1"
    _, writer = await asyncio.open_connection(address, site.port, ssl=client_tls, server_hostname=name)
    assert writer.get_extra_info("peercert")["subjectAltName"]
    writer.transport.abort()


async def test_certificate_is_good_for_no_other_name(site: Site, client_tls: ssl.SSLContext) -> None:
    for name in ("evil.example", "127.0.0.2", "localhost.evil.example"):
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", site.port, ssl=client_tls, server_hostname=name)
