"""Pictures that were made anew take the place of the old ones, and of nothing else."""

from pathlib import Path

from tests.dev.pictures import take_over


def test_new_pictures_take_the_place_of_the_old(tmp_path: Path) -> None:
    fresh, committed = tmp_path / "fresh", tmp_path / "committed"
    for folder in (fresh, committed):
        (folder / "window").mkdir(parents=True)
    (fresh / "a.png").write_text("new")
    (fresh / "window" / "b.png").write_text("new")
    (committed / "a.png").write_text("old")
    (committed / "window" / "gone.png").write_text("old")
    (committed / "drawn.svg").write_text("by hand")
    assert take_over(fresh, committed) == 2
    kept = {str(path.relative_to(committed)): path.read_text() for path in committed.rglob("*.*")}
    assert kept == {"a.png": "new", "window/b.png": "new", "drawn.svg": "by hand"}
