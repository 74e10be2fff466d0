"""The private keys on the card and the two raw operations they offer."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from cardsim.card.apdu import SW, Refusal

RSA_2048 = 0x07
"""Algorithm identifier of RSA-2048 (SP 800-78-4 table 6-2)."""
ECC_P256 = 0x11
"""Algorithm identifier of ECC P-256 (SP 800-78-4 table 6-2)."""


@dataclass(frozen=True)
class RsaKey:
    """An RSA-2048 key that exponentiates what the host padded."""

    p: int
    q: int
    dp: int
    dq: int
    q_inverse: int
    algorithm = RSA_2048

    @classmethod
    def of(cls, key: rsa.RSAPrivateKey) -> "RsaKey":
        """The card's form of `key`; raises ValueError unless it has 2048 bits."""
        if key.key_size != 2048:
            raise ValueError("an RSA key on the card must have 2048 bits")
        numbers = key.private_numbers()
        return cls(numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)

    def apply(self, block: bytes) -> bytes:
        """block^d mod n, 256 bytes, by the Chinese remainder theorem (RFC 8017 5.1.2).

        Raises Refusal(BAD_DATA) unless `block` has exactly 256 bytes and is below n.
        """
        value = int.from_bytes(block, "big")
        if len(block) != 256 or value >= self.p * self.q:
            raise Refusal(SW.BAD_DATA)
        low = pow(value, self.dq, self.q)
        high = (pow(value, self.dp, self.p) - low) * self.q_inverse % self.p
        return (low + high * self.q).to_bytes(256, "big")


@dataclass(frozen=True)
class EcKey:
    """A P-256 key that signs a digest the host made."""

    key: ec.EllipticCurvePrivateKey
    algorithm = ECC_P256

    @classmethod
    def of(cls, key: ec.EllipticCurvePrivateKey) -> "EcKey":
        """The card's form of `key`; raises ValueError unless it is on P-256."""
        if not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("an EC key on the card must be on P-256")
        return cls(key)

    def apply(self, digest: bytes) -> bytes:
        """The DER signature over a 32-byte digest; raises Refusal(BAD_DATA) for another size."""
        if len(digest) != 32:
            raise Refusal(SW.BAD_DATA)
        return self.key.sign(digest, ec.ECDSA(Prehashed(SHA256())))


CardKey = RsaKey | EcKey
"""Any key the card can hold."""
