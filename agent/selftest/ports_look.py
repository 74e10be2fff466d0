"""Who listens on the ports of the agent: ourselves, another user's agent, the old component, or another program."""

import contextlib
import hashlib
import http.client
import json
import re
import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from agent.platform import holder_of
from agent.state import LOCK
from certs.life import IdentityError, read_life, read_pair
from certs.private import lock_file

_SECONDS, _MAX_ANSWER = 2.0, 64 * 1024
# The first value of the page of our state (agent/web/pages/status.html).
_VERSION = re.compile(r"<dd>([0-9a-z.+]{1,32})</dd>")
# Names of the old component's programs on the systems that it exists for (hipki.md, 4.2), and of what runs it.
_OLD = re.compile(r"(?i)hipki|node")


@dataclass(frozen=True)
class PortSeen:
    """A port: whether somebody listens, and whether that is an agent (`hello`), of this user (`ours`).

    `silent`: it takes connections and says nothing. `trusted`: it shows a certificate of our identity. `program`: who
    holds it, as far as the system tells.
    """

    port: int
    taken: bool = False
    hello: bool = False
    ours: bool = False
    silent: bool = False
    trusted: bool = False
    version: str = ""
    program: str = ""

    @property
    def old(self) -> bool:
        """Whether the program has a name of the old component."""
        return bool(_OLD.match(self.program))


def look_secure(port: int, identity: Path) -> PortSeen:
    """A port of HTTPS; never raises."""
    if not _taken(port):
        return PortSeen(port)
    leaves = _leaves(identity)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("localhost", port, timeout=_SECONDS, context=context)
    begun = time.monotonic()
    try:
        connection.sock = context.wrap_socket(_connected(port), server_hostname="localhost")
        der = connection.sock.getpeercert(binary_form=True) or b""
        trusted = hashlib.sha256(der).digest() in leaves
        status, body = _asked(connection, "/v1/hello")
        hello = status == http.HTTPStatus.OK and _service(body) == "cardlogin"
        stranger = status == http.HTTPStatus.MISDIRECTED_REQUEST
        version = _version(connection) if hello else ""
        return PortSeen(port, True, hello or stranger, hello, False, trusted, version, holder_of(port))
    except (OSError, http.client.HTTPException, ValueError):
        return PortSeen(port, True, silent=time.monotonic() - begun >= _SECONDS, program=holder_of(port))
    finally:
        connection.close()


def look_plain(port: int) -> PortSeen:
    """A port of HTTP: ours where the answer has our server's name; never raises."""
    if not _taken(port):
        return PortSeen(port)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        with connection.getresponse() as response:
            ours = response.getheader("Server") == "CardLogin"
        return PortSeen(port, True, hello=ours, ours=ours, program=holder_of(port))
    except (OSError, http.client.HTTPException, ValueError):
        return PortSeen(port, True, program=holder_of(port))
    finally:
        connection.close()


def daemon_runs(state: Path) -> bool:
    """Whether a daemon of this user holds the lock of a state folder."""
    path = state / LOCK
    if not path.exists():
        return False
    lock: FileLock = lock_file(path, timeout=0)
    try:
        with lock:
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)


def _taken(port: int) -> bool:
    with contextlib.suppress(OSError):
        _connected(port).close()
        return True
    return False


def _asked(connection: http.client.HTTPSConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path, headers={"Host": f"localhost:{connection.port}"})
    with connection.getresponse() as response:
        return response.status, response.read(_MAX_ANSWER)


def _version(connection: http.client.HTTPSConnection) -> str:
    status, body = _asked(connection, "/status")
    found = _VERSION.search(body.decode("utf-8", "replace")) if status == http.HTTPStatus.OK else None
    return found[1] if found else ""


def _service(body: bytes) -> str:
    with contextlib.suppress(ValueError, RecursionError):
        said = json.loads(body)
        return str(said.get("service")) if isinstance(said, dict) else ""
    return ""


def _leaves(identity: Path) -> set[bytes]:
    """The digests of the certificates of our identity; none where it cannot be read."""
    try:
        pems = [read_pair(identity, leaf)[0].decode("ascii") for leaf in read_life(identity).leaves]
        return {hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest() for pem in pems}
    except (IdentityError, ValueError):
        return set()
