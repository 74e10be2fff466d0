"""Who the holder is, as far as a certificate can say."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.x509.oid import NameOID, ObjectIdentifier

from cardlogin_server.certificates.directory_attributes import AttributesMalformed, Value
from cardlogin_server.certificates.families import (
    BUSINESS_NUMBER,
    CARD_ROLE,
    LAST_FOUR,
    ORGANISATION_OID,
    CardRole,
    Family,
)
from cardlogin_server.certificates.leaf import Leaf
from cardlogin_server.failures import IdentityMalformed
from cardlogin_server.identity.identifiers.agency_oid import is_agency_oid

# RFC 5280 appendix A: upper bound of a common name and of an organisation's name.
LONGEST_NAME = 64
# Control, format (which includes every bidirectional control), surrogate, line and paragraph separators.
# Private use stays: rare characters of old systems live there.
_FORBIDDEN_IN_NAMES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_CITIZEN_SERIAL = re.compile(r"[0-9]{16}")
_BUSINESS_NUMBER = re.compile(r"[0-9]{8}")
_LAST_FOUR = re.compile(r"[0-9A-Z]{4}")
_CARD_ROLE = re.compile("|".join(role.value for role in CardRole))
LONGEST_OID = 100
_BODIES = frozenset({Family.GOVERNMENT, Family.ORGANISATION})
Attributes = Mapping[str, Value]
_NAMED_BY = {Family.CITIZEN: NameOID.COMMON_NAME, Family.COMPANY: NameOID.ORGANIZATION_NAME}


@dataclass(frozen=True, slots=True)
class Identity:
    """The holder of a verified certificate.

    ``subject_serial`` is the 16-digit number of a citizen, the business number (統一編號) of a company, or the
    object identifier of an agency or organisation; ``last_four`` are the last characters of a citizen's ID: they
    confirm what a person typed and identify nobody. ``card_role`` is None where the certificate says nothing.
    """

    family: Family
    holder_name: str
    subject_serial: str
    last_four: str | None
    business_number: str | None
    certificate_der: bytes
    certificate_sha256: str
    not_after: datetime
    organisation_oid: str | None = None
    card_role: CardRole | None = None

    @property
    def binding_key(self) -> str:
        """The key that links an account to the holder: family, colon, number. Never made of name and last four."""
        return f"{self.family.value}:{self.business_number or self.organisation_oid or self.subject_serial}"

    @property
    def mobile(self) -> bool:
        """Whether the key lives in a telephone (行動憑證) and not in a card."""
        return self.card_role is CardRole.MOBILE

    @property
    def secondary(self) -> bool:
        """Whether it is a further card (附卡) of a holder; a company's mobile certificate always is one."""
        return self.card_role is CardRole.SECONDARY or (self.mobile and self.family is Family.COMPANY)

    def claims(self) -> dict[str, object]:
        """The holder in the words of OpenID Connect (Core 1.0 section 5.1; RFC 8176), ready for ``json.dumps``.

        ``sub`` is the binding key. Members without a value are left out; ``certificate_not_after`` is in seconds
        since 1970. The certificate itself is not among them.
        """
        found: dict[str, object | None] = {
            "sub": self.binding_key,
            "name": self.holder_name,
            "amr": ["pop"] if self.mobile else ["pop", "sc"],
            "card_family": self.family.value,
            "card_role": self.card_role.value if self.card_role else None,
            "subject_serial": self.subject_serial,
            "national_id_last_four": self.last_four,
            "business_number": self.business_number,
            "organisation_oid": self.organisation_oid,
            "certificate_sha256": self.certificate_sha256,
            "certificate_not_after": int(self.not_after.timestamp()),
        }
        return {name: value for name, value in found.items() if value is not None}


