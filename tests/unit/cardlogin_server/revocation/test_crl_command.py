"""``python -m cardlogin_server crl refresh|status`` against a real web server on the loopback interface."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from cardlogin_server import Anchors, CrlRevocation
from cardlogin_server.__main__ import main
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.clock import utc_now
from cardlogin_server.failures import RevocationUnknown
from cardlogin_server.revocation.fetching.breaker import Trouble
from cardlogin_server.revocation.index_store import ListKey
from tests.unit.cardlogin_server.pki import COMPLETE, Profile, issue, moica, root
from tests.unit.cardlogin_server.revocation.crls import complete, partition, scope
from tests.unit.cardlogin_server.site import Time


class Listener:
    """A web server with lists, on the loopback interface, that may be broken."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener.asked.append(self.path)
                body = listener.files.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            @override
            def log_message(self, *arguments: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    one.thread.start()
    yield one
    one.server.shutdown()
    one.thread.join()
    one.server.server_close()


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    for name, authority in (("anchors/root", root()), ("issuers/moica", moica())):
        path = tmp_path / "trust" / f"{name}.cer"
        path.parent.mkdir(parents=True)
        path.write_bytes(authority.der)
    return tmp_path / "trust"


def test_command_line(listener: Listener, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part, whole = (f"http://{listener.host}/{name}.crl" for name in ("part", "whole"))
    now = utc_now().replace(microsecond=0)
    dates = {"this_update": now - timedelta(hours=2), "next_update": now + timedelta(hours=2)}
    listener.files = {"/part.crl": partition(scope=scope(part), **dates), "/whole.crl": complete(**dates)}
    card = tmp_path / "card.cer"
    card.write_bytes(issue(Profile(addresses=(part, whole))).der)
    common = ["--indexes", str(tmp_path / "lists")]
    renew = ["crl", "refresh", *common, "--anchors", str(trust), "--hosts", listener.host]
    assert main(["crl", "status", *common]) == 2
    assert main(renew) == 2
    assert "--certificate" in capsys.readouterr().err
    assert main([*renew, "--certificate", str(card)]) == 0
    assert capsys.readouterr().out.count("fresh ") == 2
    assert main(["crl", "status", *common]) == 0
    said = capsys.readouterr().out
    assert f"fresh partition {part}" in said
    assert f"fresh complete {whole}" in said
    assert "number 7, 1 certificates" in said
    assert "2 lists, 0 stale" in said
    del listener.files["/part.crl"]
    assert main(renew) == 0
    assert sorted(listener.asked) == ["/part.crl", "/whole.crl"]
    assert main([*renew, "--minutes", "0"]) == 1
    assert f"FAILED {part}: status 404" in capsys.readouterr().out
    assert main(["crl", "status", *common]) == 0
    assert "1 failures in a row, the last: status 404" in capsys.readouterr().out


def test_command_line_with_a_wrong_certificate(trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = tmp_path / "card.cer"
    for content in (b"garbage", bytes(100_000)):
        card.write_bytes(content)
        arguments = ["--anchors", str(trust), "--indexes", str(tmp_path / "lists"), "--hosts", "a.test"]
        assert main(["crl", "refresh", *arguments, "--certificate", str(card)]) == 2
        assert "card.cer" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["refresh", "status"])
def test_help_explains(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["crl", action, "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert "Exit status" in said
    assert "--indexes" in said


def test_log_in_after_the_command_line_fetches_nothing(listener: Listener) -> None:
    url = f"http://{listener.host}/part.crl"
    anchors = Anchors.from_der([root().der], [moica().der])
    revocation = CrlRevocation(anchors, frozenset({listener.host}), clock=Time())
    leaf = read_leaf(issue(Profile(addresses=(url, COMPLETE))).der)
    with pytest.raises(RevocationUnknown, match="status 404"):
        revocation.check(leaf)
    listener.files["/part.crl"] = partition(scope=scope(url))
    key = ListKey(moica().key_identifier, url)
    revocation.lists.store.set_trouble(key, Trouble())
    revocation.check(leaf)
    revocation.check(leaf)
    assert listener.asked == ["/part.crl"] * 2
