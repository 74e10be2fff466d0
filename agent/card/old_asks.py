"""What pages written for the old component ask of a card, and what the card host answers them with."""

from typing import Literal

import msgspec
from typing_extensions import override

Hash = Literal["sha1", "sha256", "sha384", "sha512"]


class CmsAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="cms"):
    """A signature in the form of attached CMS SignedData (the old component's PKCS7)."""

    content: bytes
    hash: Hash = "sha256"
    nonce: str = ""
    card_number: bool = False
    signing_time: bool = True


class Pkcs1Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pkcs1"):
    """A bare RSASSA-PKCS1-v1_5 signature over the content."""

    content: bytes
    hash: Hash = "sha256"


class RawAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="raw"):
    """A bare RSA signature over a DigestInfo that the page has made: what is signed cannot be shown."""

    digest_info: bytes


class DecryptAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="decrypt"):
    """What was encrypted for this card: CMS EnvelopedData, or one block of RSAES-PKCS1-v1_5."""

    cipher: bytes
    enveloped: bool = True


class ListAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="list"):
    """Readers and cards, with the certificates on them or without; no PIN is needed."""

    certificates: bool = False


class SiteAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="site"):
    """Nothing but the person's word on whether the site may ask."""


class OldAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request of a page written for the old component.

    `permitted`: the person has allowed the site before; otherwise this is asked first. `reader` (its name) and `key_id`
    (CKA_ID) leave one reader or key to use; empty: any. `check_validity`: a certificate out of its time is refused.
    `repeated`: the site has had the very same signed before. `pin`: what the page sent, of a site that may send one;
    `tried`: the numbers of cards that may have one try left, which is a person's.
    """

    work: CmsAsk | Pkcs1Ask | RawAsk | DecryptAsk | ListAsk | SiteAsk
    permitted: bool = False
    reader: str = ""
    key_id: bytes = b""
    check_validity: bool = False
    repeated: bool = False
    pin: str = ""
    tried: tuple[str, ...] = ()

    @override
    def __repr__(self) -> str:
        """What kind of request; its PIN and its content must not get into any text of ours."""
        return f"{type(self).__name__}({type(self.work).__name__})"


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signature (CMS SignedData in DER, or bare), the signer's certificate in DER, and the card's number."""

    value: bytes
    certificate: bytes
    card_number: str


class ListedCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A certificate as the old component tells of it (hipki.md, 1.3); times are seconds since 1970.

    `usage` in the words of its key usage, `serial` and `thumbprint` (SHA-1) in upper-case hexadecimal.
    """

    label: str
    usage: str
    serial: str
    subject_dn: str
    issuer_dn: str
    subject_cn: str
    subject_id: str
    email: str
    not_before: int
    not_after: int
    signature_algorithm: str
    thumbprint: str
    key_id: bytes
    der: bytes


class ListedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A public key: CKA_ID, label, key type of PKCS#11 (0 RSA, 3 EC) and SubjectPublicKeyInfo in DER."""

    key_id: bytes
    label: str
    type: int
    spki: bytes


class ListedToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card, as CK_TOKEN_INFO tells of it; certificates and keys where they were asked for."""

    label: str
    manufacturer: str
    model: str
    serial: str
    min_pin: int
    max_pin: int
    flags: int
    certificates: tuple[ListedCertificate, ...] = ()
    keys: tuple[ListedKey, ...] = ()


class ListedReader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader, as CK_SLOT_INFO tells of it, and the card in it."""

    slot: int
    name: str
    manufacturer: str
    flags: int
    token: ListedToken | None = None


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All readers, and the driver's word on itself (CK_INFO); versions as major and minor number."""

    readers: tuple[ListedReader, ...] = ()
    manufacturer: str = ""
    description: str = ""
    cryptoki_version: tuple[int, int] = (0, 0)
    library_version: tuple[int, int] = (0, 0)
