"""Holders' names and numbers, as certificates may try to give them."""

import hashlib
import json

import pytest
from cryptography.x509 import Name, NameAttribute
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID, ObjectIdentifier

from cardlogin_server.certificates.families import CardRole, Family, family_of_subject_type, issues_for
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.failures import IdentityMalformed
from cardlogin_server.identity.identity import Identity, read_identity
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import Profile, attribute, attributes, citizen_name, issue, subject_type, utf8


def identity(profile: Profile, family: Family = Family.CITIZEN) -> Identity:
    return read_identity(read_leaf(issue(profile).der), family)


def citizen(name: str = "王小明", serial: str = "0000000112345678") -> Identity:
    return identity(Profile(subject=citizen_name(name, serial)))


def test_all_facts_of_a_citizen() -> None:
    card = issue()
    found = read_identity(read_leaf(card.der), Family.CITIZEN)
    assert found == Identity(
        family=Family.CITIZEN,
        holder_name="王小明",
        subject_serial="0000000112345678",
        last_four="6789",
        business_number=None,
        certificate_der=card.der,
        certificate_sha256=hashlib.sha256(card.der).hexdigest(),
        not_after=Profile().not_after,
    )


@pytest.mark.parametrize("name", ["林美玲", "𠮷野", "\ue000小明", "瓦歷斯．諾幹", "José 王", "王" * 21, "葛\U000e0100"])
def test_names_that_people_have(name: str) -> None:
    assert citizen(name).holder_name == name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("王\u202e小明", id="right_to_left_override"),
        pytest.param("王\u2066小明\u2069", id="isolates"),
        pytest.param("王\u200b小明", id="zero_width_space"),
        pytest.param("王小明\ufeff", id="byte_order_mark"),
        pytest.param("王\0小明", id="nul"),
        pytest.param("王\n小明", id="line_end"),
        pytest.param("王\u0085小明", id="next_line"),
        pytest.param("王\u2028小明", id="line_separator"),
        pytest.param("王\x1b[31m小明", id="escape"),
        pytest.param("\u00ad王小明", id="soft_hyphen"),
        pytest.param(" 王小明", id="padded"),
        pytest.param("王小明\u3000", id="padded_with_full_width_space"),
        pytest.param(" ", id="blank"),
    ],
)
def test_name_with_control_or_direction_characters(name: str) -> None:
    with pytest.raises(IdentityMalformed):
        citizen(name)


@pytest.mark.parametrize("serial", ["000000011234567", "00000001123456789", "000000011234567A", "0000 0001234567"])
def test_serial_number_of_another_form(serial: str) -> None:
    with pytest.raises(IdentityMalformed):
        citizen(serial=serial)


@pytest.mark.parametrize("serial", ["０００００００１１２３４５６７８", "0000000112345678\n"])
def test_serial_number_in_another_string_type(serial: str) -> None:
    odd = NameAttribute(NameOID.SERIAL_NUMBER, serial, _ASN1Type.UTF8String)
    with pytest.raises(IdentityMalformed):
        identity(Profile(subject=Name([*pki.name((NameOID.COMMON_NAME, "王小明")), odd])))


@pytest.mark.filterwarnings("ignore:Attribute's length")
@pytest.mark.parametrize(("length", "fits"), [(22, True), (64, True), (65, False)])
def test_long_name(length: int, fits: bool) -> None:
    # PyCA counts bytes where the standard counts characters, and warns about Chinese names of 22 and more.
    long = NameAttribute(NameOID.COMMON_NAME, "王" * length, _ASN1Type.UTF8String, _validate=False)
    number = NameAttribute(NameOID.SERIAL_NUMBER, "0000000112345678")
    profile = Profile(subject=Name([long, number]))
    if fits:
        assert identity(profile).holder_name == "王" * length
    else:
        with pytest.raises(IdentityMalformed):
            identity(profile)


def test_subject_without_serial_number() -> None:
    with pytest.raises(IdentityMalformed):
        identity(Profile(subject=pki.name((NameOID.COMMON_NAME, "王小明"))))


def test_subject_without_name() -> None:
    with pytest.raises(IdentityMalformed):
        identity(Profile(subject=pki.name((NameOID.SERIAL_NUMBER, "0000000112345678"))))


@pytest.mark.parametrize("kind", [NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER])
def test_subject_with_two_of_a_kind(kind: ObjectIdentifier) -> None:
    twice = Name([*citizen_name(), NameAttribute(kind, "0000000187654321")])
    with pytest.raises(IdentityMalformed):
        identity(Profile(subject=twice))


@pytest.mark.parametrize("text", ["", "678", "67890", "67 9", "６７８９", "678x"])
def test_last_four_of_another_form(text: str) -> None:
    bad = attributes(subject_type(pki.CITIZEN_TYPE), attribute("2.16.886.1.100.2.51", utf8(text)))
    with pytest.raises(IdentityMalformed):
        identity(Profile(attributes=bad))


def test_last_four_of_another_type() -> None:
    bad = attributes(attribute("2.16.886.1.100.2.51", pki.oid("2.5.29.9")))
    with pytest.raises(IdentityMalformed):
        identity(Profile(attributes=bad))


def test_citizen_without_last_four() -> None:
    assert identity(Profile(attributes=attributes(subject_type(pki.CITIZEN_TYPE)))).last_four is None


def test_company_without_subject_serial_number() -> None:
    found = identity(pki.company(pki.company_name(serial=None)), Family.COMPANY)
    assert found.business_number == found.subject_serial == pki.BUSINESS_NUMBER
    assert found.binding_key == f"moeaca:{pki.BUSINESS_NUMBER}"


