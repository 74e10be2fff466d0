"""Revocation in figures: a list of 412,000 entries indexed, looked up, shared; comparators in the same run."""

import asyncio
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext

from cardlogin_server.revocation.crl import read_list
from cardlogin_server.revocation.crl_der import SEQUENCE, enter, find_parts
from cardlogin_server.revocation.index_folder import FolderIndexStore
from cardlogin_server.revocation.index_store import ListKey
from tests.dev.rows import Row
from tests.stand.parts import ROOT
from tests.unit.cardlogin_server.pki import COMPLETE, NOW, Card, Profile, der, issue, moica, oid, root, rsa_key
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, List, complete

ENTRIES, SMALL = 412_000, 20_600
RUNS, LOOK_UPS, WORKERS = 5, 2_000, 2

# A worker process: what it adds to its own memory by opening the index and asking for many certificates.
_WORKER = """
import random, re, sys
from pathlib import Path
from cardlogin_server.revocation.index_folder import FolderIndexStore
from cardlogin_server.revocation.index_store import ListKey
store = FolderIndexStore(sys.argv[1])
index = store.open(ListKey(bytes.fromhex(sys.argv[2]), sys.argv[3]))
chosen = random.Random(7)
for _ in range(20_000):
    index.find(chosen.getrandbits(127))
print("ready", flush=True)
sys.stdin.readline()
part = Path("/proc/self/smaps").read_text().split(".index\\n")[1].split("VmFlags")[0]
print(*(re.search(rf"^{name}: +(\\d+)", part, re.M)[1] for name in ("Rss", "Private_Dirty", "Pss")), flush=True)
sys.stdin.readline()
"""

# A process that builds the index of a list, as a worker does in which a log-in finds no fresh one.
_BUILDER = """
import re, sys
from datetime import datetime
from pathlib import Path
from cryptography import x509
from cardlogin_server.revocation.crl import read_list
issuer = x509.load_der_x509_certificate(Path(sys.argv[2]).read_bytes())
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
read_list(Path(sys.argv[1]).read_bytes(), sys.argv[3], issuer, datetime.fromisoformat(sys.argv[4]))
print(peak() - before)
"""


def rows() -> list[Row]:
    """The rows about revocation lists for ``./dev bench server``."""
    print(f"bench: revocation list of {ENTRIES:,} entries …", flush=True)
    chosen = random.Random(1)
    serials = [chosen.getrandbits(126) | 1 << 126 for _ in range(ENTRIES)]
    content = make_list(serials)
    with tempfile.TemporaryDirectory(prefix="cardlogin-bench-") as name:
        folder = Path(name)
        building = _building(content, folder)
        return [*building, *_looking_up(content, serials, folder), *_memory(folder)]


def make_list(serials: list[int]) -> bytes:
    """A signed complete list of these certificates; PyCA's builder would take minutes for so many."""
    model = complete(revoked=((1, COMPROMISE),))
    parts = find_parts(model)
    start, end = parts.entries
    signed_at, signed_end = parts.signed
    inside = enter(model, signed_at, signed_end, SEQUENCE)[0]
    # The model's one entry has a serial number of one byte, and both lengths before it are of one byte.
    rest = model[start + 5 : end]
    entries = b"".join(der(SEQUENCE, b"\x02\x10", serial.to_bytes(16), rest) for serial in serials)
    signed = _sequence(model[inside : start - 2], _sequence(entries), model[end:signed_end])
    signature = rsa_key("moica").sign(signed, padding.PKCS1v15(), hashes.SHA256())
    algorithm = der(SEQUENCE, oid("1.2.840.113549.1.1.11"), der(0x05))
    return _sequence(signed, algorithm, der(0x03, b"\0", signature))


