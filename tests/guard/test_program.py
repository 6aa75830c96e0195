"""A guard's own program, replaced and removed while it runs."""

from pathlib import Path

import pytest

from hairpin.guard.program import STAYS_S, ProgramWatch


@pytest.fixture(name="files")
def files_of_program(tmp_path: Path) -> tuple[Path, ...]:
    made = (tmp_path / "hairpin", tmp_path / "__init__.py")
    for each in made:
        each.write_text("first\n")
    return made


def replace(file: Path) -> None:
    (file.parent / "new").write_text("the second\n")
    (file.parent / "new").replace(file)


def test_a_program_that_stays(files: tuple[Path, ...]) -> None:
    watch = ProgramWatch(files)
    assert [watch.state(each) for each in (0.0, 100.0, 200.0)] == ["same"] * 3


def test_a_program_that_is_replaced_counts_once_it_rests(files: tuple[Path, ...]) -> None:
    watch = ProgramWatch(files)
    replace(files[0])
    assert watch.state(1.0) == "same"
    replace(files[1])
    assert watch.state(STAYS_S + 1) == "same"
    assert watch.state(2 * STAYS_S + 1) == "replaced"


def test_a_program_that_is_removed(files: tuple[Path, ...]) -> None:
    watch = ProgramWatch(files)
    files[0].unlink()
    assert (watch.state(1.0), watch.state(STAYS_S + 1)) == ("same", "removed")


def test_a_file_that_is_missing_for_a_moment_is_an_upgrade(files: tuple[Path, ...]) -> None:
    watch = ProgramWatch(files)
    files[0].unlink()
    watch.state(1.0)
    files[0].write_text("the second\n")
    assert (watch.state(2.0), watch.state(STAYS_S + 2)) == ("same", "replaced")


def test_a_program_that_is_laid_back_is_the_same(files: tuple[Path, ...]) -> None:
    watch = ProgramWatch(files)
    files[0].rename(files[0].parent / "aside")
    watch.state(1.0)
    (files[0].parent / "aside").rename(files[0])
    assert (watch.state(2.0), watch.state(STAYS_S + 2)) == ("same", "same")


def test_a_file_that_never_was_there_says_nothing(files: tuple[Path, ...], tmp_path: Path) -> None:
    watch = ProgramWatch((files[0], tmp_path / "inside" / "__init__.py"))
    replace(files[0])
    assert (watch.state(1.0), watch.state(STAYS_S + 1)) == ("same", "replaced")
