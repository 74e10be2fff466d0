"""Firefox's policies.json: makes every Firefox of this computer import the root. Needs the administrator."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certs.private import read_file
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
    write_whole,
)

SYSTEM = Path("/etc/firefox/policies/policies.json")
# Read only where the file above does not exist: making that one would switch these off.
_DISTRIBUTIONS = ("usr/lib/firefox-esr", "usr/lib/firefox", "usr/lib64/firefox", "opt/firefox")
_MAX_FILE = 1024 * 1024
_Json = dict[str, Any]


def policies_file(top: Path = Path("/")) -> Path:
    """The file that Firefox reads on this computer, or would read."""
    system = top / SYSTEM.relative_to("/")
    distributed = (top / name / "distribution" / SYSTEM.name for name in _DISTRIBUTIONS)
    return system if system.exists() else next((file for file in distributed if file.exists()), system)


@dataclass(frozen=True)
class PoliciesStore:
    """One policies.json; other policies in it stay as they are."""

    place: Path
    kind: Kind = Kind.POLICIES

    def plan(self, root: Root) -> Plan:
        """Adds the root's file to Certificates.Install, and puts the file beside."""
        state, content = self.verify(root), self._content()
        _with(content, str(self._file(root)))  # a file that cannot be changed is told before anything is
        kept = None if content is None else base64.b64encode(content).decode()
        before = {"content": kept, "folders": missing_folders(self.place.parent)}
        steps = (f"write {self._file(root)}", f"{self.place}: policies.Certificates.Install += {self._file(root)}")
        return Plan(state, () if state is State.TRUSTED else steps, before)

    def apply(self, root: Root) -> None:
        """Writes the certificate, then the policies."""
        changed = _with(self._content(), str(self._file(root)))
        try:
            for folder in missing_folders(self.place.parent):
                Path(folder).mkdir()
                Path(folder).chmod(0o755)
            write_whole(self._file(root), root.pem.encode())
            write_whole(self.place, changed)
        except OSError as error:
            raise StoreError(str(error)) from None

    def verify(self, root: Root) -> State:
        """Whether Firefox imports the root when it is started the next time."""
        named = str(self._file(root)) in _installed(_parse(self._content()))
        there = _read(self._file(root)) == root.pem.encode()
        return State.TRUSTED if named and there else State.PRESENT if named or there else State.ABSENT

    def remove(self, root: Root, before: Before | None) -> None:
        """Gives the file its bytes back; where others have changed it since, takes only our entry out."""
        name, content = str(self._file(root)), self._content()
        kept = before["content"] if before else None
        original = None if kept is None else base64.b64decode(kept)
        try:
            if before and content == _with(original, name):
                self._put(original)
            elif content is not None and name in _installed(_parse(content)):
                self._put(_without(content, name))
            self._file(root).unlink(missing_ok=True)
            for file in (self.place, self._file(root)):
                clear_draft(file)
            remove_empty(before["folders"] if before else ())
        except OSError as error:
            raise StoreError(str(error)) from None

    def _put(self, content: bytes | None) -> None:
        if content is None:
            self.place.unlink()
        else:
            write_whole(self.place, content)

    def _file(self, root: Root) -> Path:
        # Beside the policies, because a snap sees that folder and little else.
        return self.place.with_name(f"cardlogin-{root.sha256[:16]}.crt")

    def _content(self) -> bytes | None:
        return _read(self.place)


def _read(path: Path) -> bytes | None:
    try:
        return read_file(path, _MAX_FILE, links=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(str(error)) from None


def _parse(content: bytes | None) -> _Json:
    """The policies as JSON; raises StoreError for what Firefox could not read, or what writing would lose."""
    try:
        parsed = json.loads(content or b"{}", object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"policies.json: {error}") from None
    _section(_section(_section(parsed), "policies"), "Certificates")
    _installed(parsed)
    return dict(parsed)


def _once(pairs: list[tuple[str, Any]]) -> _Json:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name twice in one object")
    return table


def _section(value: object, name: str | None = None) -> _Json:
    if isinstance(value, dict) and name is not None:
        value = value.get(name, {})
    if not isinstance(value, dict):
        raise StoreError(f"policies.json: {name or 'the whole'} is no object")
    return value


def _installed(parsed: _Json) -> list[Any]:
    """The certificates that the policies name already."""
    names = _section(_section(parsed, "policies"), "Certificates").get("Install", [])
    if not isinstance(names, list):
        raise StoreError("policies.json: Certificates.Install is no list")
    return names


def _with(content: bytes | None, name: str) -> bytes:
    """The policies with our certificate; the same input always gives the same bytes, so that we know them again."""
    parsed = _parse(content)
    names = _installed(parsed)
    if name not in names:
        certificates = parsed.setdefault("policies", {}).setdefault("Certificates", {})
        certificates["Install"] = [*names, name]
    return _written(parsed)


def _without(content: bytes, name: str) -> bytes:
    parsed = _parse(content)
    policies = parsed["policies"]
    policies["Certificates"]["Install"] = [other for other in _installed(parsed) if other != name]
    if not policies["Certificates"]["Install"]:
        del policies["Certificates"]["Install"]
    if not policies["Certificates"]:
        del policies["Certificates"]
    return _written(parsed)


def _written(parsed: _Json) -> bytes:
    return (json.dumps(parsed, indent=2, ensure_ascii=False) + "\n").encode()
