"""Who publishes what was revoked: the test PKI's server, of which each half can fall silent."""

import datetime
import threading
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from typing_extensions import override

from cardsim.pki.index import read_index
from cardsim.pki.lists import all_lists
from cardsim.pki.server import PkiServer, _Handler
from cardsim.pki.store import publishers

_OLD = datetime.timedelta(days=30)


class Publisher:
    """Serves lists and answers to OCSP from a folder of the test PKI; a context manager."""

    def __init__(self, pki: Path) -> None:
        self.lists, self.responder = True, True
        self.stale = False  # lists that ended long ago
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        self.old = {
            urlsplit(url).path: der
            for one in publishers(read_index(pki)).values()
            for url, der in all_lists(one, [], 1, now - _OLD).items()
        }
        self._server = PkiServer(pki)
        self.hosts = (f"127.0.0.1:{self._server.server_port}",)
        self._server.RequestHandlerClass = type("Handler", (_Halves,), {"publisher": self})
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def reset(self) -> None:
        """Both halves answer."""
        self.lists, self.responder, self.stale = True, True, False

    def __enter__(self) -> "Publisher":
        """Starts to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Halves(_Handler):
    publisher: Publisher

    @override
    def do_GET(self) -> None:
        """A list, an old one, or nothing."""
        if not self._answers():
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"", "text/plain")
        elif self.publisher.stale and self.path in self.publisher.old:
            self._answer(HTTPStatus.OK, self.publisher.old[self.path], "application/pkix-crl")
        else:
            super().do_GET()

    do_HEAD = do_GET

    @override
    def do_POST(self) -> None:
        """An answer of the responder, or nothing."""
        if self._answers():
            super().do_POST()
        else:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"", "text/plain")

    def _answers(self) -> bool:
        return self.publisher.responder if self.path.startswith("/ocsp/") else self.publisher.lists
