"""The identity's folder: whole or not at all, its user's alone, never overwritten, without the root's key."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certs import folder
from certs.authority import Identity, make_identity
from certs.folder import LEAF, LEAF_KEY, ROOT, write_identity

IDENTITY = Identity(b"root", b"leaf", b"key")


@pytest.fixture
def wide_umask() -> Iterator[None]:
    """A user whose new files everybody may read and write."""
    old = os.umask(0)
    yield
    os.umask(old)


def test_files_are_written_as_they_are(tmp_path: Path) -> None:
    write_identity(tmp_path / "identity", IDENTITY)
    assert {file.name: file.read_bytes() for file in (tmp_path / "identity").iterdir()} == {
        ROOT: b"root", LEAF: b"leaf", LEAF_KEY: b"key",
    }  # fmt: skip


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
        write_identity(place, Identity(b"other", b"other", b"other"))
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


@pytest.mark.parametrize("failing", [ROOT, LEAF, LEAF_KEY])
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
    assert len(contents) == 6
    root_key, leaf_key = caught
    assert any(form in content for form in forms(leaf_key) for content in contents), (
        "the search finds a key that is there"
    )
    assert not any(form in content for form in forms(root_key) for content in contents)
    assert after <= before, "no file is left open"
