"""Two servers on two ports with one database and one cache: what is begun on one is finished on the other."""

import contextlib
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.portal.conftest import PASSWORD
from tests.portal.data.person import HOST, Page, Person
from tests.portal.pki import Card, ListServer, Pki
from tests.portal.registration.walk import ACCOUNT, BASIC, CONSENT, MAIL, RESCUE, link_in
from tests.portal.registration.walk import PASSWORD as NEW_PASSWORD
from tests.portal.test_configuration import demo_environment, run
from tests.portal.test_serving import Visitor, free_port, start, tls  # noqa: F401
from tests.stand.parts import start_sender
from tests.stand.waiting import LIMIT, wait_until

pytestmark = pytest.mark.slow
ORIGIN = f"https://{HOST}"


@dataclass
class Office:
    """The two workers, what they share, and a card whose revocation list only this office's server has."""

    first: int
    second: int
    environment: dict[str, str]
    certificate: Path
    lists: ListServer
    card: Card

    def person(self) -> Person:
        """Somebody with a browser of their own, on the log-in page of the first worker."""
        made = Person(self.certificate)
        assert made.get(self.first, "/accounts/login/").status == 200
        return made

    def ask(self, code: str) -> str:
        """What a line of Python in the portal's shell prints."""
        done = run(self.environment, "shell", "--no-imports", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def office(tmp_path: Path, pki: Pki, tls: Path) -> Iterator[Office]:  # noqa: F811
    """Both workers, running, with the account wang0001 and its card; ended afterwards."""
    with ListServer() as lists, contextlib.ExitStack() as stops:
        lists.content = pki.revocation_list()
        thread = threading.Thread(target=lists.serve_forever)
        thread.start()
        stops.callback(thread.join)
        stops.callback(lists.shutdown)
        card = pki._card(list_url=f"http://{lists.host}/complete.crl")
        environment = demo_environment(tmp_path, pki) | {"CARDLOGIN_CRL_HOSTS": lists.host}
        _prepare(environment, tmp_path, card)
        ports = [free_port(), free_port()]
        for port in ports:
            process = start(environment, tls, port)
            stops.callback(_end, process)
        settings = {"DJANGO_SETTINGS_MODULE": "portal.settings.demo"}
        stops.callback(start_sender(environment | settings, tmp_path / "logs").stop)
        for port in ports:
            Visitor(tls, port).wait()
        yield Office(ports[0], ports[1], environment, tls / "tls.crt", lists, card)


def _prepare(environment: dict[str, str], folder: Path, card: Card) -> None:
    assert run(environment, "migrate", "--verbosity", "0").returncode == 0
    (folder / "card.cer").write_bytes(card.der)
    account = ("--account", "wang0001", "--password", PASSWORD, "--certificate", str(folder / "card.cer"))
    assert run(environment, "prepare_demo", *account).returncode == 0


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    _, said = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, said
    assert "Traceback" not in said, said


def _send(person: Person, port: int, challenge: str, token: str) -> Page:
    return person.post(port, "/accounts/card/login/", challenge=challenge, token=token)


def _code(page: Page) -> str:
    found = re.search(r'data-code="([a-z_]+)"', page.text)
    return found[1] if found else ""


def test_card_log_in_begun_on_one_and_finished_on_the_other(office: Office) -> None:
    person = office.person()
    challenge = json.loads(person.challenge(office.first).text)["challenge"]
    token = office.card.token(challenge, ORIGIN)
    assert _send(person, office.second, challenge, token).location == "/member/"
    for port in (office.first, office.second):
        page = person.get(port, "/member/")
        assert page.status == 200
        assert 'data-method="card"' in page.text

    # The challenge is spent on both, whoever sends it.
    for port in (office.first, office.second):
        thief = office.person()
        again = thief.follow(port, _send(thief, port, challenge, token))
        assert _code(again) == "challenge_session"

    # The list was fetched once: with nobody to ask, the other worker knows it as well.
    office.lists.content = b""
    other = office.person()
    challenge = json.loads(other.challenge(office.second).text)["challenge"]
    assert _send(other, office.first, challenge, office.card.token(challenge, ORIGIN)).location == "/member/"

    # Logged out on one is logged out on the other.
    person.get(office.first, "/accounts/logout/")
    person.post(office.first, "/accounts/logout/")
    assert person.get(office.second, "/member/").status == 302


def test_registration_begun_on_one_and_finished_on_the_other(office: Office) -> None:
    person = Person(office.certificate)
    turns = [office.second, office.first]
    person.get(office.first, "/accounts/register/")
    page = person.follow(office.second, person.post(office.first, "/accounts/register/", choice="member"))
    for step, fields in enumerate((ACCOUNT, BASIC, RESCUE, None, CONSENT), 1):
        here, next_one = turns[step % 2], turns[(step + 1) % 2]
        answers = fields or _captcha(office, page)
        sent = person.post(here, f"/accounts/register/{step}/", **_stamp(page), **answers)
        assert sent.status == 302, sent.text
        page = person.follow(next_one, sent)
        assert page.status == 200
    assert MAIL in page.text

    box = "from portal.messages.models import OutboxMessage as M; print(*M.objects.values_list('body', flat=True))"
    wait_until(lambda: "https://" in office.ask(box))
    link = link_in(office.ask(box).replace(ORIGIN, "https://portal.test"))
    assert person.get(office.first, link).status == 200
    assert person.post(office.second, link).status == 302
    person.get(office.second, "/accounts/login/")
    done = person.post(office.first, "/accounts/login/", login=ACCOUNT["account"], password=NEW_PASSWORD)
    assert done.location == "/member/"


def _stamp(page: Page) -> dict[str, str]:
    return {name: _hidden(page, name) for name in ("draft", "turn")}


def _hidden(page: Page, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def _captcha(office: Office, page: Page) -> dict[str, str]:
    key = _hidden(page, "captcha_key")
    answer = office.ask(f"from captcha.models import CaptchaStore as C; print(C.objects.get(hashkey={key!r}).response)")
    return {"captcha_key": key, "captcha": answer}


def test_wrong_passwords_are_counted_across_both(office: Office) -> None:
    def sent(password: str, port: int) -> Page:
        person = office.person()
        return person.post(port, "/accounts/login/", login="wang0001", password=password)

    assert sent(PASSWORD, office.second).location == "/member/"
    for port in (office.first, office.second, office.first):
        assert _code(sent("wrong-password-1", port)) == "password_wrong"
    # Three in all, though the second worker has seen one: now it asks for a captcha, even with the right password.
    for port in (office.second, office.first):
        assert _code(sent(PASSWORD, port)) == "captcha_needed"
    # And a card opens the account all the same.
    person = office.person()
    challenge = json.loads(person.challenge(office.second).text)["challenge"]
    assert _send(person, office.first, challenge, office.card.token(challenge, ORIGIN)).location == "/member/"


def test_requests_of_one_session_are_counted_across_both(office: Office) -> None:
    person = office.person()
    ports = (office.first, office.second)
    # The first makes the session that is counted.
    answers = [person.challenge(ports[number % 2]).status for number in range(61)]
    assert answers == [200] * 61
    assert [person.challenge(port).status for port in ports] == [429, 429]
