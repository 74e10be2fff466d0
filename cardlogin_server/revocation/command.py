"""``python -m cardlogin_server crl refresh`` and ``crl status``: the lists in a folder, from a timer or by hand."""

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.certificates.path import LARGEST_FILE, Anchors, subject_key_id
from cardlogin_server.clock import Clock, utc_now
from cardlogin_server.failures import CardLoginError
from cardlogin_server.revocation.check import CrlRevocation
from cardlogin_server.revocation.index import Index
from cardlogin_server.revocation.index_folder import FolderIndexStore
from cardlogin_server.revocation.index_store import ListKey
from cardlogin_server.revocation.lists import addresses, deadline
from cardlogin_server.revocation.policy import RevocationPolicies
from cardlogin_server.revocation.refresh import Renewal, refresh

_REFRESH = """\
Fetches the revocation lists that the folder of indexes knows, and those of --certificate, verifies each (signature,
issuer, dates, number, scope) and puts the index of its serial numbers in the place of the old one. Processes that use
the folder see the new index at their next look-up. Meant for a timer, for example every 30 minutes; several at once
do no harm. Exit status: 0 every list is fresh, 1 some could not be renewed, 2 wrong use."""
_REFRESH_EXAMPLE = """\
example, the first time with a card's certificate, whose lists are then known:
  python -m cardlogin_server crl refresh --anchors trust --indexes state/lists \\
      --hosts ocsp-moica.moi.gov.tw --certificate card.cer
and from then on:
  python -m cardlogin_server crl refresh --anchors trust --indexes state/lists --hosts ocsp-moica.moi.gov.tw"""
_STATUS = """\
Shows each list in the folder: its number, how many certificates it holds, when it was made, until when it is good, the
last trouble with it. Fetches and changes nothing. Exit status: 0 every list is fresh, 1 some list is stale or there is
none, 2 wrong use."""


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds ``crl refresh`` and ``crl status`` to a command line."""
    crl = commands.add_parser("crl", help="revocation lists", description="Revocation lists and their indexes.")
    actions = crl.add_subparsers(dest="action", required=True, metavar="refresh|status")
    kind = argparse.RawDescriptionHelpFormatter
    renew = actions.add_parser(
        "refresh", help="fetch and index lists", description=_REFRESH, epilog=_REFRESH_EXAMPLE, formatter_class=kind
    )
    renew.add_argument("--anchors", required=True, metavar="FOLDER", help="holds anchors/*.cer and issuers/*.cer (DER)")
    renew.add_argument("--indexes", required=True, metavar="FOLDER", help="of the indexes; made with mode 0700")
    renew.add_argument("--hosts", required=True, help="hosts lists may be fetched from: host or host:port, by commas")
    renew.add_argument("--certificate", action="append", default=[], metavar="FILE", help="DER; its lists too")
    renew.add_argument(
        "--minutes",
        type=_minutes,
        default=60,
        help="fetch also fresh lists that were fetched longer ago (default 60; 0: all)",
    )
    show = actions.add_parser("status", help="show the indexes", description=_STATUS, formatter_class=kind)
    show.add_argument("--indexes", required=True, metavar="FOLDER", help="of the indexes")


def run(arguments: argparse.Namespace, clock: Clock = utc_now) -> int:
    """Does what the command line says and gives the exit status."""
    try:
        return _refresh(arguments, clock) if arguments.action == "refresh" else _status(arguments, clock)
    except (OSError, ValueError) as error:
        print(f"crl {arguments.action}: {error}", file=sys.stderr)
        return 2


def _minutes(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 10_080:
        raise ValueError
    return number


def _refresh(arguments: argparse.Namespace, clock: Clock) -> int:
    anchors = Anchors.from_folder(arguments.anchors)
    store = FolderIndexStore(arguments.indexes)
    hosts = frozenset(host.strip() for host in arguments.hosts.split(",") if host.strip())
    keys = [*store.known(), *_of_certificates(arguments.certificate, anchors)]
    if not keys:
        raise ValueError("no list is known yet: name a card's certificate with --certificate")
    revocation = CrlRevocation(anchors, hosts, clock=clock, store=store)
    renewals = refresh(revocation, keys, timedelta(minutes=arguments.minutes))
    for renewal in renewals:
        print(_line(renewal))
    return 1 if any(renewal.failure for renewal in renewals) else 0


def _of_certificates(files: Sequence[str], anchors: Anchors) -> list[ListKey]:
    keys = []
    for name in files:
        path = Path(name)
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"{path.name} is too large for a certificate")
        try:
            leaf = read_leaf(path.read_bytes())
            issuer = subject_key_id(anchors.issuer_of(leaf))
        except CardLoginError as error:
            raise ValueError(f"{path.name}: {error.detail}") from error
        keys += [ListKey(issuer, url) for url in addresses(leaf)]
    return keys


def _line(renewal: Renewal) -> str:
    if renewal.header is None:
        return f"FAILED {renewal.key.url}: {renewal.failure}"
    return f"fresh  {renewal.key.url}: number {renewal.header.number}, until {renewal.header.next_update.isoformat()}"


def _status(arguments: argparse.Namespace, clock: Clock) -> int:
    if not Path(arguments.indexes).is_dir():
        raise ValueError("there is no such folder of indexes")
    store = FolderIndexStore(arguments.indexes)
    opened = [(key, index) for key in store.known() if (index := store.open(key)) is not None]
    for key, index in opened:
        print(_state(key, index, store, clock))
    fresh = [_fresh(index, clock) for _, index in opened]
    print(f"{len(opened)} lists, {fresh.count(False)} stale")
    return 0 if opened and all(fresh) else 1


def _fresh(index: Index, clock: Clock) -> bool:
    return clock() < deadline(index.header, RevocationPolicies().of(index.header.issuer_key_id))


def _state(key: ListKey, index: Index, store: FolderIndexStore, clock: Clock) -> str:
    header, trouble = index.header, store.trouble(key)
    state = "fresh" if _fresh(index, clock) else "STALE"
    kind = "delta" if key.delta else "partition" if header.partition else "complete"
    words = [
        f"{state} {kind} {key.url}",
        f"  issuer key {key.issuer_key_id.hex()}, number {header.number}, {len(index)} certificates",
        f"  made {header.this_update.isoformat()}, good until {header.next_update.isoformat()}",
        f"  SHA-256 {header.list_sha256.hex()}",
    ]
    if trouble.worked_at:
        words.append(f"  fetched {trouble.worked_at.isoformat()}")
    if trouble.failures:
        words.append(f"  {trouble.failures} failures in a row, the last: {trouble.reason}")
    return "\n".join(words)
