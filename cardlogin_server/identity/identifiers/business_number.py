"""統一編號, the business number of companies, branches and businesses."""

import re
from typing import Final

_SHAPE: Final = re.compile(r"[0-9]{8}")
_WEIGHTS: Final = (1, 2, 1, 2, 1, 2, 4, 1)


def is_business_number(number: str) -> bool:
    """Whether the eight digits pass the rule in force since 2023-04-01 (sum divisible by five)."""
    return _passes(number, 5)


def was_business_number(number: str) -> bool:
    """Whether the eight digits pass the rule before 2023-04-01 (sum divisible by ten)."""
    return _passes(number, 10)


def _passes(number: str, divisor: int) -> bool:
    # Eight zeros pass the sum and belong to nobody.
    if not _SHAPE.fullmatch(number) or number == "00000000":
        return False
    total = digit_sum(number)
    # 7 x 4 = 28 gives 2 + 8 = 10, which may count as 1 or as 0.
    return total % divisor == 0 or (number[6] == "7" and (total + 1) % divisor == 0)


def digit_sum(number: str) -> int:
    """The digits of all products of digit and weight, added up; for eight digits."""
    products = (int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=True))
    return sum(product // 10 + product % 10 for product in products)
