"""The system store of Debian and its relatives, for programs that use OpenSSL or GnuTLS. Needs the administrator."""

import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path

from certs.store import (
    Before,
    Kind,
    Plan,
    Root,
    State,
    StoreError,
    clear_draft,
    missing_folders,
    remove_empty,
    run_tool,
    write_whole,
)

_LOCAL, _BUNDLE = "usr/local/share/ca-certificates", "etc/ssl/certs/ca-certificates.crt"
_LIST = "etc/ca-certificates.conf"
_TOOL = "update-ca-certificates"
# Where the tool finds everything; the option --sysroot, which would say it at once, is younger than Debian 12.
_PLACES = {
    "--certsconf": _LIST,
    "--certsdir": "usr/share/ca-certificates",
    "--localcertsdir": _LOCAL,
    "--etccertsdir": "etc/ssl/certs",
    "--hooksdir": "etc/ca-certificates/update.d",
}


@dataclass(frozen=True)
class DebianStore:
    """The store of a system whose files lie under `place` (/ but for tests)."""

    place: Path = Path("/")
    kind: Kind = Kind.DEBIAN

    def plan(self, root: Root) -> Plan:
        """Adds a file to the local certificates and has the bundle made anew."""
        state = self.verify(root)
        before = {"folders": missing_folders(self.place / _LOCAL)}
        steps = (f"write {self._file(root)}", shlex.join(self._command()))
        return Plan(state, () if state is State.TRUSTED else steps, before)

    def apply(self, root: Root) -> None:
        """Does both; again from the start when it was cut off."""
        try:
            self._file(root).parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file(root), root.pem.encode())
        except OSError as error:
            raise StoreError(str(error)) from None
        self._update()

    def verify(self, root: Root) -> State:
        """Whether the bundle holds the root."""
        try:
            bundle = (self.place / _BUNDLE).read_text("utf-8", "replace")
        except OSError:
            bundle = ""
        if root.pem.strip() in bundle:
            return State.TRUSTED
        return State.PRESENT if self._file(root).exists() else State.ABSENT

    def remove(self, root: Root, before: Before | None) -> None:
        """Takes the file away and has the bundle made anew, which then has the bytes it had."""
        file = self._file(root)
        try:
            file.unlink(missing_ok=True)
            clear_draft(file)
            if self.verify(root) is State.TRUSTED or self._link(root).is_symlink():
                self._update_without(file.name)
        except OSError as error:
            raise StoreError(str(error)) from None
        remove_empty(before["folders"] if before else ())

    def _file(self, root: Root) -> Path:
        return self.place / _LOCAL / f"cardlogin-{root.sha256[:16]}.crt"

    def _update_without(self, name: str) -> None:
        """Has a certificate struck out for this one time: else the tool leaves its links, and tells Java nothing."""
        with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as file:
            file.write((self.place / _LIST).read_text("utf-8") + f"\n!{name}\n")
            file.flush()
            run_tool([*self._command(), "--certsconf", file.name], f"{_TOOL} (Debian package ca-certificates)")

    def _link(self, root: Root) -> Path:
        return (self.place / _BUNDLE).with_name(self._file(root).with_suffix(".pem").name)

    def _command(self) -> list[str]:
        if self.place == Path("/"):
            return [_TOOL]
        return [_TOOL, *(word for option, name in _PLACES.items() for word in (option, str(self.place / name)))]

    def _update(self) -> None:
        run_tool(self._command(), f"{_TOOL} (Debian package ca-certificates)")
