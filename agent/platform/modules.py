"""What the loading rules of PKCS#11 modules need to know of this system; for the card host alone.

Apart from `agent.platform` itself, because the daemon loads that and needs none of these.
"""

import sys

if sys.platform == "win32":
    from agent.platform.modules_windows import PACKED_STRUCTURES, PROCESSOR, SYSTEM, file_rights, path_places, snapshot
else:
    from agent.platform.modules_posix import PACKED_STRUCTURES, PROCESSOR, SYSTEM, file_rights, path_places, snapshot

__all__ = ["PACKED_STRUCTURES", "PROCESSOR", "SYSTEM", "file_rights", "path_places", "snapshot"]
