"""Where each authority publishes its lists, certificates and OCSP answers."""

import re
from dataclasses import dataclass

from cardsim.errors import SimulatorError

_BASE = re.compile(r"http://(127\.0\.0\.1|localhost):([1-9][0-9]{0,4})")


def base_port(base_url: str) -> int:
    """The port in a base URL; raises SimulatorError unless it is http on this machine with a port.

    Real card certificates name plain http too: the lists are signed (RFC 5280 8).
    """
    match = _BASE.fullmatch(base_url)
    if match is None or int(match[2]) > 65535:
        raise SimulatorError("the base URL must look like http://127.0.0.1:8080, without a path")
    return int(match[2])


@dataclass(frozen=True)
class Places:
    """The addresses of one authority."""

    base_url: str
    authority: str
    partitions: int

    def partition(self, serial: int) -> str:
        """The list that names the certificate with this serial number, and only its part of them."""
        return self.numbered(serial % self.partitions + 1)

    def numbered(self, number: int) -> str:
        """The address of partition `number`, counted from 1."""
        return f"{self.base_url}/crl/{self.authority}-{number:02d}.crl"

    @property
    def complete(self) -> str:
        """The list of all revoked certificates."""
        return f"{self.base_url}/crl/{self.authority}-complete.crl"

    @property
    def certificates(self) -> str:
        """The certificates issued to the authority (PKCS#7)."""
        return f"{self.base_url}/certs/{self.authority}-IssuedToThisCA.p7b"

    @property
    def ocsp(self) -> str:
        """The OCSP responder."""
        return f"{self.base_url}/ocsp/{self.authority}"
