"""./dev bench portal: whole log-ins against the served portal on PostgreSQL, by card and by password."""

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.dev.rows import Row, write_rows
from tests.portal.data.person import HOST, Page, Person
from tests.portal.pki import Card, ListServer, Pki
from tests.stand.databases import own_servers, own_stores
from tests.stand.parts import PASSWORD, ROOT, free_port, python, run, start_sender
from tests.stand.processes import Program
from tests.stand.tls import make_portal_certificate

ROUNDS = 5
PEOPLE = 50
ORIGIN = f"https://{HOST}"


@dataclass(frozen=True)
class Office:
    """The served portal: port, its certificate's root, the cards by account, one for each person, its settings."""

    port: int
    root: Path
    cards: dict[str, Card]
    environment: dict[str, str]

    def person(self) -> Person:
        """Somebody with the log-in page open."""
        made = Person(self.root)
        made.get(self.port, "/accounts/login/")
        return made


def bench() -> int:
    """Measures, prints the table and writes build/bench-portal.json.

    Portal, PostgreSQL and Redis share one core; the people are on the others.
    """
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        with own_servers(durable=True) as servers, tempfile.TemporaryDirectory(prefix="cardlogin-bench-") as folder:
            os.environ.update(servers)
            with _office(Path(folder)) as office:
                os.sched_setaffinity(0, cores - {min(cores)} or cores)
                rows = _measure(office)
    finally:
        os.sched_setaffinity(0, cores)
    print(f"\nportal, PostgreSQL and Redis on one core, TLS included, medians of {ROUNDS} rounds [p10-p90]")
    for row in rows:
        print(row.line())
    write_rows(rows, ROUNDS, "bench-portal.json")
    return 0


def _measure(office: Office) -> list[Row]:
    """Both kinds by turns, so that both see the same machine; the first round warms up and does not count."""
    # A password takes more than ten times as long: fewer of them make the same time.
    turns: dict[Way, int] = {_card: 3, _password: 1}
    rates: dict[Way, list[float]] = {_card: [], _password: []}
    times: dict[Way, list[float]] = {_card: [], _password: []}
    print(f"bench: {PEOPLE} people at once, {ROUNDS} rounds …", flush=True)
    for number in range(ROUNDS + 1):
        for way in rates:
            # As in life nobody has dozens of sessions: a log-in looks at those that are open.
            run("end_sessions", python("portal", "end_sessions", "--all"), office.environment)
            orders = [[_prepared(office, way, name) for _ in range(turns[way])] for name in office.cards]
            rate, each = _crowd(orders)
            if number:
                rates[way].append(rate)
                times[way] += each
    spread = {name: {way: _of_hundred(times[way], number) for way in times}
              for name, number in (("median", 50), ("p99", 99))}  # fmt: skip
    return [
        *_against("log-ins a second on one core", "/s", rates[_card], rates[_password]),
        *_against(f"median time, {PEOPLE} at once", "ms", *([value] for value in spread["median"].values())),
        *_against(f"p99 time, {PEOPLE} at once", "ms", *([value] for value in spread["p99"].values())),
    ]


def _against(what: str, unit: str, card: list[float], password: list[float]) -> list[Row]:
    other = Row(f"password (Argon2id), {what}", unit, password)
    return [Row(f"card, {what}", unit, card).against(other), other]


Way = Callable[[Office, str, Person], Callable[[], Page]]


def _prepared(office: Office, way: Way, account: str) -> Callable[[], None]:
    order = way(office, account, office.person())

    def once() -> None:
        if order().location != "/member/":
            raise RuntimeError("a log-in was refused")

    return once


def _card(office: Office, account: str, person: Person) -> Callable[[], Page]:
    """The challenge is fetched and signed beforehand: a card and a person would take seconds for that."""
    challenge = json.loads(person.challenge(office.port).text)["challenge"]
    token = office.cards[account].token(challenge, ORIGIN)
    return lambda: person.post(office.port, "/accounts/card/login/", challenge=challenge, token=token)


