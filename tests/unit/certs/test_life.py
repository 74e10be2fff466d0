"""Which leaf is used when: at the edges, over the whole life, with a clock that jumps, and with hostile manifests."""

import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.life import MANIFEST, NOTICE, ROOT, SPARE, VERSION, Fault, IdentityError, Leaf, Life, choose, read_life

BEGIN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def leaf(first: int, last: int) -> Leaf:
    """A leaf that is good from one day to another."""
    begin = BEGIN + first * DAY
    return Leaf(f"leaf-{begin:%Y-%m-%d}.pem", f"leaf-{begin:%Y-%m-%d}.key", begin, BEGIN + last * DAY)


FIRST, SECOND_LEAF, THIRD = LEAVES = (leaf(0, 797), leaf(737, 1534), leaf(1474, 2000))
NAME = f"{0x5EED:032x}.localhost"
LIFE = Life(VERSION, BEGIN, BEGIN + 2000 * DAY, LEAVES, NAME)
moments = st.datetimes(BEGIN.replace(tzinfo=None), datetime(2033, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("moment", "chosen", "fault"),
    [
        (BEGIN - 4000 * DAY, FIRST, Fault.CLOCK_WRONG),
        (BEGIN - SECOND, FIRST, Fault.CLOCK_WRONG),
        (BEGIN, FIRST, None),
        (FIRST.not_after - SPARE - SECOND, FIRST, None),
        (FIRST.not_after - SPARE, SECOND_LEAF, None),
        (SECOND_LEAF.not_after - SPARE, THIRD, None),
        (LIFE.not_after - NOTICE - SECOND, THIRD, None),
        (LIFE.not_after - NOTICE, THIRD, Fault.ENDING),
        (LIFE.not_after - SECOND, THIRD, Fault.ENDING),
        (LIFE.not_after, THIRD, Fault.EXPIRED),
        (datetime(9000, 1, 1, tzinfo=UTC), THIRD, Fault.EXPIRED),
    ],
)
def test_leaf_and_fault_of_a_moment(moment: datetime, chosen: Leaf, fault: Fault | None) -> None:
    choice = choose(LIFE, moment)
    assert (choice.leaf, choice.fault) == (chosen, fault)


@given(moments)
def test_choice_is_good_now_and_holds_exactly_as_long_as_it_is_the_same(moment: datetime) -> None:
    choice = choose(LIFE, moment)
    assert choice.holds(moment)
    if choice.fault in (None, Fault.ENDING):
        assert choice.leaf.not_before <= moment < choice.leaf.not_after
    for inside in (choice.since, choice.until - SECOND):
        if inside.year not in (1, 9999):
            assert choose(LIFE, inside) == choice
    for outside in (choice.since - SECOND if choice.since.year > 1 else None, choice.until):
        if outside is not None and outside.year < 9999:
            assert choose(LIFE, outside) != choice
            assert not choice.holds(outside)


@given(moments)
def test_leaf_that_is_used_has_spare_time_or_is_the_last(moment: datetime) -> None:
    choice = choose(LIFE, moment)
    assert choice.leaf == THIRD or choice.leaf.not_after - moment > SPARE or choice.fault is Fault.EXPIRED


def test_one_leaf_is_used_to_its_end() -> None:
    life = Life(VERSION, BEGIN, FIRST.not_after, (FIRST,))
    assert choose(life, BEGIN).until == FIRST.not_after - NOTICE
    assert choose(life, FIRST.not_after - SECOND).leaf == FIRST
    assert choose(life, FIRST.not_after).fault is Fault.EXPIRED


def test_life_shorter_than_the_notice_is_ending_from_the_start() -> None:
    short = leaf(0, 60)
    assert choose(Life(VERSION, BEGIN, short.not_after, (short,)), BEGIN).fault is Fault.ENDING


def test_clock_that_jumps_back_and_forth_always_ends_with_the_right_leaf() -> None:
    for first, then in itertools.permutations([BEGIN - DAY, BEGIN, BEGIN + 780 * DAY, BEGIN + 3000 * DAY], 2):
        choice = choose(LIFE, first)
        assert not choice.holds(then)
        assert choose(LIFE, then).holds(then)


def manifest(**changes: Any) -> dict[str, Any]:
    """A good manifest as plain data, with some changes."""
    leaves = [
        {"certificate": item.certificate, "key": item.key, "not_before": text(item.not_before),
         "not_after": text(item.not_after)} for item in LEAVES
    ]  # fmt: skip
    whole = {"version": VERSION, "not_before": text(LIFE.not_before), "not_after": text(LIFE.not_after)}
    return {**whole, "leaves": leaves, "name": NAME, **changes}


def text(moment: datetime) -> str:
    """A time as the manifest writes it."""
    return moment.isoformat().replace("+00:00", "Z")


def with_leaf(number: int, **changes: Any) -> dict[str, Any]:
    """A manifest with one changed leaf."""
    whole = manifest()
    whole["leaves"][number] |= changes
    return whole


def fault_of(folder: Path, content: bytes | None) -> Fault:
    """What reading a manifest ends with."""
    if content is not None:
        (folder / MANIFEST).write_bytes(content)
    with pytest.raises(IdentityError) as caught:
        read_life(folder)
    return caught.value.fault


def test_good_manifest_is_read(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps(manifest()))
    assert read_life(tmp_path) == LIFE


def test_missing_and_outdated_are_told_apart(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "none", None) is Fault.MISSING
    assert fault_of(tmp_path, None) is Fault.MISSING
    (tmp_path / ROOT).write_text("a root of version 0.1")
    assert fault_of(tmp_path, None) is Fault.OUTDATED
    first = {name: value for name, value in manifest(version=1).items() if name != "name"}
    assert fault_of(tmp_path, json.dumps(first).encode()) is Fault.OUTDATED


@pytest.mark.parametrize(
    "changed",
    [
        manifest(version=VERSION + 1),
        manifest(version=str(VERSION)),
        manifest(name=""),
        manifest(name="localhost"),
        manifest(name=f"{0:032x}.localhost.example"),
        manifest(name=f"{0:031x}.localhost"),
        manifest(name=f"{0:032x}.localhost\n"),
        manifest(leaves=[]),
        manifest(leaves=manifest()["leaves"] * 30),
        manifest(leaves=manifest()["leaves"][::-1]),
        manifest(leaves=[manifest()["leaves"][0]] * 2),
        manifest(leaves=[manifest()["leaves"][number] for number in (0, 2)]),
        manifest(unknown=1),
        manifest(not_after="tomorrow"),
        manifest(not_after="2036-01-01T00:00:00"),
        manifest(not_after=text(LIFE.not_after.astimezone(timezone(timedelta(hours=8))))),
        with_leaf(0, certificate="../../root.pem"),
        with_leaf(0, certificate="/etc/passwd"),
        with_leaf(0, certificate="leaf-2026-11-20.pem\n"),
        with_leaf(0, key="leaf-२०२६-11-20.key"),
        with_leaf(0, key=None),
        with_leaf(1, not_before=text(BEGIN + 1500 * DAY)),
        with_leaf(2, not_after=text(BEGIN + 1000 * DAY)),
        with_leaf(0, not_before=None),
    ],
)
def test_manifest_that_is_not_ours_is_unreadable(tmp_path: Path, changed: dict[str, Any]) -> None:
    assert fault_of(tmp_path, json.dumps(changed).encode()) is Fault.UNREADABLE


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 60_000, b" " * 70_000, json.dumps(manifest()).encode() + b" " * 70_000],
    ids=["empty", "cut", "list", "null", "bytes", "deep", "long", "long but good"],
)
def test_hostile_bytes_are_unreadable(tmp_path: Path, content: bytes) -> None:
    assert fault_of(tmp_path, content) is Fault.UNREADABLE


def test_folder_in_place_of_the_manifest_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).mkdir()
    assert fault_of(tmp_path, None) is Fault.UNREADABLE
