"""The authorities of a PKI folder with their keys, ready to sign lists and OCSP answers."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from cardsim.errors import SimulatorError
from cardsim.pki.index import Index, read_file
from cardsim.pki.places import Places
from cardsim.pki.profile import Issuer


@dataclass(frozen=True)
class Publisher:
    """An authority that publishes lists; `responder` answers OCSP (the root has none)."""

    places: Places
    issuer: Issuer
    responder: Issuer | None


def publishers(index: Index) -> dict[str, Publisher]:
    """The authorities of the folder by name; raises SimulatorError if a key or certificate is unusable."""
    found = {}
    for name, partitions in index.authorities.items():
        folder = index.folder / "authorities" / name
        responder = None
        if (folder / "ocsp.cer").exists():
            responder = _issuer(folder / "ocsp.cer", folder / "ocsp-key.der")
        places = Places(index.base_url, name, partitions)
        found[name] = Publisher(places, _issuer(folder / "certificate.cer", folder / "key.der"), responder)
    return found


def _issuer(certificate: Path, key_file: Path) -> Issuer:
    try:
        # Made by build.py, so their numbers need no proof, which takes 50 ms for each key.
        key = load_der_private_key(read_file(key_file), password=None, unsafe_skip_rsa_key_validation=True)
        loaded = x509.load_der_x509_certificate(read_file(certificate))
    except (OSError, ValueError):
        raise SimulatorError(f"{certificate.parent} is damaged; run: python -m cardsim pki") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SimulatorError(f"{key_file} is not an RSA key")
    return Issuer(loaded, key)
