"""Making the HiCOS-like driver: compiling, folders, cards from images, the command, and everyday tools that use it."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cardsim.cli import main
from cardsim.errors import SimulatorError
from cardsim.hicos import build as building
from cardsim.hicos import tokens
from cardsim.hicos.build import build, sources
from cardsim.hicos.contents import Contents, Item, card_contents
from cardsim.hicos.driver import MAX_FAULTS, MAX_SLOTS, HicosDriver
from cardsim.hicos.faults import CALLS, SlotState, hang
from tests.stand.cryptoki import Cryptoki
from tests.stand.hicos import CACHE, Class, logged_in, only_card, start_hicos, texts
from tests.stand.waiting import LIMIT

LABEL, ID = 0x03, 0x102


@pytest.fixture
def compiled(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the source that tests may change."""
    folder = tmp_path_factory.mktemp("source")
    for file in building.SOURCE.glob("*.[ch]"):
        (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(building, "SOURCE", folder)
    return folder


def test_source_has_no_warnings(tmp_path: Path) -> None:
    for source in sources():
        command = [*building.COMPILE, "-Werror", "-c", str(source), "-o", str(tmp_path / "out.o")]
        assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""
    assert not [one for one in building.SOURCE.glob("*.[ch]") if len(one.read_text().splitlines()) > 300]


def test_compiles_once_for_the_same_source(compiled: Path, tmp_path: Path) -> None:
    first = build(tmp_path)
    made = first.stat().st_mtime_ns
    assert build(tmp_path) == first
    assert first.stat().st_mtime_ns == made
    assert first.stat().st_mode & 0o777 == 0o755
    (compiled / "pin.c").write_text((compiled / "pin.c").read_text() + "/* changed */\n")
    second = build(tmp_path)
    assert second != first
    assert sorted(tmp_path.iterdir()) == sorted([first, second])  # nothing half-made is left


def test_compiled_by_two_at_once(compiled: Path, tmp_path: Path) -> None:
    made: list[Path] = []
    threads = [threading.Thread(target=lambda: made.append(build(tmp_path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made[0] == made[1]
    assert list(tmp_path.iterdir()) == [made[0]]


def test_missing_parts_are_named(compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        with pytest.raises(SimulatorError, match="install the Debian packages gcc"):
            build(tmp_path / "cache")
    with monkeypatch.context() as patch:
        patch.setattr(building, "HEADERS", str(tmp_path))
        with pytest.raises(SimulatorError, match="install the Debian package libp11-kit-dev"):
            build(tmp_path / "cache")
    (compiled / "pin.c").write_text("not C\n")
    with pytest.raises(SimulatorError, match="does not compile"):
        build(tmp_path / "cache")
    (tmp_path / "file").touch()
    with pytest.raises(SimulatorError, match="cannot write"):
        build(tmp_path / "file")


def test_python_and_c_know_the_same_functions() -> None:
    text = (building.SOURCE / "calls.h").read_text()
    assert tuple(part.split(")")[0] for part in text.split(" X(")[1:]) == CALLS


def test_contents_of_a_citizen_card(pki: Path) -> None:
    contents = card_contents(pki / "cards" / "citizen.json", pki / "cards" / "citizen2.json")
    assert [(one.key_id, one.label, one.pkcs8 is not None) for one in contents.items] == [
        ("SIGN", "cert1", True),
        ("KEYX", "cert2", True),
        ("SIGN02", "cert3", True),
        ("CACert", "CACert", False),
        ("ROOTCACert", "ROOTCACert", False),
    ]
    assert (contents.pin, contents.tries, contents.last_failure) == ("123456", 3, 0xA4)
    assert card_contents(pki / "cards" / "citizen2.json").last_failure == 0xA0


@pytest.mark.parametrize(
    ("image", "ids"),
    [
        ("empty", []),
        ("encryption-only", ["KEYX", "CACert", "ROOTCACert"]),
        ("untrusted", ["SIGN", "KEYX", "CACert"]),  # its authority signed itself
        ("company", ["SIGN", "KEYX", "CACert", "ROOTCACert"]),
    ],
)
def test_contents_of_other_cards(pki: Path, image: str, ids: list[str]) -> None:
    assert [one.key_id for one in card_contents(pki / "cards" / f"{image}.json").items] == ids


def test_image_outside_a_pki_has_no_authorities(pki: Path, tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    image = tmp_path / "cards" / "citizen.json"
    image.write_bytes((pki / "cards" / "citizen.json").read_bytes())
    assert [one.key_id for one in card_contents(image).items] == ["SIGN", "KEYX"]
    with pytest.raises(SimulatorError, match="cannot read"):
        card_contents(tmp_path / "none.json")


def test_third_certificate_and_other_keys(pki: Path, tmp_path: Path) -> None:
    """Also a card with a P-256 key and one with an RSA-3072 key: contents need no image."""
    three = card_contents(pki / "cards" / "citizen.json", pki / "cards" / "citizen2.json")
    big = rsa.generate_private_key(65537, 3072)
    driver = start_hicos(tmp_path / "hicos", three, pki / "cards" / "ec.json", _self_signed(big))
    client = Cryptoki(driver.module, driver.environment)
    try:
        session = logged_in(client)
        assert texts(client, session, Class.PRIVATE, ID) == ["KEYX", "SIGN", "SIGN02"]
        assert "cert3" in texts(client, session, Class.CERTIFICATE, LABEL)
        for slot, (name, mechanism, size) in enumerate([("ec", 0x1041, 64), ("card3", 0x1, 384)], 2):
            driver.insert(driver.cards[name], slot)
            session = logged_in(client, slot)
            (key,) = client.ok("find", session=session, kind=Class.PRIVATE)["handles"]
            client.ok("sign_init", session=session, key=key, mechanism=mechanism)
            assert client.ok("sign", session=session, data="11" * 32)["length"] == size
    finally:
        client.stop()


def _self_signed(key: rsa.RSAPrivateKey) -> Contents:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "王小明")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, SHA256()).public_bytes(Encoding.DER)
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Contents((Item("SIGN", "cert1", certificate, pkcs8),), "123456")


def test_folder_must_be_empty(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(SimulatorError, match="not empty"):
        HicosDriver(tmp_path, build(CACHE))


def test_limits_are_told(hicos: HicosDriver) -> None:
    contents = hicos.cards["citizen"].contents
    for name in ("citizen", "Citizen", "with blank", "", "x" * 33):
        with pytest.raises(SimulatorError, match="cannot be another card"):
            hicos.add(name, contents)
    with pytest.raises(SimulatorError, match="faults at once"):
        hicos.inject(*(hang("C_Sign") for _ in range(MAX_FAULTS + 1)))
    for slot in range(2, MAX_SLOTS + 1):
        hicos.place(slot, SlotState.EMPTY)
    with pytest.raises(SimulatorError, match="readers"):
        hicos.place(MAX_SLOTS + 1, SlotState.EMPTY)
    with pytest.raises(ValueError, match="0 to 15"):
        hicos.cards["citizen"].tries = 16
    with pytest.raises(TypeError):
        hicos.set(nothing=True)


def test_as_many_readers_and_faults_as_allowed(client: Cryptoki, hicos: HicosDriver) -> None:
    for slot in range(2, MAX_SLOTS + 1):
        hicos.place(slot, SlotState.VIRTUAL)
    hicos.inject(*(hang("C_WaitForSlotEvent", 999) for _ in range(MAX_FAULTS)))
    assert client.ok("slots", present=False)["ids"] == list(range(1, MAX_SLOTS + 1))
    logged_in(client)


def test_missing_softhsm_is_named(pki: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = card_contents(pki / "cards" / "citizen.json")
    driver = HicosDriver(tmp_path / "hicos", build(CACHE), softhsm=tmp_path / "none.so")
    with pytest.raises(SimulatorError, match="Debian package softhsm2"):
        driver.add("citizen", contents)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SimulatorError, match="softhsm2-util is missing"):
        tokens.make_token(driver.environment, "citizen", contents)


def test_unreadable_contents_are_told(tmp_path: Path) -> None:
    driver = HicosDriver(tmp_path / "hicos", build(CACHE))
    with pytest.raises(SimulatorError, match="token cannot be made"):
        driver.add("broken", Contents((Item("SIGN", "cert1", b"no certificate"),), "123456"))
    assert driver.cards == {}


def test_calls_are_listed_by_process(client: Cryptoki, hicos: HicosDriver) -> None:
    client.ok("slots")
    assert hicos.calls() == ["C_GetSlotList"]
    assert hicos.processes() == [client.process.pid]
    hicos.forget_calls()
    assert not hicos.calls()
    assert not hicos.processes()


def test_reset_is_as_new(client: Cryptoki, hicos: HicosDriver) -> None:
    hicos.insert(hicos.cards["citizen2"], slot=2)
    hicos.cards["citizen"].tries = 0
    hicos.set(pin_flags=True)
    hicos.inject(hang("C_Login"))
    client.ok("slots")
    hicos.reset()
    assert hicos.calls() == []
    assert client.ok("slots", present=False)["ids"] == [1]
    logged_in(client)


def test_command_prints_what_pkcs11_tool_needs(pki: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["hicos", "--image", str(pki / "cards" / "citizen.json"), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    said = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    assert Path(said["control"]).is_file()
    environment = dict([said["environment"].split("=", 1)])
    tool = ["pkcs11-tool", "--module", said["module"]]
    shown = subprocess.run([*tool, "-O"], env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, check=True)
    assert shown.stdout.count(b"Certificate Object") == 4
    assert main(command) == 2  # the folder is taken
    assert "not empty" in capsys.readouterr().err


def test_lines_that_the_help_shows(client: Cryptoki, hicos: HicosDriver, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["hicos", "--help"])
    shown = [line.split("  ")[1] for line in capsys.readouterr().out.splitlines() if line.startswith("  fault 2")]
    assert shown == ["fault 2 answer C_Login 1 0x30 the next C_Login returns CKR_DEVICE_ERROR"]
    session = client.ok("open")["session"]
    with hicos.control_file.open("a") as file:  # as somebody does with an editor
        file.write(f"{shown[0]}\nfault 1 hang C_Sign 0 0\nslot 2 exclusive\npin-codes extended\nno such word\n")
    assert client.code("login", session=session, pin="123456") == 0x30
    assert client.code("login", session=session, pin="000000") == 0xFFFFFFFF80000002
    assert client.code("token", slot=2) == 0x30


def test_pkcs11_tool_signs(hicos: HicosDriver, tmp_path: Path) -> None:
    message, signature, certificate = (tmp_path / name for name in ("message", "signature", "certificate.der"))
    message.write_bytes(b"message")
    (item, *_) = hicos.cards["citizen"].contents.items
    certificate.write_bytes(item.certificate)
    environment = {"PATH": "/usr/bin:/bin", **hicos.environment}
    tool = ["pkcs11-tool", "--module", str(hicos.module)]
    slots = subprocess.run([*tool, "-L"], env=environment, capture_output=True, check=True, text=True).stdout
    assert "HiCOS PKI Smart Card" in slots
    assert "pin min/max        : 6/8" in slots
    sign = ["--login", "--pin", "123456", "--sign", "--id", b"SIGN".hex(), "--mechanism", "SHA256-RSA-PKCS"]
    files = ["--input-file", str(message), "--output-file", str(signature)]
    subprocess.run([*tool, *sign, *files], env=environment, capture_output=True, check=True)
    openssl = ["openssl", "x509", "-inform", "DER", "-in", str(certificate), "-pubkey", "-noout"]
    (tmp_path / "key.pem").write_bytes(subprocess.run(openssl, capture_output=True, check=True).stdout)
    check = ["openssl", "dgst", "-sha256", "-verify", str(tmp_path / "key.pem"), "-signature", str(signature)]
    assert b"Verified OK" in subprocess.run([*check, str(message)], capture_output=True, check=True).stdout


def test_only_card(pki: Path, tmp_path: Path, hicos: HicosDriver) -> None:
    driver = start_hicos(tmp_path / "hicos", pki / "cards" / "empty.json", model="T7U000000000009")
    assert only_card(driver).name == "empty"
    with pytest.raises(ValueError, match="too many"):
        only_card(hicos)
    client = Cryptoki(driver.module, driver.environment)
    try:
        assert client.ok("find", session=logged_in(client), kind=Class.CERTIFICATE)["handles"] == []
        assert bytes.fromhex(client.ok("token")["model"]) == b"T7U000000000009\t"
    finally:
        client.stop()


def _python_pkcs11(hicos: HicosDriver, pin: str, *lines: str) -> str:
    """What python-pkcs11 prints, or its exception, in a process of its own."""
    start = "import sys, pkcs11\ntoken = next(pkcs11.lib(sys.argv[1]).get_tokens())\n"
    body = "".join(f"    {line}\n" for line in (f"session = token.open(user_pin={pin!r})", *lines))
    program = f"{start}try:\n{body}except pkcs11.PKCS11Error as error:\n    print(error)\n"
    command = [sys.executable, "-c", program, str(hicos.module)]
    said = subprocess.run(command, env=hicos.environment, capture_output=True, check=True, timeout=LIMIT, text=True)
    return said.stdout.strip()


def test_python_pkcs11_sees_the_tries(hicos: HicosDriver) -> None:
    assert "80000002" in _python_pkcs11(hicos, "000000")
    assert hicos.cards["citizen"].tries == 2


def test_python_pkcs11_cannot_sign_because_it_asks_for_the_length(hicos: HicosDriver) -> None:
    find = "key = next(iter(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})))"
    lines = (find, "print(len(key.sign(b'x' * 51, mechanism=pkcs11.Mechanism.RSA_PKCS)))")
    assert "Buffer was too small" in _python_pkcs11(hicos, "123456", *lines)
    hicos.set(length_query=True)
    assert _python_pkcs11(hicos, "123456", *lines) == "256"
