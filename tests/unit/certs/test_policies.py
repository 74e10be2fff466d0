"""policies.json: other policies stay, removing gives the very bytes back, and what cannot be changed safely is not."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.policies import PoliciesStore, policies_file
from certs.store import Root, State, StoreError

OTHERS = b"""{ "policies": {"DisableTelemetry":true,
\t"Certificates": {"ImportEnterpriseRoots": true, "Install": ["a.crt"]}}}"""
names = st.text(min_size=1, max_size=8).filter(lambda name: name != "Certificates")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda s: st.lists(s, max_size=3)
)


@pytest.fixture
def store(tmp_path: Path) -> PoliciesStore:
    """The policies of a computer that has none."""
    return PoliciesStore(tmp_path / "etc" / "firefox" / "policies" / "policies.json")


def written(store: PoliciesStore, content: bytes, mode: int = 0o644) -> PoliciesStore:
    """A store whose file is there already."""
    store.place.parent.mkdir(parents=True)
    store.place.write_bytes(content)
    store.place.chmod(mode)
    return store


def policies(store: PoliciesStore) -> dict[str, Any]:
    """What Firefox reads."""
    content: dict[str, Any] = json.loads(store.place.read_text("utf-8"))["policies"]
    return content


def installed(store: PoliciesStore, root: Root) -> Any:
    """Installs, and returns what remove() gets later."""
    before = json.loads(json.dumps(store.plan(root).before))  # as it comes back from the journal
    store.apply(root)
    assert store.verify(root) is State.TRUSTED
    return before


def test_new_file_names_the_root_and_everybody_can_read_both(store: PoliciesStore, root: Root) -> None:
    mask = os.umask(0o077)
    try:
        installed(store, root)
    finally:
        os.umask(mask)
    (name,) = policies(store)["Certificates"]["Install"]
    assert Path(name).read_text() == root.pem
    for file in (store.place, Path(name)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert stat.S_IMODE(store.place.parent.stat().st_mode) == 0o755


def test_plan_changes_nothing(store: PoliciesStore, root: Root, tmp_path: Path) -> None:
    assert len(store.plan(root).steps) == 2
    assert list(tmp_path.iterdir()) == []
    installed(store, root)
    assert store.plan(root).steps == ()


def test_removing_leaves_nothing_that_was_not_there(store: PoliciesStore, root: Root, tmp_path: Path) -> None:
    store.remove(root, installed(store, root))
    assert list(tmp_path.iterdir()) == []


def test_other_policies_stay(store: PoliciesStore, root: Root) -> None:
    installed(written(store, OTHERS), root)
    found = policies(store)
    assert found["DisableTelemetry"] is True
    assert found["Certificates"]["ImportEnterpriseRoots"] is True
    assert found["Certificates"]["Install"][0] == "a.crt"
    assert len(found["Certificates"]["Install"]) == 2


def test_removing_gives_the_very_bytes_and_mode_back(store: PoliciesStore, root: Root) -> None:
    written(store, OTHERS, 0o640)
    store.remove(root, installed(store, root))
    assert store.place.read_bytes() == OTHERS
    assert stat.S_IMODE(store.place.stat().st_mode) == 0o640
    assert [file.name for file in store.place.parent.iterdir()] == ["policies.json"]


@given(others=st.dictionaries(names, values, max_size=4))
def test_whatever_the_policies_are_they_come_back(
    others: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, root: Root
) -> None:
    content = json.dumps({"policies": {**others, "Certificates": {}}}, indent=3).encode()
    store = written(PoliciesStore(tmp_path_factory.mktemp("policies") / "etc" / "policies.json"), content)
    before = installed(store, root)
    assert {name: value for name, value in policies(store).items() if name != "Certificates"} == others
    store.remove(root, before)
    assert store.place.read_bytes() == content


def test_what_others_change_meanwhile_stays(store: PoliciesStore, root: Root) -> None:
    before = installed(written(store, OTHERS), root)
    changed = json.loads(store.place.read_text())
    changed["policies"]["BlockAboutConfig"] = True
    store.place.write_text(json.dumps(changed))
    store.remove(root, before)
    assert policies(store) == {
        "DisableTelemetry": True, "BlockAboutConfig": True,
        "Certificates": {"ImportEnterpriseRoots": True, "Install": ["a.crt"]},
    }  # fmt: skip


def test_file_that_others_have_made_theirs_keeps_no_trace(store: PoliciesStore, root: Root) -> None:
    before = installed(store, root)
    changed = json.loads(store.place.read_text())
    changed["policies"]["BlockAboutConfig"] = True
    store.place.write_text(json.dumps(changed))
    store.remove(root, before)
    assert policies(store) == {"BlockAboutConfig": True}


def test_removing_without_a_journal_takes_our_entry_out(store: PoliciesStore, root: Root) -> None:
    installed(written(store, OTHERS), root)
    store.remove(root, None)
    assert policies(store) == json.loads(OTHERS)["policies"]
    store.remove(root, None)
    assert store.verify(root) is State.ABSENT


def test_file_that_others_have_removed_is_no_error(store: PoliciesStore, root: Root, tmp_path: Path) -> None:
    before = installed(store, root)
    store.place.unlink()
    store.remove(root, before)
    assert list(tmp_path.iterdir()) == []


def test_only_half_of_it_is_not_trust(store: PoliciesStore, root: Root) -> None:
    installed(store, root)
    (name,) = policies(store)["Certificates"]["Install"]
    Path(name).write_text("something else")
    assert store.verify(root) is State.PRESENT
    store.apply(root)
    assert store.verify(root) is State.TRUSTED


@pytest.mark.parametrize(
    "content",
    [
        b"{", b"[]", b"1", b"\xff", b'{"policies": []}', b'{"policies": {"Certificates": 1}}',
        b'{"policies": {"Certificates": {"Install": "a.crt"}}}', b'{"policies": {}, "policies": {}}', b"[" * 100_000,
        b'{"policies": {}}' + b" " * (1024 * 1024), b'{"policies": {"Certificates": null}}',
    ],
    ids=range(11),
)  # fmt: skip
def test_file_that_cannot_be_changed_safely_is_an_error_before_anything_is(
    store: PoliciesStore, root: Root, content: bytes
) -> None:
    written(store, content)
    for action in (store.plan, store.apply, store.verify):
        with pytest.raises(StoreError):
            action(root)
    assert store.place.read_bytes() == content
    assert [file.name for file in store.place.parent.iterdir()] == ["policies.json"]


def test_text_of_any_language_stays_as_it_is(store: PoliciesStore, root: Root) -> None:
    installed(written(store, '{"policies": {"SupportMenu": {"Title": "服務台"}}}'.encode()), root)
    assert "服務台" in store.place.read_text("utf-8")


@pytest.mark.parametrize("replaced", [1, 2])
def test_kill_in_the_middle_is_mended_by_removing(store: PoliciesStore, root: Root, replaced: int) -> None:
    """The process ends instead of putting the certificate, or then the policies, into their place."""
    before = written(store, OTHERS).plan(root).before
    pid = os.fork()
    if pid == 0:
        left = [replaced]
        replace = Path.replace

        def counted(path: Path, target: Path) -> Path:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), 9)
            return replace(path, target)

        Path.replace = counted  # type: ignore[assignment,method-assign]
        try:
            store.apply(root)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == 9
    assert store.place.read_bytes() == OTHERS
    store.apply(root)
    store.remove(root, before)
    assert store.place.read_bytes() == OTHERS
    assert [file.name for file in store.place.parent.iterdir()] == ["policies.json"]


def test_file_is_the_one_that_firefox_reads(tmp_path: Path) -> None:
    """A new file under /etc would switch the distribution's policies off."""
    system = tmp_path / "etc/firefox/policies/policies.json"
    assert policies_file(tmp_path) == system
    distribution = tmp_path / "usr/lib/firefox-esr/distribution/policies.json"
    distribution.parent.mkdir(parents=True)
    distribution.write_text("{}")
    assert policies_file(tmp_path) == distribution
    system.parent.mkdir(parents=True)
    system.write_text("{}")
    assert policies_file(tmp_path) == system
