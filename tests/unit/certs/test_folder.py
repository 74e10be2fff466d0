"""The identity's folder: whole or not at all, its user's alone, never overwritten, without the root's key."""

import os
import shutil
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certs import folder
from certs.authority import Identity, LeafPair, make_identity
from certs.folder import ensure_identity, replace_identity, write_identity
from certs.life import MANIFEST, ROOT, Fault, IdentityError, read_life
from tests.stand.waiting import LIMIT

DAY = datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)
LATER = DAY + timedelta(days=700)
PAIRS = (
    LeafPair(b"leaf", b"key", DAY, DAY + timedelta(days=797)),
    LeafPair(b"leaf 2", b"key 2", LATER, LATER + timedelta(days=797)),
)
NAME = f"{0x5EED:032x}.localhost"
IDENTITY = Identity(b"root", DAY, LATER + timedelta(days=797), PAIRS, NAME)
LEAF, LEAF_KEY = "leaf-2026-11-20.pem", "leaf-2026-11-20.key"


@pytest.fixture
def wide_umask() -> Iterator[None]:
    """A user whose new files everybody may read and write."""
    old = os.umask(0)
    yield
    os.umask(old)


def test_files_are_written_as_they_are(tmp_path: Path) -> None:
    write_identity(tmp_path / "identity", IDENTITY)
    files = {file.name: file.read_bytes() for file in (tmp_path / "identity").iterdir()}
    assert set(files) == {ROOT, LEAF, LEAF_KEY, "leaf-2028-10-20.pem", "leaf-2028-10-20.key", MANIFEST}
    assert [files[name] for name in (ROOT, LEAF, LEAF_KEY)] == [b"root", b"leaf", b"key"]


def test_manifest_says_when_each_leaf_is_good(tmp_path: Path) -> None:
    write_identity(tmp_path / "identity", IDENTITY)
    life = read_life(tmp_path / "identity")
    assert (life.not_before, life.not_after, life.name) == (IDENTITY.not_before, IDENTITY.not_after, NAME)
    assert [(leaf.not_before, leaf.not_after) for leaf in life.leaves] == [
        (pair.not_before, pair.not_after) for pair in PAIRS
    ]
    assert [(leaf.certificate, leaf.key) for leaf in life.leaves] == [
        (LEAF, LEAF_KEY), ("leaf-2028-10-20.pem", "leaf-2028-10-20.key"),
    ]  # fmt: skip


@pytest.mark.usefixtures("wide_umask")
def test_nobody_else_may_read_even_under_a_wide_umask(tmp_path: Path) -> None:
    write_identity(tmp_path / "state" / "identity", IDENTITY)
    for place in (tmp_path / "state", tmp_path / "state" / "identity"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    for file in (tmp_path / "state" / "identity").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_existing_folder_is_never_overwritten(tmp_path: Path) -> None:
    place = tmp_path / "identity"
    write_identity(place, IDENTITY)
    with pytest.raises(FileExistsError):
        write_identity(place, Identity(b"other", DAY, LATER, (), NAME))
    assert (place / ROOT).read_bytes() == b"root"
    assert [item.name for item in tmp_path.iterdir()] == ["identity"]


@pytest.mark.parametrize("what", ["file", "empty folder", "link to a folder"])
def test_anything_in_the_way_is_left_alone(tmp_path: Path, what: str) -> None:
    place, other = tmp_path / "identity", tmp_path / "other"
    other.mkdir()
    if what == "file":
        place.write_text("mine")
    elif what == "empty folder":
        place.mkdir()
    else:
        place.symlink_to(other)
    with pytest.raises(FileExistsError):
        write_identity(place, IDENTITY)
    assert list(other.iterdir()) == []
    assert sorted(item.name for item in tmp_path.iterdir()) == ["identity", "other"]


def test_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "identity").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="identity"):
        write_identity(tmp_path / "identity", IDENTITY)
    assert not (tmp_path / "elsewhere").exists()
    assert [item.name for item in tmp_path.iterdir()] == ["identity"]


@pytest.mark.parametrize("failing", [ROOT, LEAF, LEAF_KEY, MANIFEST])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full disk", "ended"]
)
def test_write_that_fails_in_the_middle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    write = folder._write

    def fail(path: Path, content: bytes) -> None:
        write(path, content)
        if path.name == failing:
            raise error

    monkeypatch.setattr(folder, "_write", fail)
    with pytest.raises(type(error)):
        write_identity(tmp_path / "identity", IDENTITY)
    assert list(tmp_path.iterdir()) == []


