"""Object identifiers of agencies and organisations below 2.16.886, Taiwan's."""

import re
from collections.abc import Mapping
from typing import Final

_SHAPE: Final = re.compile(r"2\.16\.886(\.(0|[1-9][0-9]*))+")


def is_agency_oid(text: str) -> bool:
    """Whether it is a dotted object identifier below 2.16.886."""
    return bool(_SHAPE.fullmatch(text))


def name_of(oid: str, names: Mapping[str, str]) -> str | None:
    """The name of the agency, or of the nearest one above it that the table has; None without one."""
    while oid:
        if oid in names:
            return names[oid]
        oid = oid.rpartition(".")[0]
    return None
