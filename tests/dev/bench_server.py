"""./dev bench server: the whole verification of a log-in beside a bare signature check and beside other libraries."""

import asyncio
import importlib
import importlib.util
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_crl
from pyhanko_certvalidator import CertificateValidator, ValidationContext

from cardlogin_server import Purpose
from cardlogin_server.answers.hipki import OldComponentVerifier
from tests.dev.rows import Row, write_rows
from tests.unit.cardlogin_server.answers.cms_building import Answer
from tests.unit.cardlogin_server.pki import NOW, PARTITION, Card, Profile, issue, moica, root
from tests.unit.cardlogin_server.revocation.crls import List
from tests.unit.cardlogin_server.site import SESSION, Site, make_token

ROUNDS = 30
BATCH = 10
LOG_INS = 600
CRL_ROWS = "tests.dev.bench_crl"
"""The module of the revocation rows: its ``rows()`` is called when it is there."""


def bench() -> int:
    """Measures, prints the table and writes build/bench-server.json."""
    both = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(both)})
    try:
        rows = [*_log_ins(), *_others()]
    finally:
        os.sched_setaffinity(0, both)
    rows += [*_throughput(), *_revocation_rows()]
    print(f"\nserver, one core, medians of {ROUNDS} rounds [p10-p90]")
    for row in rows:
        print(row.line())
    write_rows(rows, ROUNDS, "bench-server.json")
    return 0


def _each(works: list[Callable[[], object]]) -> float:
    """Microseconds per piece of work."""
    begun = time.perf_counter()
    for work in works:
        work()
    return (time.perf_counter() - begun) / len(works) * 1e6


def _log_ins() -> list[Row]:
    """Log-ins and bare signature checks by turns, so that both see the same machine."""
    print(f"bench: log-ins × {ROUNDS * BATCH} …", flush=True)
    site = Site()
    old_verifier = site.old_component()
    known = issue()
    site.log_in(known)
    bare, first, again, old = [], [], [], []
    for number in range(ROUNDS + 1):
        fresh = [issue(Profile(serial_number=1 << 64 | number * BATCH + index)) for index in range(BATCH)]
        bare.append(_each([_bare(known)] * BATCH))
        first.append(_each([_log_in(site, card) for card in fresh]))
        again.append(_each([_log_in(site, known) for _ in range(BATCH)]))
        old.append(_each([_old_log_in(site, old_verifier, known) for _ in range(BATCH)]))
    return _ratios(*(values[1:] for values in (bare, first, again, old)))


def _ratios(bare: list[float], first: list[float], again: list[float], old: list[float]) -> list[Row]:
    def ratio(values: list[float]) -> list[float]:
        return [value / statistics.median(bare) for value in values]

    return [
        Row("bare RSA-2048 verification (PyCA, OpenSSL)", "us", bare),
        Row("log-in, certificate never seen", "us", first),
        Row("  as a ratio to the bare verification", "x", ratio(first), 6),
        Row("log-in, path verified before", "us", again),
        Row("  as a ratio to the bare verification", "x", ratio(again), 3),
        Row("PKCS7 log-in, path verified before", "us", old),
    ]


def _bare(card: Card) -> Callable[[], object]:
    assert isinstance(card.key, rsa.RSAPrivateKey)
    key, message = card.key.public_key(), bytes(64)
    scheme, hash_ = padding.PKCS1v15(), hashes.SHA256()
    signature = card.key.sign(message, scheme, hash_)
    return lambda: key.verify(signature, message, scheme, hash_)


def _log_in(site: Site, card: Card) -> Callable[[], object]:
    challenge = site.issue()
    token = make_token(card, challenge)
    return lambda: site.verify(token, challenge)


def _old_log_in(site: Site, verifier: OldComponentVerifier, card: Card) -> Callable[[], object]:
    answer = Answer(card=card, challenge=site.issue())
    text = answer.text
    return lambda: verifier.verify_pkcs7(text, challenge=answer.challenge, session_id=SESSION, purpose=Purpose.LOGIN)


