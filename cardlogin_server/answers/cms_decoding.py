"""Decodes the one shape of CMS SignedData that the old component makes; the only file that uses asn1crypto."""

from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms, core, x509

from cardlogin_server.certificates.der_shape import NotDer, require_der

LARGEST: Final = 12_288
NONCE: Final = "1.2.840.113549.1.9.25.3"
CARD_NUMBER: Final = "2.16.886.1.100.2.204"
_LONGEST_CLAIM: Final = 127
_SET: Final = b"\x31"
# RFC 5652 sections 11.1 to 11.3.
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_ATTRIBUTES: Final = frozenset({_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME, NONCE, CARD_NUMBER})
_TEXTS: Final = (core.UTF8String, core.PrintableString, core.IA5String)


class CmsMalformed(ValueError):
    """The bytes are not the one shape of SignedData that is accepted; the text says why, in English, for the log."""


@dataclass(frozen=True, slots=True)
class SignedContent:
    """The parts of a well-formed answer; nothing in it has been verified.

    ``signature_kind`` is pkcs1, pss or ecdsa; ``signed_attributes`` are the bytes that the signature is over
    (RFC 5652 section 5.4); ``nonce`` and ``card_number`` are what the client says of itself, or None.
    """

    content: bytes
    hash_name: str
    signature_kind: str
    signature: bytes
    signed_attributes: bytes
    message_digest: bytes
    certificate: bytes
    nonce: str | None
    card_number: str | None


