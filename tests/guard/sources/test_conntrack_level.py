"""The table of connections is told when it is nearly full, and when it is so no more."""

from pathlib import Path

from hairpin.guard.sources.conntrack_level import ConntrackLevel


def test_it_is_told_once_and_again_when_it_has_eased(tmp_path: Path) -> None:
    count, most = tmp_path / "count", tmp_path / "max"
    most.write_text("1000\n")
    level = ConntrackLevel(str(count), str(most))

    def told(number: int) -> list[str]:
        count.write_text(f"{number}\n")
        return [each.detail for each in level.asked(0.0)]

    assert [told(each) for each in (100, 899, 900, 950, 850, 799, 850, 990)] == [
        [], [], ["900 of 1000"], [], [], ["799 of 1000"], [], ["990 of 1000"],
    ]  # fmt: skip


def test_without_the_module_there_is_no_table(tmp_path: Path) -> None:
    assert list(ConntrackLevel(str(tmp_path / "count"), str(tmp_path / "max")).asked(0.0)) == []