def _others() -> list[Row]:
    """Path and revocation only, no token, by other hands."""
    site, card = Site(), issue()
    crls = [site.web.files[PARTITION], _list_of_the_root()]
    print("bench: certvalidator and openssl …", flush=True)
    with tempfile.TemporaryDirectory(prefix="cardlogin-bench-") as folder:
        return [
            Row("pyhanko-certvalidator: path and lists, no token", "us", _times(_certvalidator(card, crls), 10)),
            Row("openssl verify -crl_check, whole process", "us", _times(_openssl(Path(folder), card, crls[0]), 10)),
            Row("openssl version, whole process", "us", _times(_run(["openssl", "version"]), 10)),
        ]


def _times(work: Callable[[], object], count: int) -> list[float]:
    work()
    return [_each([work]) for _ in range(count)]


def _list_of_the_root() -> bytes:
    return List(issuer=root(), revoked=()).der()


def _certvalidator(card: Card, crls: list[bytes]) -> Callable[[], object]:
    leaf, issuer, anchor = (asn1_x509.Certificate.load(der) for der in (card.der, moica().der, root().der))
    # One loop for all runs: making one is not what is measured.
    loop = asyncio.new_event_loop()

    def once() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context = ValidationContext(
                trust_roots=[anchor], other_certs=[issuer], moment=NOW, crls=crls, revocation_mode="hard-fail"
            )
            validator = CertificateValidator(leaf, validation_context=context)
            loop.run_until_complete(validator.async_validate_usage({"digital_signature"}))  # type: ignore[no-untyped-call]

    return once


def _openssl(folder: Path, card: Card, crl: bytes) -> Callable[[], object]:
    (folder / "root.pem").write_bytes(root().certificate.public_bytes(Encoding.PEM))
    (folder / "issuer.pem").write_bytes(moica().certificate.public_bytes(Encoding.PEM))
    (folder / "leaf.pem").write_bytes(card.certificate.public_bytes(Encoding.PEM))
    (folder / "crl.pem").write_bytes(load_der_x509_crl(crl).public_bytes(Encoding.PEM))
    return _run(["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-CAfile", str(folder / "root.pem"),
                 "-untrusted", str(folder / "issuer.pem"), "-CRLfile", str(folder / "crl.pem"), "-crl_check",
                 "-extended_crl", str(folder / "leaf.pem")])  # fmt: skip


def _run(command: list[str]) -> Callable[[], object]:
    return lambda: subprocess.run(command, check=True, capture_output=True)


def _throughput() -> list[Row]:
    return [
        Row(f"log-ins a second, {count} process{'es' if count > 1 else ''}, known cards", "/s", [_rate(count)])
        for count in (1, 2)
    ]


def _rate(processes: int) -> float:
    print(f"bench: throughput of {processes} …", flush=True)
    context = multiprocessing.get_context("spawn")
    start, finish = context.Barrier(processes + 1), context.Barrier(processes + 1)
    workers = [context.Process(target=_worker, args=(start, finish)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    start.wait(120)
    begun = time.perf_counter()
    finish.wait(120)
    elapsed = time.perf_counter() - begun
    for worker in workers:
        worker.join(60)
    return processes * LOG_INS / elapsed


def _worker(start: Barrier, finish: Barrier) -> None:
    site, card = Site(), issue()
    site.log_in(card)
    works = [_log_in(site, card) for _ in range(LOG_INS)]
    start.wait(120)
    for work in works:
        work()
    finish.wait(120)


def _revocation_rows() -> list[Row]:
    if importlib.util.find_spec(CRL_ROWS) is None:
        return []
    found: list[Row] = importlib.import_module(CRL_ROWS).rows()
    return found


if __name__ == "__main__":
    sys.exit(bench())