def test_company_whose_two_numbers_disagree() -> None:
    with pytest.raises(IdentityMalformed):
        identity(pki.company(pki.company_name(serial="04595257")), Family.COMPANY)


def test_company_without_business_number() -> None:
    with pytest.raises(IdentityMalformed):
        identity(pki.company(attributes=attributes(subject_type(pki.COMPANY_TYPE))), Family.COMPANY)


# Card roles, agencies and organisations, the claims for others

ROLE, ORGANISATION_OID = "2.16.886.1.100.2.2", "2.16.886.1.100.2.102"
AGENCY = "2.16.886.101.20003.20001"


def printable(text: str) -> bytes:
    return pki.der(0x13, text.encode())


def with_role(text: str, family: Family) -> Identity:
    number = attribute("2.16.886.1.100.2.101", utf8(pki.BUSINESS_NUMBER))
    role = attributes(attribute(ROLE, printable(text)), number)
    profile = Profile(attributes=role) if family is Family.CITIZEN else pki.company(attributes=role)
    return identity(profile, family)


@pytest.mark.parametrize(
    ("text", "family", "role", "secondary", "mobile"),
    [
        ("primary", Family.COMPANY, CardRole.PRIMARY, False, False),
        ("secondary", Family.COMPANY, CardRole.SECONDARY, True, False),
        ("mobile", Family.COMPANY, CardRole.MOBILE, True, True),
        ("mobile", Family.CITIZEN, CardRole.MOBILE, False, True),
    ],
)
def test_card_role(text: str, family: Family, role: CardRole, secondary: bool, mobile: bool) -> None:
    found = with_role(text, family)
    assert (found.card_role, found.secondary, found.mobile) == (role, secondary, mobile)


@pytest.mark.parametrize("text", ["", "Primary", "primary ", "tertiary", "primary|secondary"])
def test_card_role_that_is_not_known(text: str) -> None:
    with pytest.raises(IdentityMalformed):
        with_role(text, Family.COMPANY)


def test_card_that_says_nothing_of_its_role() -> None:
    assert identity(Profile()).card_role is None
    assert not identity(Profile()).secondary


def body(value: bytes | None = None, *units: str) -> Profile:
    """An agency's or organisation's certificate."""
    members = [] if value == b"" else [attribute(ORGANISATION_OID, pki.oid(AGENCY) if value is None else value)]
    parts = [(NameOID.ORGANIZATION_NAME, "行政院"), *((NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units)]
    return Profile(subject=pki.name(*parts), attributes=attributes(*members))


@pytest.mark.parametrize("family", [Family.GOVERNMENT, Family.ORGANISATION])
def test_organisation_is_known_by_its_object_identifier(family: Family) -> None:
    found = identity(body(None, "內政部"), family)
    assert found.organisation_oid == found.subject_serial == AGENCY
    assert found.binding_key == f"{family.value}:{AGENCY}"
    assert found.holder_name == "內政部"
    assert identity(body(), family).holder_name == "行政院"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="missing"),
        pytest.param(utf8(AGENCY), id="text"),
        pytest.param(pki.oid("2.16.887.1"), id="another_country"),
        pytest.param(pki.oid("2.16.886"), id="the_country_itself"),
        pytest.param(pki.oid("2.16.886" + ".123456789" * 12), id="long"),
    ],
)
def test_organisation_identifier_that_is_none(value: bytes) -> None:
    with pytest.raises(IdentityMalformed):
        identity(body(value), Family.GOVERNMENT)


def test_organisation_without_a_name() -> None:
    nameless = Profile(subject=citizen_name(), attributes=attributes(attribute(ORGANISATION_OID, pki.oid(AGENCY))))
    with pytest.raises(IdentityMalformed):
        identity(nameless, Family.ORGANISATION)


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("1.1", Family.CITIZEN), ("2.2.1.1", Family.COMPANY), ("2.3.1", Family.COMPANY), ("2.3.3.1", Family.COMPANY),
        ("2.1.1", Family.GOVERNMENT), ("2.1.2", Family.GOVERNMENT), ("2.11", Family.ORGANISATION),
        ("1.7", None), ("2.21", None), ("3.1", None),
    ],
)  # fmt: skip
def test_family_of_subject_type(kind: str, family: Family | None) -> None:
    assert family_of_subject_type(f"2.16.886.1.100.3.{kind}") is family


@pytest.mark.parametrize("family", list(Family))
def test_authority_issues_for_its_own_family_only(family: Family) -> None:
    units = ["內政部憑證管理中心", "工商憑證管理中心", "政府憑證管理中心", "組織及團體憑證管理中心"]
    made = [pki.make_authority("moica", pki.ca_name(unit), None).certificate for unit in units]
    assert [issues_for(authority, family) for authority in made] == [family is other for other in Family]


def test_test_authority_of_the_government_is_not_the_government() -> None:
    authority = pki.make_authority("moica", pki.ca_name("政府測試憑證管理中心"), None).certificate
    assert not any(issues_for(authority, family) for family in Family)


def test_claims_of_a_citizen() -> None:
    found = identity(Profile())
    assert json.loads(json.dumps(found.claims())) == {
        "sub": "moica:0000000112345678",
        "name": "王小明",
        "amr": ["pop", "sc"],
        "card_family": "moica",
        "subject_serial": "0000000112345678",
        "national_id_last_four": "6789",
        "certificate_sha256": found.certificate_sha256,
        "certificate_not_after": int(Profile().not_after.timestamp()),
    }


def test_claims_of_a_company_and_of_a_telephone() -> None:
    claims = with_role("mobile", Family.COMPANY).claims()
    assert (claims["business_number"], claims["card_role"], claims["amr"]) == (pki.BUSINESS_NUMBER, "mobile", ["pop"])