def _sequence(*contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((SEQUENCE, 0x80 + len(size))) + size + content


def _key() -> ListKey:
    return ListKey(moica().key_identifier, COMPLETE)


def _times(once: Callable[[], object], runs: int = RUNS) -> list[float]:
    found = []
    for _ in range(runs):
        begun = time.perf_counter()
        once()
        found.append(time.perf_counter() - begun)
    return found


def _building(content: bytes, folder: Path) -> list[Row]:
    store, issuer = FolderIndexStore(folder / "lists"), moica().certificate

    def build() -> None:
        found = read_list(content, COMPLETE, issuer, NOW)
        if len(store.replace(_key(), found.packed)) != ENTRIES:
            raise SystemExit("bench: the index is not whole")

    def pyca() -> None:
        loaded = x509.load_der_x509_crl(content)
        if not loaded.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
            raise SystemExit("bench: the list is not signed")
        table = {entry.serial_number: (entry.revocation_date_utc, entry.extensions) for entry in loaded}
        if len(table) != ENTRIES:
            raise SystemExit("bench: the table is not whole")

    ours, theirs = _times(build), _times(pyca, 2)
    size = (folder / "lists" / f"{_key().name}.index").stat().st_size / 2**20
    built = Row(f"list of {ENTRIES:,}: verified, index on disk", "s", ours, 2)
    return [
        Row(built.name, "s", ours, 2, "PyCA into a dict", built.median / min(theirs)),
        Row("  PyCA: verified, read into a dict", "s", theirs),
        Row("  list, size", "MiB", [len(content) / 2**20]),
        Row("  index on disk, size", "MiB", [size], 16),
    ]


def _looking_up(content: bytes, serials: list[int], folder: Path) -> list[Row]:
    store, chosen = FolderIndexStore(folder / "lists"), random.Random(3)
    wanted = [chosen.choice(serials) for _ in range(LOOK_UPS // 2)]
    wanted += [chosen.getrandbits(127) for _ in range(LOOK_UPS // 2)]

    key = _key()

    def look_up() -> None:
        # As a log-in does it: is the file still the same, then the search.
        found = 0
        for serial in wanted:
            index = store.open(key)
            found += index is not None and index.find(serial) is not None
        if found < LOOK_UPS // 2:
            raise SystemExit("bench: a certificate was not found")

    ours = [value * 1e6 / LOOK_UPS for value in _times(look_up)]
    loaded = x509.load_der_x509_crl(content)
    linear = _times(lambda: loaded.get_revoked_certificate_by_serial_number(chosen.getrandbits(127)), 5)
    card = issue(Profile(addresses=(COMPLETE,)))
    (folder / "list.crl").write_bytes(content)
    small = make_list(serials[:SMALL])
    times = ENTRIES // SMALL
    look = Row("  look-up (file checked, half of them found)", "us", ours, 20)
    return [
        Row(look.name, "us", ours, 20, "PyCA's look-up", look.median / (min(linear) * 1e6)),
        Row("  PyCA: look-up of one not listed", "us", [value * 1e6 for value in linear]),
        Row("  openssl verify -crl_check, whole process", "s", _times(_openssl(folder, card), 3)),
        Row(f"  certvalidator: 1/{times} of the list, times {times}", "s",
            [value * times for value in _times(_certvalidator(card, small), 3)]),
    ]  # fmt: skip


def _openssl(folder: Path, card: Card) -> Callable[[], None]:
    _pem(folder / "ca.pem", root().certificate, moica().certificate)
    _pem(folder / "card.pem", card.certificate)
    command = ["openssl", "crl", "-inform", "DER", "-in", "list.crl", "-out", "list.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)

    def once() -> None:
        verify = ["openssl", "verify", "-crl_check", "-attime", str(int(NOW.timestamp())), "-CAfile", "ca.pem",
                  "-CRLfile", "list.pem", "card.pem"]  # fmt: skip
        subprocess.run(verify, cwd=folder, check=True, capture_output=True, timeout=120)

    return once


def _pem(path: Path, *certificates: x509.Certificate) -> None:
    path.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates))


def _certvalidator(card: Card, content: bytes) -> Callable[[], None]:
    roots = [asn1_x509.Certificate.load(root().der)]
    others = [asn1_x509.Certificate.load(moica().der)]
    crls = [content, List(issuer=root(), revoked=()).der()]

    def once() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context = ValidationContext(
                trust_roots=roots, other_certs=others, crls=crls, moment=NOW, allow_fetching=False,
                revocation_mode="hard-fail",
            )  # fmt: skip
            validator = CertificateValidator(asn1_x509.Certificate.load(card.der), validation_context=context)
            asyncio.run(validator.async_validate_usage({"digital_signature"}))  # type: ignore[no-untyped-call]

    return once


def _memory(folder: Path) -> list[Row]:
    command = [sys.executable, "-c", _WORKER, str(folder / "lists"), _key().issuer_key_id.hex(), COMPLETE]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(WORKERS)
    ]
    for worker in workers:
        _said(worker)
    found = []
    for worker in workers:
        _go_on(worker)
        found.append([int(word) / 1024 for word in _said(worker).split()])
    for worker in workers:
        _go_on(worker)
        worker.communicate(timeout=20)
    resident, private, share = (list(column) for column in zip(*found, strict=True))
    return [
        Row("  index in one worker, resident", "MiB", resident, 16),
        Row("  of that, not shared with other workers", "MiB", private, 0),
        Row(f"  share of one of {WORKERS} workers", "MiB", share),
        Row("  building process, peak for a moment", "MiB", [_peak(folder)]),
    ]


def _peak(folder: Path) -> float:
    (folder / "issuer.cer").write_bytes(moica().der)
    command = [sys.executable, "-c", _BUILDER, "list.crl", "issuer.cer", COMPLETE, NOW.isoformat()]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=60)
    return int(done.stdout) / 1024


def _said(worker: "subprocess.Popen[str]") -> str:
    if worker.stdout is None or not (line := worker.stdout.readline()):
        raise SystemExit("bench: a worker ended")
    return line


def _go_on(worker: "subprocess.Popen[str]") -> None:
    if worker.stdin is not None:
        worker.stdin.write("\n")
        worker.stdin.flush()
