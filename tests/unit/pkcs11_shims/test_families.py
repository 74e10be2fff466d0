"""Card families by the name of their issuer."""

import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from cardlogin_server.certificates.anchors import __file__ as anchors
from pkcs11_shims.families import UNKNOWN, families, recognise
from pkcs11_shims.families import __file__ as module

ISSUERS = {
    "內政部憑證管理中心": "moica",
    "工商憑證管理中心": "moeaca",
    "組織及團體憑證管理中心": "xca",
    "政府憑證管理中心": "gca",
    "醫事憑證管理中心": "hca",
}


@pytest.mark.parametrize("unit", ISSUERS)
@pytest.mark.parametrize("before", ["", "(測試用) "])
def test_family_is_told_by_the_issuers_unit(unit: str, before: str) -> None:
    assert recognise(["行政院", before + unit]).key == ISSUERS[unit]


@pytest.mark.parametrize(
    "names",
    [
        [], [""], ["Test CA"], ["行政院"], ["假的內政部憑證管理中心"], ["內政部憑證管理中心 "], ["憑證管理中心"],
        ["政府測試憑證管理中心"], ["(測試用)內政部憑證管理中心有限公司"],
    ],
)  # fmt: skip
def test_anybody_else_is_unknown(names: list[str]) -> None:
    assert recognise(names) is UNKNOWN


@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_names_have_a_family(names: list[str]) -> None:
    assert recognise(names) in (*families(), UNKNOWN)


def test_families_have_only_official_pages() -> None:
    assert [family.key for family in families()] == ["moica", "moeaca", "xca", "gca", "hca"]
    for family in families():
        page = urlsplit(family.unlock_page)
        assert not family.unlock_page or (page.scheme == "https" and (page.hostname or "").endswith(".nat.gov.tw"))


def test_page_and_telephone_line_that_people_are_told_are_the_issuers_published_ones() -> None:
    """A number that looks like one and is none would be worse than no number."""
    told = {family.key: (family.unlock_page, family.telephone) for family in families()}
    assert told["moica"] == ("https://moica.nat.gov.tw/", "0800-080-117")
    assert told["moeaca"] == ("https://moeaca.nat.gov.tw/", "")
    assert [family.key for family in families() if family.telephone] == ["moica"]
    assert not [number for _, number in told.values() if set(number) <= set("0-") and number]


def test_what_people_are_told_has_a_source() -> None:
    table = tomllib.loads(Path(module).with_name("families.toml").read_text("utf-8"))
    assert all(row["source"] for row in table.values())


def test_real_authorities_are_recognised() -> None:
    folder = Path(anchors).parent
    for name, key in (("moica-g2", "moica"), ("moica-g3", "moica"), ("moeaca-g2", "moeaca")):
        subject = x509.load_der_x509_certificate((folder / f"{name}.cer").read_bytes()).subject
        assert recognise(str(part.value) for part in subject).key == key
