"""Linux and Windows: browsers find every name below localhost by themselves, without asking the system."""


def browsers_find(_name: str) -> bool:
    """Whether a name below localhost leads browsers to this computer."""
    return True