def test_kill_in_the_middle_leaves_no_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill runs no handler: a child ends in the middle of the second file."""
    pid = os.fork()
    if pid == 0:
        write = folder._write

        def stop(path: Path, content: bytes) -> None:
            if path.name == LEAF:
                os.kill(os.getpid(), 9)
            write(path, content)

        folder._write = stop
        try:
            write_identity(tmp_path / "identity", IDENTITY)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == 9
    assert not (tmp_path / "identity").exists()
    write_identity(tmp_path / "identity", IDENTITY)
    assert (tmp_path / "identity" / LEAF).read_bytes() == b"leaf"


def forms(key: ec.EllipticCurvePrivateKey) -> list[bytes]:
    """What a private key looks like in a file."""
    number = key.private_numbers().private_value
    formats = (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL)
    encodings = (serialization.Encoding.DER, serialization.Encoding.PEM)
    none = serialization.NoEncryption()
    written = [key.private_bytes(encoding, kind, none) for encoding in encodings for kind in formats]
    return [*written, number.to_bytes(32), number.to_bytes(32, "little"), f"{number:x}".encode(), str(number).encode()]


def test_root_key_appears_in_no_file_that_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    caught: list[ec.EllipticCurvePrivateKey] = []
    generate = ec.generate_private_key

    def spy(curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
        caught.append(generate(curve))
        return caught[-1]

    monkeypatch.setattr("certs.authority.ec.generate_private_key", spy)
    written: list[bytes] = []
    write = folder._write

    def record(path: Path, content: bytes) -> None:
        written.append(content)
        write(path, content)

    monkeypatch.setattr(folder, "_write", record)
    before = len(list(Path("/proc/self/fd").iterdir()))
    write_identity(tmp_path / "identity", make_identity())
    after = len(list(Path("/proc/self/fd").iterdir()))
    contents = [*written, *(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())]
    root_key, *leaf_keys = caught
    assert len(contents) == 2 * (2 + 2 * len(leaf_keys))
    for leaf_key in leaf_keys:
        assert any(form in content for form in forms(leaf_key) for content in contents), (
            "the search finds a key that is there"
        )
    assert not any(form in content for form in forms(root_key) for content in contents)
    assert after <= before, "no file is left open"


def contents(place: Path) -> dict[str, bytes]:
    """Names and bytes of a folder."""
    return {file.name: file.read_bytes() for file in place.iterdir()}


def outdated(place: Path) -> Path:
    """An identity as version 0.1 made it: one leaf, no manifest."""
    place.mkdir()
    for name in ("root.pem", "leaf.pem", "leaf.key"):
        (place / name).write_text("old")
    return place


class TestEnsure:
    """The identity is made once, replaced when it is an earlier version's, and else left alone."""

    def test_makes_one_that_is_not_there(self, tmp_path: Path) -> None:
        assert ensure_identity(tmp_path / "state" / "identity") is False
        assert read_life(tmp_path / "state" / "identity").leaves

    def test_leaves_a_good_one_as_it_is(self, tmp_path: Path) -> None:
        ensure_identity(tmp_path / "identity")
        before = contents(tmp_path / "identity")
        assert ensure_identity(tmp_path / "identity") is False
        assert contents(tmp_path / "identity") == before

    def test_replaces_one_of_an_earlier_version_and_says_so(self, tmp_path: Path) -> None:
        place = outdated(tmp_path / "identity")
        assert ensure_identity(place) is True
        assert read_life(place).leaves
        assert not (place / "leaf.pem").exists()
        assert not list(tmp_path.glob(".identity-*"))

    def test_damaged_one_is_told_and_left_alone(self, tmp_path: Path) -> None:
        ensure_identity(tmp_path / "identity")
        (tmp_path / "identity" / MANIFEST).write_text("{")
        before = contents(tmp_path / "identity")
        with pytest.raises(IdentityError) as caught:
            ensure_identity(tmp_path / "identity")
        assert caught.value.fault is Fault.UNREADABLE
        assert contents(tmp_path / "identity") == before

    def test_two_at_once_make_one(self, tmp_path: Path) -> None:
        place, results = tmp_path / "identity", list[bool | Exception]()

        def make() -> None:
            try:
                results.append(ensure_identity(place))
            except Exception as error:
                results.append(error)

        threads = [threading.Thread(target=make) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
        assert results == [False] * 6
        assert sorted(item.name for item in tmp_path.iterdir()) == ["identity", "identity.lock"]

    def test_what_a_killed_one_left_is_cleared_away(self, tmp_path: Path) -> None:
        left = tmp_path / ".identity-killed"
        left.mkdir()
        (left / "leaf-2026-11-20.key").write_text("a key")
        ensure_identity(tmp_path / "identity")
        assert not left.exists()

    @pytest.mark.parametrize("rename", [1, 2])
    def test_kill_while_replacing_leaves_the_old_one_or_none(self, tmp_path: Path, rename: int) -> None:
        place = outdated(tmp_path / "identity")
        pid = os.fork()
        if pid == 0:
            kill_at_rename(rename)
            try:
                ensure_identity(place)
            finally:
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        assert os.WTERMSIG(status) == 9
        assert not place.exists() or contents(place) == dict.fromkeys(("root.pem", "leaf.pem", "leaf.key"), b"old")
        ensure_identity(place)
        assert read_life(place).leaves
        assert not list(tmp_path.glob(".identity-*"))


def kill_at_rename(number: int) -> None:
    """The process ends instead of its next rename of that number."""
    left = [number]
    rename = Path.rename

    def counted(path: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), 9)
        return rename(path, target)

    Path.rename = counted  # type: ignore[assignment,method-assign]


def test_new_identity_replaces_a_good_a_damaged_and_a_missing_one(tmp_path: Path) -> None:
    place, roots = tmp_path / "identity", set[bytes]()
    for damage in (lambda: None, lambda: (place / MANIFEST).write_text("{"), lambda: shutil.rmtree(place)):
        ensure_identity(place)
        damage()
        replace_identity(place)
        roots.add((place / ROOT).read_bytes())
        assert read_life(place).leaves
    assert len(roots) == 3
