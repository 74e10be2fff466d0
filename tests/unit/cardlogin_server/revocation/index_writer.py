"""A process that writes one index after another until it is killed: run by test_kill.py.

Arguments: the folder, the number of entries, the highest number to write.
"""

import sys
from datetime import timedelta
from hashlib import sha256

from cardlogin_server.revocation.index import Header, pack
from cardlogin_server.revocation.index_folder import FolderIndexStore
from cardlogin_server.revocation.index_store import ListKey
from tests.unit.cardlogin_server.pki import NOW

KEY = ListKey(b"k" * 20, "http://crl.test/complete.crl")
WIDTH = 16


def serial(generation: int, place: int) -> int:
    """A serial number that belongs to one generation only."""
    return generation << 64 | place << 1 | 1


def packed(generation: int, count: int) -> bytes:
    """The index of that generation."""
    date = (20261101120000).to_bytes(6)
    records = [serial(generation, place).to_bytes(WIDTH) + b"\1" + date for place in range(count)]
    header = Header(
        KEY.url, KEY.issuer_key_id, generation, NOW, NOW + timedelta(days=1), sha256(b"%d" % generation).digest(), False
    )
    return pack(header, records, WIDTH)


def main() -> None:
    """Says the number of each index before it is written."""
    folder, count, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    store = FolderIndexStore(folder)
    found = store.open(KEY)
    first = found.header.number + 1 if found else 1
    for generation in range(first, last + 1):
        content = packed(generation, count)
        with store.exclusive(KEY):
            print(generation, flush=True)
            store.replace(KEY, content)


if __name__ == "__main__":
    main()
