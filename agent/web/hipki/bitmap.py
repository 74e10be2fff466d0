"""The answer of `/pkcs11info`, hidden in a picture: pages read it without CORS."""

SIZE = 6054


def bitmap(text: str) -> bytes:
    """The picture of a JSON text (hipki.md, 1.6), 6054 bytes; of a text that is too long, of what `short` leaves."""
    raise NotImplementedError


def short(text: str) -> str:
    """The same answer, with as many of its readers, from the first on, as the picture has room for."""
    raise NotImplementedError
