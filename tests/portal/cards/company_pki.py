"""Cards of companies: an authority of their own beside the test PKI's, with its own list of revoked certificates."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.portal.pki import DAY, NOW, Authority, Card, ListServer, Pki, _name, _oid, _policies, _tlv, _usage, authority

NUMBER, OTHER_NUMBER = "04595257", "10458575"
POLICY = "2.16.886.101.0.3.3"


def _attributes(number: str, role: str) -> x509.UnrecognizedExtension:
    kind = _tlv(0x30, _oid("2.16.886.1.100.2.1") + _tlv(0x31, _oid("2.16.886.1.100.3.2.2.1.1")))
    card = _tlv(0x30, _oid("2.16.886.1.100.2.2") + _tlv(0x31, _tlv(0x0C, role.encode())))
    of = _tlv(0x30, _oid("2.16.886.1.100.2.101") + _tlv(0x31, _tlv(0x0C, number.encode())))
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.9"), _tlv(0x30, kind + card + of))


def _list(issuer: Authority) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW - DAY)
        .next_update(NOW + DAY)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


class Companies:
    """The companies' authority, and cards that it signs."""

    def __init__(self, pki: Pki, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(pki.folder, folder)
        root = authority(_name(COUNTRY_NAME="TW", ORGANIZATION_NAME="測試公司根憑證"))
        unit = _name(COUNTRY_NAME="TW", ORGANIZATION_NAME="經濟部", ORGANIZATIONAL_UNIT_NAME="工商憑證管理中心")
        self._issuer = authority(unit, root)
        self._key = rsa.generate_private_key(65537, 2048)
        (folder / "anchors" / "companies.cer").write_bytes(root.der)
        (folder / "issuers" / "companies.cer").write_bytes(self._issuer.der)
        self.base_url = ""

    @contextmanager
    def lists(self) -> Iterator[str]:
        """Serve the list of revoked certificates; gives the host."""
        with ListServer() as server:
            server.content = _list(self._issuer)
            self.base_url = f"http://{server.host}"
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield server.host
            server.shutdown()
            thread.join()

    def card(
        self, number: str = NUMBER, name: str = "示範股份有限公司", role: str = "primary", days: int = 800
    ) -> Card:
        """A company's card; `days` until it ends."""
        point = x509.UniformResourceIdentifier(f"{self.base_url}/complete.crl")
        key = self._issuer.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(COUNTRY_NAME="TW", ORGANIZATION_NAME=name, SERIAL_NUMBER=number))
            .issuer_name(self._issuer.certificate.subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 900 * DAY + timedelta(seconds=1))
            .not_valid_after(NOW + days * DAY)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(_policies(POLICY), critical=False)
            .add_extension(_attributes(number, role), critical=False)
            .add_extension(
                x509.CRLDistributionPoints([x509.DistributionPoint([point], None, None, None)]), critical=False
            )
        )
        return Card(self._key, builder.sign(key, hashes.SHA256()))
