"""Computed stand-ins for the numbers of real people and companies."""

import hashlib

_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""Letters of the national ID in the order of their values 10 to 35."""
_BUSINESS_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)


def _digits(purpose: str, name: str, count: int) -> str:
    value = int.from_bytes(hashlib.sha256(f"cardlogin simulator {purpose} {name}".encode()).digest(), "big")
    return str(value % 10**count).zfill(count)


def subject_serial(name: str) -> str:
    """The 16-digit subject serial number of the card called `name`; the same on every run."""
    return _digits("subject serial", name, 16)


def national_id(name: str) -> str:
    """A well-formed national ID number (letter, 9 digits, correct check digit) made from `name`."""
    digits = _digits("national id", name, 9)
    letter = _LETTERS[int(digits[:2]) % 26]
    body = letter + "12"[int(digits[2]) % 2] + digits[2:]
    body = body[:9]
    return body + str(-_national_sum(body) % 10)


def _national_sum(body: str) -> int:
    value = _LETTERS.index(body[0]) + 10
    return value // 10 + value % 10 * 9 + sum(int(d) * w for d, w in zip(body[1:], range(8, 0, -1), strict=True))


def business_number(name: str) -> str:
    """A well-formed 統一編號 (8 digits, weighted sum divisible by 5) made from `name`."""
    start = int(_digits("business number", name, 8))
    return next(text for n in range(100) if business_number_ok(text := str((start + n) % 10**8).zfill(8)))


def business_number_ok(text: str) -> bool:
    """Whether the check rule of 2023 holds; a 7 at the seventh place may count one less."""
    total = sum(sum(divmod(int(d) * w, 10)) for d, w in zip(text, _BUSINESS_WEIGHTS, strict=True))
    return total % 5 == 0 or (text[6] == "7" and (total + 1) % 5 == 0)


def guid(name: str) -> str:
    """The 16-byte card identifier in hexadecimal; its last half becomes the token's serial number."""
    return hashlib.sha256(f"cardlogin simulator guid {name}".encode()).hexdigest()[:32]
