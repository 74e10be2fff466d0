"""What the loading rules of PKCS#11 modules need to know of Linux and macOS."""

import os
import pwd
import struct

from agent.platform.rights import posix_rights as file_rights
from agent.platform.rights import processor

PACKED_STRUCTURES = False
PROCESSOR = processor(os.uname().machine, struct.calcsize("P"))

__all__ = ["PACKED_STRUCTURES", "PROCESSOR", "file_rights", "path_places"]


def path_places() -> dict[str, str]:
    """What a path of the catalogue may begin with: the user's home as the system knows it, whatever HOME says."""
    try:
        return {"~": pwd.getpwuid(os.geteuid()).pw_dir}
    except KeyError:  # a user that the system does not know
        return {}