def read_signed_content(der: bytes) -> SignedContent:
    """The parts of an attached SignedData of at most 12,288 bytes (RFC 5652 section 5; hipki.md section 3.1).

    DER; version 1; content of type data, inside; one signer, named by issuer and serial number; its certificate and
    no other; no lists; signed attributes content type and message digest, possibly signing time, nonce and card
    number, each once with one value; nothing unsigned. Raises CmsMalformed.
    """
    if len(der) > LARGEST:
        raise CmsMalformed("too large")
    try:
        require_der(der)
        return _read(der)
    except CmsMalformed:
        raise
    # asn1crypto decodes as it is asked, and reports what it meets by any of these.
    except (NotDer, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise CmsMalformed("cannot be decoded") from error


def _read(der: bytes) -> SignedContent:
    outer = cms.ContentInfo.load(der, strict=True)
    _require(outer["content_type"].native == "signed_data", "not SignedData")
    signed = outer["content"]
    _require(signed["version"].native == "v1", "version is not 1")
    _require(_absent(signed["crls"]), "carries revocation lists")
    signer = _signer(signed)
    certificate = _certificate(signed, signer)
    attributes = _attributes(signer["signed_attrs"])
    hash_name = _hash(signed, signer)
    return SignedContent(
        content=_content(signed["encap_content_info"]),
        hash_name=hash_name,
        signature_kind=_signature_kind(signer["signature_algorithm"], hash_name),
        signature=signer["signature"].native,
        signed_attributes=_SET + signer["signed_attrs"].dump()[1:],
        message_digest=_octets(attributes[_MESSAGE_DIGEST]),
        certificate=certificate,
        nonce=_claim(attributes.get(NONCE)),
        card_number=_claim(attributes.get(CARD_NUMBER)),
    )


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise CmsMalformed(otherwise)


def _absent(value: Any) -> bool:
    return value is None or isinstance(value, core.Void)


def _content(inner: Any) -> bytes:
    _require(inner["content_type"].native == "data", "content is not of type data")
    _require(not _absent(inner["content"]), "content is detached")
    return _octets(inner["content"])


def _octets(value: Any) -> bytes:
    if isinstance(value, core.ParsableOctetString | core.OctetString) and value.method == 0:
        found: bytes = value.contents
        return found
    raise CmsMalformed("not an octet string in one piece")


def _signer(signed: Any) -> Any:
    signers = signed["signer_infos"]
    _require(len(signers) == 1, f"{len(signers)} signers")
    signer = signers[0]
    _require(signer["version"].native == "v1", "signer's version is not 1")
    _require(signer["sid"].name == "issuer_and_serial_number", "signer is not named by issuer and serial number")
    _require(not _absent(signer["signed_attrs"]), "no signed attributes")
    _require(_absent(signer["unsigned_attrs"]), "unsigned attributes")
    return signer


def _certificate(signed: Any, signer: Any) -> bytes:
    certificates = signed["certificates"]
    _require(not _absent(certificates) and len(certificates) == 1, "not exactly one certificate")
    _require(certificates[0].name == "certificate", "certificate is of another kind")
    found = certificates[0].chosen
    _require(isinstance(found, x509.Certificate), "certificate is of another kind")
    named = signer["sid"].chosen
    body = found["tbs_certificate"]
    # The encoded names are compared, not their meaning: a certificate names its issuer in one way only.
    same = named["issuer"].dump() == body["issuer"].dump()
    same = same and named["serial_number"].native == body["serial_number"].native
    _require(same, "certificate is not the one that the signer names")
    der: bytes = found.dump()
    return der


def _hash(signed: Any, signer: Any) -> str:
    algorithms = signed["digest_algorithms"]
    _require(len(algorithms) == 1, "not exactly one digest algorithm")
    _require(_plain(algorithms[0]) and _plain(signer["digest_algorithm"]), "digest algorithm has parameters")
    name: str = signer["digest_algorithm"]["algorithm"].native
    _require(algorithms[0]["algorithm"].native == name, "digest algorithms differ")
    return name


def _plain(algorithm: Any) -> bool:
    parameters = algorithm["parameters"]
    return _absent(parameters) or isinstance(parameters, core.Null)


def _signature_kind(algorithm: Any, hash_name: str) -> str:
    name: str = algorithm["algorithm"].native
    if name == "rsassa_pss":
        _check_pss(algorithm["parameters"], hash_name)
        return "pss"
    _require(_plain(algorithm), "signature algorithm has parameters")
    if name in ("rsassa_pkcs1v15", f"{hash_name}_rsa"):
        return "pkcs1"
    if name == f"{hash_name}_ecdsa":
        return "ecdsa"
    raise CmsMalformed("signature algorithm is not on the list, or has another hash")


def _check_pss(parameters: Any, hash_name: str) -> None:
    """RFC 4055 section 3.1: the same hash everywhere, a salt of its length."""
    mask = parameters["mask_gen_algorithm"]
    good = parameters["hash_algorithm"]["algorithm"].native == hash_name
    good = good and mask["algorithm"].native == "mgf1" and mask["parameters"]["algorithm"].native == hash_name
    sizes = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
    good = good and parameters["salt_length"].native == sizes.get(hash_name)
    _require(good and parameters["trailer_field"].native == "trailer_field_bc", "PSS parameters are not the usual ones")


def _attributes(attributes: Any) -> dict[str, Any]:
    """Each signed attribute's one value by its dotted OID (RFC 5652 sections 5.3 and 11)."""
    found: dict[str, Any] = {}
    for attribute in attributes:
        name = attribute["type"].dotted
        _require(name in _ATTRIBUTES, "a signed attribute that is not on the list")
        _require(name not in found, "a signed attribute appears twice")
        _require(len(attribute["values"]) == 1, "a signed attribute has not one value")
        found[name] = attribute["values"][0]
    _require({_CONTENT_TYPE, _MESSAGE_DIGEST} <= found.keys(), "content type or message digest is not signed")
    _require(found[_CONTENT_TYPE].native == "data", "signed content type is another one")
    if _SIGNING_TIME in found:
        _ = found[_SIGNING_TIME].native
    return found


def _claim(value: Any) -> str | None:
    if value is None:
        return None
    parsed = value.parse() if isinstance(value, core.Any) else value
    _require(isinstance(parsed, _TEXTS) and len(parsed.contents) <= _LONGEST_CLAIM, "a claim is not a short text")
    text: str = parsed.native
    _require(text.isprintable(), "a claim has characters that cannot be shown")
    return text