def read_identity(leaf: Leaf, family: Family) -> Identity:
    """The holder named by a certificate of that family (GPKI certificate profile). Raises IdentityMalformed."""
    attributes = leaf.attributes()
    business_number = _business_number(leaf, attributes) if family is Family.COMPANY else None
    organisation = _organisation_oid(attributes) if family in _BODIES else None
    citizen = family is Family.CITIZEN
    return Identity(
        family=family,
        holder_name=_body_name(leaf) if family in _BODIES else _name(leaf, _NAMED_BY[family]),
        subject_serial=business_number or organisation or _citizen_serial(leaf),
        last_four=_attribute(attributes, LAST_FOUR, _LAST_FOUR) if citizen else None,
        business_number=business_number,
        certificate_der=leaf.der,
        certificate_sha256=hashlib.sha256(leaf.der).hexdigest(),
        not_after=leaf.certificate.not_valid_after_utc,
        organisation_oid=organisation,
        card_role=_card_role(attributes),
    )


def _name(leaf: Leaf, kind: ObjectIdentifier) -> str:
    return _clean(_subject(leaf, kind))


def _body_name(leaf: Leaf) -> str:
    """The innermost organisation or unit: agencies are named from the outermost one down."""
    kinds = (NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
    names = [part.value for part in leaf.certificate.subject if part.oid in kinds]
    if not names or not isinstance(names[-1], str):
        raise IdentityMalformed("organisation's name is missing")
    return _clean(names[-1])


def _clean(name: str | None) -> str:
    if name is None or not 1 <= len(name) <= LONGEST_NAME or name != name.strip():
        raise IdentityMalformed("holder's name is missing, too long or padded")
    if any(unicodedata.category(character) in _FORBIDDEN_IN_NAMES for character in name):
        raise IdentityMalformed("holder's name has invisible characters")
    return name


def _citizen_serial(leaf: Leaf) -> str:
    serial = _subject(leaf, NameOID.SERIAL_NUMBER)
    if serial is None or not _CITIZEN_SERIAL.fullmatch(serial):
        raise IdentityMalformed("subject serial number is not 16 digits")
    return serial


def _business_number(leaf: Leaf, attributes: Attributes) -> str:
    number = _attribute(attributes, BUSINESS_NUMBER, _BUSINESS_NUMBER)
    if number is None:
        raise IdentityMalformed("business number is missing")
    # Older company certificates have no subject serial number; where there is one it must agree.
    if _subject(leaf, NameOID.SERIAL_NUMBER) not in (None, number):
        raise IdentityMalformed("business number and subject serial number disagree")
    return number


def _organisation_oid(attributes: Attributes) -> str:
    value = attributes.get(ORGANISATION_OID)
    if value is None:
        raise IdentityMalformed("organisation's object identifier is missing")
    try:
        dotted = value.oid()
    except AttributesMalformed as error:
        raise IdentityMalformed(f"organisation's object identifier: {error}") from error
    if not is_agency_oid(dotted) or len(dotted) > LONGEST_OID:
        raise IdentityMalformed("organisation's object identifier is not one of Taiwan's")
    return dotted


def _card_role(attributes: Attributes) -> CardRole | None:
    text = _attribute(attributes, CARD_ROLE, _CARD_ROLE)
    return None if text is None else CardRole(text)


def _attribute(attributes: Attributes, oid: str, shape: re.Pattern[str]) -> str | None:
    value = attributes.get(oid)
    if value is None:
        return None
    try:
        text = value.text()
    except AttributesMalformed as error:
        raise IdentityMalformed(f"attribute {oid}: {error}") from error
    if not shape.fullmatch(text):
        raise IdentityMalformed(f"attribute {oid} has an unexpected form")
    return text


def _subject(leaf: Leaf, kind: ObjectIdentifier) -> str | None:
    found = leaf.certificate.subject.get_attributes_for_oid(kind)
    if len(found) > 1:
        raise IdentityMalformed(f"subject has {len(found)} values of {kind.dotted_string}")
    if not found:
        return None
    value = found[0].value
    if not isinstance(value, str):
        raise IdentityMalformed(f"subject's {kind.dotted_string} is not a text")
    return value
