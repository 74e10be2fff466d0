"""The families of card holders, and by which object identifiers and authorities they are known (GPKI profile)."""

from enum import Enum

from cryptography import x509
from cryptography.x509.oid import NameOID

SUBJECT_TYPE = "2.16.886.1.100.2.1"
CARD_ROLE = "2.16.886.1.100.2.2"
LAST_FOUR = "2.16.886.1.100.2.51"
BUSINESS_NUMBER = "2.16.886.1.100.2.101"
ORGANISATION_OID = "2.16.886.1.100.2.102"


class Family(Enum):
    """Who issued the card to whom; the value begins the key by which an account is bound."""

    CITIZEN = "moica"
    COMPANY = "moeaca"
    GOVERNMENT = "gca"
    ORGANISATION = "xca"


USUAL_FAMILIES = frozenset({Family.CITIZEN, Family.COMPANY})
"""What is accepted unless a portal says otherwise: a portal for people and companies is not one for agencies."""


class CardRole(Enum):
    """What a certificate says of its carrier: the holder's first card, a further one, or a telephone."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    MOBILE = "mobile"


_HOLDERS = "2.16.886.1.100.3"
_SUBJECT_TYPES = {
    f"{_HOLDERS}.1.1": Family.CITIZEN,
    f"{_HOLDERS}.2.2.1.1": Family.COMPANY,
    # A company's branch and a sole trader's business, which have a business number of their own.
    f"{_HOLDERS}.2.3.3.1": Family.COMPANY,
    f"{_HOLDERS}.2.3.1": Family.COMPANY,
    f"{_HOLDERS}.2.1.1": Family.GOVERNMENT,
    f"{_HOLDERS}.2.1.2": Family.GOVERNMENT,
    f"{_HOLDERS}.2.11": Family.ORGANISATION,
}
_ISSUER_UNITS = {
    Family.CITIZEN: "內政部憑證管理中心",
    Family.COMPANY: "工商憑證管理中心",
    Family.GOVERNMENT: "政府憑證管理中心",
    Family.ORGANISATION: "組織及團體憑證管理中心",
}


def subject_types() -> frozenset[str]:
    """Every subject type (attribute 2.16.886.1.100.2.1) whose family is known."""
    return frozenset(_SUBJECT_TYPES)


def family_of_subject_type(oid: str) -> Family | None:
    """The family of that subject type (attribute 2.16.886.1.100.2.1), or None when it is not accepted."""
    return _SUBJECT_TYPES.get(oid)


def issues_for(issuer: x509.Certificate, family: Family) -> bool:
    """Whether the authority is the one of that family, by the unit in its own, anchored name.

    Test authorities put 「(測試用) 」 or the like before the unit. Without this rule one authority's mistake
    could make keys that belong to another family.
    """
    units = issuer.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return any(str(unit.value).endswith(_ISSUER_UNITS[family]) for unit in units)
