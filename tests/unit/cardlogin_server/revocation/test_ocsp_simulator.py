"""The simulator's lists and OCSP responder over HTTP, with the library's own fetcher and a folder of indexes."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cardlogin_server import Anchors, CrlRevocation
from cardlogin_server.certificates.leaf import Leaf, read_leaf
from cardlogin_server.failures import CertificateRevoked, CertificateSuspended
from cardlogin_server.revocation.fetching.fetch import FetchFailed, fetch
from cardlogin_server.revocation.index_folder import FolderIndexStore
from cardlogin_server.revocation.policy import Nonce, RevocationPolicies, RevocationPolicy, UseOcsp
from tests.stand.waiting import LIMIT
from tests.unit.cardlogin_server.test_with_simulator import card


def host(folder: Path) -> str:
    return urlsplit(str(json.loads((folder / "pki.json").read_text("utf-8"))["base_url"])).netloc


def leaf(folder: Path, name: str) -> Leaf:
    return read_leaf(card(folder, name).der)


def no_list(url: str) -> bytes:
    raise FetchFailed(f"this test has no lists, not even {url}")


def responder_only(folder: Path, *, nonce: Nonce = Nonce.REQUIRED, old: bool = False) -> CrlRevocation:
    policy = RevocationPolicy(use_ocsp=UseOcsp.BEFORE_LISTS, nonce=nonce, old_certificate_id=old)
    anchors = Anchors.from_folder(folder)
    return CrlRevocation(anchors, frozenset({host(folder)}), no_list, policies=RevocationPolicies(policy))


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("nonce", list(Nonce))
def test_good_by_ocsp(served: Path, nonce: Nonce, old: bool) -> None:
    for name in ("citizen", "company", "ec"):
        responder_only(served, nonce=nonce, old=old).check(leaf(served, name))


@pytest.mark.parametrize(("name", "failure"), [("revoked", CertificateRevoked), ("suspended", CertificateSuspended)])
def test_bad_by_ocsp(served: Path, name: str, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        responder_only(served).check(leaf(served, name))


def test_suspended_lifted_and_revoked(served: Path) -> None:
    by_ocsp = responder_only(served)
    mine = leaf(served, "citizen2")
    for state, failure in (("suspended", CertificateSuspended), ("good", None), ("revoked", CertificateRevoked)):
        change = [sys.executable, "-m", "cardsim", "pki-state", "--pki", str(served), "--card", "citizen2"]
        subprocess.run([*change, "--state", state], check=True, capture_output=True, timeout=LIMIT)
        if failure is None:
            by_ocsp.check(mine)
        else:
            with pytest.raises(failure):
                by_ocsp.check(mine)


def test_lists_in_a_folder_of_indexes(served: Path, tmp_path: Path) -> None:
    anchors = Anchors.from_folder(served)
    store = FolderIndexStore(tmp_path / "lists")
    revocation = CrlRevocation(anchors, frozenset({host(served)}), store=store)
    revocation.check(leaf(served, "company"))
    with pytest.raises(CertificateRevoked):
        revocation.check(leaf(served, "revoked"))
    restarted = CrlRevocation(anchors, frozenset({host(served)}), no_list, store=FolderIndexStore(tmp_path / "lists"))
    restarted.check(leaf(served, "company"))
    with pytest.raises(CertificateRevoked):
        restarted.check(leaf(served, "revoked"))
    assert len(store.known()) >= 2


def test_command_line_and_openssl_agree_on_the_list(served: Path, tmp_path: Path) -> None:
    mine = tmp_path / "card.cer"
    mine.write_bytes(card(served, "revoked").der)
    common = [sys.executable, "-m", "cardlogin_server", "crl"]
    indexes = ["--indexes", str(tmp_path / "lists")]
    renew = [*common, "refresh", *indexes, "--anchors", str(served), "--hosts", host(served)]
    done = subprocess.run(
        [*renew, "--certificate", str(mine)], check=True, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.stdout.count("fresh ") == 2
    shown = subprocess.run([*common, "status", *indexes], check=True, capture_output=True, text=True, timeout=LIMIT)
    assert "2 lists, 0 stale" in shown.stdout
    index = next(
        index
        for key in FolderIndexStore(tmp_path / "lists").known()
        if key.url.endswith("complete.crl") and (index := FolderIndexStore(tmp_path / "lists").open(key))
    )
    fetched = tmp_path / "list.crl"
    fetched.write_bytes(fetch(index.header.url))
    text = subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-noout", "-text", "-in", str(fetched)],
        check=True, capture_output=True, text=True, timeout=LIMIT,
    ).stdout  # fmt: skip
    theirs = {int(line.split()[-1], 16) for line in text.splitlines() if "Serial Number:" in line}
    assert theirs
    assert len(index) == len(theirs)
    assert all(index.find(serial) for serial in theirs)
