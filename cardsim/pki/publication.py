"""Everything a PKI folder publishes, kept fresh while states change and time passes."""

import datetime
import threading
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from cardsim.pki.index import read_index
from cardsim.pki.lists import LIFE, Revoked, all_lists, next_number, revoked
from cardsim.pki.ocsp import respond
from cardsim.pki.state import CardState, card_states
from cardsim.pki.store import publishers


class Publication:
    """Lists, issuer certificates and OCSP answers of one folder; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Read the folder and sign the first lists; raises SimulatorError if it holds no usable PKI."""
        self._index = read_index(folder)
        self.base_url = self._index.base_url
        self._publishers = publishers(self._index)
        self._known = {
            name: {serial for card in self._index.cards.values() if card.authority == name for serial in card.serials}
            for name in self._publishers
        }
        self._certificates = {
            urlsplit(one.places.certificates).path: pkcs7.serialize_certificates([one.issuer.certificate], Encoding.DER)
            for one in self._publishers.values()
        }
        self._lock = threading.Lock()
        self._states: dict[str, CardState] = {}
        self._lists: dict[str, bytes] = {}
        self._signed = datetime.datetime.min.replace(tzinfo=datetime.UTC)
        self.refresh()

    def refresh(self) -> None:
        """Sign all lists anew if a state has changed or half their life is over.

        Raises SimulatorError if the states cannot be read: better no answer than an old one.
        """
        with self._lock:
            states = card_states(self._index)
            now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
            if states == self._states and now - self._signed < LIFE / 2:
                return
            number = next_number(self._index.folder, now)
            self._lists = {
                urlsplit(url).path: der
                for name, publisher in self._publishers.items()
                for url, der in all_lists(publisher, revoked(self._index, states, name), number, now).items()
            }
            self._states, self._signed = states, now

    def document(self, path: str) -> tuple[bytes, str] | None:
        """The list or certificate bundle at a URL path and its media type; None if there is none."""
        if path in self._certificates:
            return self._certificates[path], "application/pkcs7-mime"
        self.refresh()
        found = self._lists.get(path)
        return None if found is None else (found, "application/pkix-crl")

    def responds_at(self, path: str) -> bool:
        """Whether OCSP requests may be sent to this URL path."""
        return self._authority(path) is not None

    def ocsp(self, path: str, request: bytes) -> bytes:
        """The answer to an OCSP request sent to `path`, where responds_at() holds."""
        name = self._authority(path)
        if name is None:
            raise KeyError(path)
        self.refresh()
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        entries: dict[int, Revoked] = {one.serial: one for one in revoked(self._index, self._states, name)}
        return respond(self._publishers[name], request, self._known[name], entries, now)

    def _authority(self, path: str) -> str | None:
        for name, one in self._publishers.items():
            if one.responder is not None and urlsplit(one.places.ocsp).path == path:
                return name
        return None
