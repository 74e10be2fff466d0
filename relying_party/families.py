"""The families of card holders, and by which object identifiers and authorities they are known (GPKI profile)."""

from enum import Enum

from cryptography import x509
from cryptography.x509.oid import NameOID

SUBJECT_TYPE = "2.16.886.1.100.2.1"
LAST_FOUR = "2.16.886.1.100.2.51"
BUSINESS_NUMBER = "2.16.886.1.100.2.101"


class Family(Enum):
    """Who issued the card to whom; the value begins the key by which an account is bound."""

    CITIZEN = "moica"
    COMPANY = "moeaca"


_SUBJECT_TYPES = {
    "2.16.886.1.100.3.1.1": Family.CITIZEN,
    "2.16.886.1.100.3.2.2.1.1": Family.COMPANY,
}
_ISSUER_UNITS = {
    Family.CITIZEN: "內政部憑證管理中心",
    Family.COMPANY: "工商憑證管理中心",
}


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
