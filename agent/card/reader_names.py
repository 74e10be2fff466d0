"""Names of readers, which PC/SC and PKCS#11 write differently."""


def cut(name: str) -> str:
    """A name as PKCS#11 cuts it to the 64 bytes of a slot description."""
    return name.encode()[:64].decode("utf-8", "ignore").strip()


def same_reader(name: str, other: str) -> bool:
    """Whether both name one reader; each may be PC/SC's, or as the standard has cut it."""
    return cut(name) == cut(other)
