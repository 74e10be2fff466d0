"""The system store of Debian, changed by the real update-ca-certificates in a system of its own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from certs.debian import DebianStore
from certs.store import Root, State, StoreError
from tests.stand.waiting import LIMIT


def system(top: Path) -> Path:
    """A small system: three real authorities, the local one of a company, and a bundle made of them."""
    shared = top / "usr/share/ca-certificates/mozilla"
    local = top / "usr/local/share/ca-certificates"
    for folder in (shared, local, top / "etc/ssl/certs", top / "etc/ca-certificates/update.d"):
        folder.mkdir(parents=True)
    names = sorted(Path("/usr/share/ca-certificates/mozilla").glob("*.crt"))[:4]
    for file in names[:3]:
        shutil.copy(file, shared)
    shutil.copy(names[3], local / "company.crt")
    (top / "etc/ca-certificates.conf").write_text("".join(f"mozilla/{file.name}\n" for file in names[:3]))
    update(top)
    return top


def update(top: Path) -> None:
    """Has the bundle made by the real tool, with nothing of this machine's own settings and hooks."""
    done = subprocess.run(DebianStore(top)._command(), check=True, capture_output=True, text=True, timeout=LIMIT)
    assert "done." in done.stdout


def files(top: Path) -> dict[str, bytes | str]:
    """Everything in a system: bytes of files, targets of links."""
    return {
        str(path.relative_to(top)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in top.rglob("*")
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture
def store(tmp_path: Path) -> DebianStore:
    """The store of a small system."""
    return DebianStore(system(tmp_path))


def test_bundle_holds_the_root_and_openssl_takes_the_leaf(store: DebianStore, root: Root) -> None:
    assert store.verify(root) is State.ABSENT
    store.apply(root)
    assert store.verify(root) is State.TRUSTED
    leaf = min(root.path.parent.glob("leaf-*.pem"))
    bundle = store.place / "etc/ssl/certs/ca-certificates.crt"
    command = ["openssl", "verify", "-CAfile", str(bundle), "-no-CApath", "-verify_hostname", "localhost", str(leaf)]
    assert subprocess.run(command, capture_output=True, check=False, timeout=LIMIT).returncode == 0


def test_removing_leaves_every_file_as_it_was(store: DebianStore, root: Root) -> None:
    before = files(store.place)
    plan = store.plan(root)
    assert len(plan.steps) == 2
    store.apply(root)
    assert files(store.place) != before
    assert store.plan(root).steps == ()
    store.remove(root, plan.before)
    assert files(store.place) == before


def test_folder_for_local_ones_is_made_and_goes_again(tmp_path: Path, root: Root) -> None:
    store = DebianStore(system(tmp_path))
    shutil.rmtree(tmp_path / "usr/local")
    update(tmp_path)
    plan = store.plan(root)
    store.apply(root)
    store.remove(root, plan.before)
    assert not (tmp_path / "usr/local").exists()


def test_killed_between_file_and_bundle(store: DebianStore, root: Root) -> None:
    """The file is there, the bundle is old: applying and removing both end well."""
    before = files(store.place)
    (store.place / "usr/local/share/ca-certificates" / f"cardlogin-{root.sha256[:16]}.crt").write_text(root.pem)
    assert store.verify(root) is State.PRESENT
    store.remove(root, None)
    assert files(store.place) == before
    store.apply(root)
    (store.place / "usr/local/share/ca-certificates" / f"cardlogin-{root.sha256[:16]}.crt").unlink()
    store.remove(root, None)
    assert files(store.place) == before


def test_hooks_such_as_javas_hear_of_both(store: DebianStore, root: Root) -> None:
    hook = store.place / "etc/ca-certificates/update.d/note"
    hook.write_text(f"#!/bin/sh\ncat >> {store.place}/heard\n")
    hook.chmod(0o755)
    store.apply(root)
    store.remove(root, None)
    heard = (store.place / "heard").read_text().split()
    assert [line[0] for line in heard] == ["+", "-"]
    assert heard[0][1:] == heard[1][1:]


def test_missing_tool_is_told_with_its_package(
    store: DebianStore, root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="package ca-certificates"):
        store.apply(root)


def test_place_that_cannot_be_written_is_an_error(tmp_path: Path, root: Root) -> None:
    (tmp_path / "usr").write_text("a file")
    with pytest.raises(StoreError):
        DebianStore(tmp_path).apply(root)
