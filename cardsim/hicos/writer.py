"""Writes certificates and keys into a SoftHSM2 token: a program that reads one JSON order from standard input."""

import base64
import json
import sys
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from pkcs11 import Attribute, CertificateType, ObjectClass
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate, decode_x509_public_key

Attributes = dict[Attribute, Any]


def objects(item: dict[str, str]) -> list[Attributes]:
    """The PKCS#11 objects of one certificate: itself, its public key unless it is the root's, its private key."""
    certificate = base64.b64decode(item["certificate"])
    common: Attributes = {Attribute.TOKEN: True, Attribute.ID: item["id"].encode(), Attribute.LABEL: item["label"]}
    public: Attributes = {**common, Attribute.PRIVATE: False}
    found = [{
        **public, **decode_x509_certificate(certificate), Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
    }]  # fmt: skip
    if item["id"] != "ROOTCACert":
        found.append({**decode_x509_public_key(certificate), **public})
    if item["key"]:
        hidden = {Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
        found.append({**_private_key(base64.b64decode(item["key"])), **common, **hidden})
    return found


def _private_key(pkcs8: bytes) -> Attributes:
    # As in image.py: keys of our own need no proof.
    key = load_der_private_key(pkcs8, password=None, unsafe_skip_rsa_key_validation=True)
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return decode_rsa_private_key(der) if isinstance(key, rsa.RSAPrivateKey) else decode_ec_private_key(der)


def data_objects() -> list[Attributes]:
    """The two data objects that anybody can see on a card."""
    return [
        {Attribute.CLASS: ObjectClass.DATA, Attribute.TOKEN: True, Attribute.PRIVATE: False,
         Attribute.LABEL: f"data{number}", Attribute.VALUE: b"simulated"}
        for number in (1, 2)
    ]  # fmt: skip


def main() -> None:
    """Write everything that the order names."""
    order = json.load(sys.stdin)
    token = pkcs11.lib(order["module"]).get_token(token_label=order["token"])
    with token.open(rw=True, user_pin=order["pin"]) as session:
        for attributes in [one for item in order["items"] for one in objects(item)] + data_objects():
            session.create_object(attributes)


if __name__ == "__main__":
    main()
