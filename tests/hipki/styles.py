"""The client styles of the specification (hipki.md, 1.3 to 1.10 and 2), all of them."""

from tests.hipki import styles_errors, styles_lists, styles_signing, styles_windows
from tests.hipki.rows import Style

STYLES: tuple[Style, ...] = (
    *styles_lists.STYLES,
    *styles_signing.STYLES,
    *styles_windows.STYLES,
    *styles_errors.STYLES,
)
