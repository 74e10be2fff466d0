"""Postcodes, and the counties they may belong to."""

import re
from typing import Final

_SHAPE: Final = re.compile(r"[1-9][0-9]{2}([0-9]{2,3})?")
COUNTIES: Final = (
    "臺北市", "新北市", "桃園市", "臺中市", "臺南市", "高雄市", "基隆市", "新竹市",
    "嘉義市", "新竹縣", "苗栗縣", "彰化縣", "南投縣", "雲林縣", "嘉義縣", "屏東縣",
    "宜蘭縣", "花蓮縣", "臺東縣", "澎湖縣", "金門縣", "連江縣",
)  # fmt: skip
"""All counties and cities, in the order of the county selector."""
_ZONES: Final = {
    "1": "臺北市",
    "2": "基隆市 新北市 宜蘭縣 連江縣",
    "3": "新竹市 新竹縣 桃園市 苗栗縣",
    "4": "臺中市",
    "5": "彰化縣 南投縣",
    "6": "嘉義市 嘉義縣 雲林縣",
    "7": "臺南市",
    "8": "高雄市 澎湖縣 金門縣",
    "9": "屏東縣 臺東縣 花蓮縣",
}


def is_postcode(text: str) -> bool:
    """Whether it is a postcode of 3, 5 or 6 digits."""
    return bool(_SHAPE.fullmatch(text))


def county_form(text: str) -> str | None:
    """The county in the spelling of the list (台 becomes 臺), or None when there is no such county."""
    name = text.strip().replace("台", "臺")
    return name if name in COUNTIES else None


def postcode_fits_county(postcode: str, county: str) -> bool:
    """Whether the first digit is one of the county's: a warning when not, never a refusal."""
    return is_postcode(postcode) and county in _ZONES[postcode[0]].split()