def _password(office: Office, account: str, person: Person) -> Callable[[], Page]:
    return lambda: person.post(office.port, "/accounts/login/", login=account, password=PASSWORD)


def _crowd(people: list[list[Callable[[], None]]]) -> tuple[float, list[float]]:
    """Log-ins a second, and milliseconds of each, while everybody logs in one time after the other."""

    def all_of(orders: list[Callable[[], None]]) -> list[float]:
        return [_timed(order) for order in orders]

    with ThreadPoolExecutor(len(people)) as pool:
        begun = time.perf_counter()
        times = [one for each in pool.map(all_of, people) for one in each]
        return len(times) / (time.perf_counter() - begun), times


def _timed(order: Callable[[], None]) -> float:
    begun = time.perf_counter()
    order()
    return (time.perf_counter() - begun) * 1000


def _of_hundred(times: list[float], number: int) -> float:
    return sorted(times)[len(times) * number // 100]


@contextlib.contextmanager
def _office(folder: Path) -> Iterator[Office]:
    with ListServer() as lists, contextlib.ExitStack() as stops:
        thread = threading.Thread(target=lists.serve_forever)
        thread.start()
        stops.callback(thread.join)
        stops.callback(lists.shutdown)
        pki = Pki(folder / "pki", f"http://{lists.host}")
        lists.content = pki.revocation_list()
        environment = _environment(folder, pki, lists.host)
        cards = {f"person{number:04}": pki._card(serial=f"{number:016}") for number in range(PEOPLE)}
        _prepare(environment, cards)
        make_portal_certificate(folder / "tls", "portal.test")
        port = free_port()
        certificate = folder / "tls" / "portal.pem"
        files = ("--certfile", str(certificate), "--keyfile", str(certificate.with_suffix(".key")))
        command = python("gunicorn", "-c", "python:portal.serving", "-b", f"127.0.0.1:{port}", *files, "portal.wsgi")
        program = Program.start("portal", command, logs=folder / "logs", env=environment, cwd=ROOT, ready=False)
        stops.callback(program.stop)
        stops.callback(start_sender(environment, folder / "logs").stop)
        root = folder / "tls" / "portal-root.pem"
        _wait(port, root)
        yield Office(port, root, cards, environment)


def _environment(folder: Path, pki: Pki, lists: str) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "tests.dev.bench_settings",
        "CARDLOGIN_STATE": str(folder),
        "CARDLOGIN_ORIGIN": ORIGIN,
        "CARDLOGIN_PKI": str(pki.folder),
        "CARDLOGIN_CRL_HOSTS": lists,
        "CARDLOGIN_SECRET_KEY": "bench-only-secret-0123456789-abcdefghijklmnopqrstuvwxyz",
        "CARDLOGIN_SEAL_KEY": "bench-only-sealing-0123456789-abcdefghijklmnopqrstuvwxyz",
        **own_stores(folder),
    }


def _prepare(environment: dict[str, str], cards: dict[str, Card]) -> None:
    run("migrate", python("portal", "migrate", "--verbosity", "0"), environment)
    people = [(name, f"{number:016}") for number, name in enumerate(cards)]
    code = (
        "from django.contrib.auth.hashers import make_password\n"
        "from portal.accounts.models import User\n"
        "from portal.cards.models import CardBinding\n"
        f"word = make_password({PASSWORD!r})\n"
        f"for name, serial in {people!r}:\n"
        "    user = User.objects.create(username=name, name='王小明', email=f'{name}@portal.example', password=word)\n"
        "    CardBinding.objects.create(user=user, binding_key=f'moica:{serial}', family='moica',\n"
        "                               subject_serial=serial)\n"
    )
    run("accounts", python("portal", "shell", "--no-imports", "-c", code), environment)


def _wait(port: int, root: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            Person(root).get(port, "/")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    sys.exit(bench())
