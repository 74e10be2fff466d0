"""The certificates on the card, as a portal's verifier reads them; hostile input."""

from dataclasses import dataclass
from datetime import UTC, datetime

from agent.card.answers.certificate import CertificateFacts, read_certificate
from agent.selftest.seen import TokenSeen
from pkcs11_shims.keys import rank


@dataclass(frozen=True)
class CertificatesSeen:
    """The holder's certificates: `signing` logs in, `encryption` decrypts; how many there are that cannot be read."""

    signing: CertificateFacts | None
    encryption: CertificateFacts | None
    encryption_id: bytes
    unreadable: int

    @property
    def any(self) -> bool:
        """Whether there is one at all."""
        return self.signing is not None or self.encryption is not None


def look(token: TokenSeen) -> CertificatesSeen:
    """What is on a card; the first of each kind in the order of its driver's row, those valid now before others."""
    found, unreadable = list[tuple[bytes, CertificateFacts]](), 0
    for key_id, der in token.certificates:
        try:
            facts = read_certificate(der)
        except ValueError:
            unreadable += 1
            continue
        if not facts.authority:
            found.append((key_id, facts))
    found.sort(key=lambda item: rank(item[0], token.signing_ids))
    now = datetime.now(UTC)
    signing = sorted((facts for _, facts in found if facts.digital_signature), key=lambda item: not _holds(item, now))
    encryption = [(key_id, facts) for key_id, facts in found if facts.encipherment and not facts.elliptic]
    first = encryption[0] if encryption else (b"", None)
    return CertificatesSeen(signing[0] if signing else None, first[1], first[0], unreadable)


def told(facts: CertificateFacts) -> dict[str, str]:
    """What is shown of a certificate."""
    return {
        "holder": facts.holder,
        "serial": f"{_serial(facts):X}",
        "since": _day(facts.not_before),
        "until": _day(facts.not_after),
        "usage": "digitalSignature" if facts.digital_signature else "keyEncipherment",
        "authority": next(iter(facts.issuer_names), ""),
    }


def _holds(facts: CertificateFacts, now: datetime) -> bool:
    return facts.not_before <= now <= facts.not_after


def _serial(facts: CertificateFacts) -> int:
    from cryptography import x509

    return x509.load_der_x509_certificate(facts.der).serial_number


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
