"""docs/causes/ holds what the causes' docstrings say."""

from pathlib import Path

from tools.cause_pages import FOLDER, pages, stale


def test_the_pages_are_those_of_the_causes() -> None:
    assert list(stale(FOLDER)) == []


def test_what_differs_is_named(tmp_path: Path) -> None:
    for name, text in pages().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(stale(tmp_path)) == []
    (tmp_path / "icc-off.md").write_text("else", encoding="utf-8")
    (tmp_path / "no-such-cause.md").write_text("", encoding="utf-8")
    (tmp_path / "veth-down.md").unlink()
    assert list(stale(tmp_path)) == ["icc-off.md", "no-such-cause.md", "veth-down.md"]
