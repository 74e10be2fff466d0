"""The PKI's description: what it may say, and the computed numbers."""

import re
from pathlib import Path

import pytest

from cardsim.errors import SimulatorError
from cardsim.pki.data import DEFAULT_DATA, MAX_SIZE, parse_data, read_data
from cardsim.pki.numbers import business_number, business_number_ok, guid, national_id, subject_serial
from cardsim.pki.places import Places, base_port

GOOD = DEFAULT_DATA.read_text("utf-8")
CARDS = [
    "citizen", "citizen2", "expired", "revoked", "suspended", "wrong-policy",
    "encryption-only", "company", "untrusted", "empty", "ec",
]  # fmt: skip
LETTER_VALUES = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))


def test_the_shipped_data() -> None:
    data = parse_data(GOOD.encode())
    assert list(data.cards) == CARDS
    assert data.root.name == "root"
    assert [one.name for one in data.issuing] == ["moica", "moeaca"]
    assert {card.pin for card in data.cards.values()} == {"123456"}
    assert (data.cards["citizen"].holder, data.cards["citizen2"].holder) == ("王小明", "林美玲")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('holder = "王小明"', 'holder = "王小明"\ncolour = "red"', "citizen: colour"),
        ('holder = "王小明"', "holder = 5", "citizen: holder"),
        ('holder = "王小明"', f'holder = "{"王" * 65}"', "citizen: holder"),
        ('holder = "王小明"', "", "citizen: holder is missing"),
        ('state = "revoked"', 'state = "lost"', "revoked: state"),
        ('pin = "123456"', 'pin = "12345"', "pin"),
        ("tries = 3", "tries = 0", "tries"),
        ("tries = 3", "tries = true", "tries"),
        ('key = "rsa-2048"', 'key = "rsa-1024"', "key"),
        ('policy = "2.16.886.101.0.3.0"', 'policy = "1.2"', "policy"),
        ('certificates = ["encryption"]', 'certificates = ["magic"]', "certificates"),
        ('authority = "imposter"', 'authority = "nobody"', "nobody does not issue cards"),
        ('authority = "imposter"', 'authority = "root"', "root does not issue cards"),
        ('imitates = "moica"', 'imitates = "moi"', "no issuing authority moi"),
        ('imitates = "moica"', "", "exactly one authority"),
        ('[authorities.moica]\nissuer = "root"', '[authorities.moica]\nissuer = "moeaca"', "issuer must be the root"),
        ("[cards.ec]", '[cards."../ec"]', "is not a name"),
        ("[defaults]", "[default]", "exactly the tables"),
        ("[cards.ec]", "[cards.ec", "not TOML"),
    ],
)
def test_mistakes_are_named(old: str, new: str, named: str) -> None:
    assert old in GOOD
    with pytest.raises(SimulatorError) as error:
        parse_data(GOOD.replace(old, new).encode())
    assert named in str(error.value)


@pytest.mark.parametrize("raw", [b"", b"\xff", b"authorities = 1\ncards = 2\ndefaults = 3"])
def test_nonsense_is_refused(raw: bytes) -> None:
    with pytest.raises(SimulatorError):
        parse_data(raw)


def test_files_too_large_or_missing(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="cannot read"):
        read_data(tmp_path / "none.toml")
    (tmp_path / "big.toml").write_bytes(b"#" * (MAX_SIZE + 1))
    with pytest.raises(SimulatorError, match="too large"):
        read_data(tmp_path / "big.toml")


@pytest.mark.parametrize("name", [*CARDS, *(f"card{number}" for number in range(200))])
def test_national_ids_obey_the_check_rule(name: str) -> None:
    text = national_id(name)
    assert re.fullmatch(r"[A-Z][12][0-9]{8}", text)
    value = LETTER_VALUES[text[0]]
    digits = [value // 10, value % 10, *(int(digit) for digit in text[1:])]
    assert sum(d * w for d, w in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


@pytest.mark.parametrize("name", ["company", *(f"company{number}" for number in range(100))])
def test_business_numbers_obey_the_check_rule(name: str) -> None:
    text = business_number(name)
    assert re.fullmatch(r"[0-9]{8}", text)
    assert business_number_ok(text)


@pytest.mark.parametrize(("text", "good"), [("04595257", True), ("04595258", False), ("10458574", True)])
def test_the_business_check_rule_itself(text: str, good: bool) -> None:
    assert business_number_ok(text) is good


def test_numbers_are_stable_and_differ() -> None:
    assert subject_serial("citizen") == subject_serial("citizen")
    assert len({subject_serial(name) for name in CARDS}) == len(CARDS)
    assert all(re.fullmatch(r"[0-9]{16}", subject_serial(name)) for name in CARDS)
    assert re.fullmatch(r"[0-9a-f]{32}", guid("citizen"))


def test_places() -> None:
    places = Places("http://127.0.0.1:8099", "moica", 4)
    assert places.partition(6) == "http://127.0.0.1:8099/crl/moica-03.crl"
    assert {places.partition(n) for n in range(99)} == {places.numbered(n) for n in (1, 2, 3, 4)}


@pytest.mark.parametrize(
    "url", ["", "http://127.0.0.1", "http://127.0.0.1:0", "http://127.0.0.1:65536", "https://127.0.0.1:80",
            "http://127.0.0.1:80/", "http://example.org:80", "http://127.0.0.1:80\n"]
)  # fmt: skip
def test_base_urls_name_this_machine_and_a_port(url: str) -> None:
    with pytest.raises(SimulatorError, match="base URL"):
        base_port(url)
    assert base_port("http://localhost:8099") == 8099
