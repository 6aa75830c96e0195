"""README's picture is what hairpin draws today."""

from pathlib import Path

import pytest

from tools import pictures


def test_the_picture_is_todays() -> None:
    assert pictures.main(["--check"]) == 0


def test_a_stale_picture_is_refused_and_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "docs" / "way.svg"
    monkeypatch.setattr(pictures, "ROOT", tmp_path)
    monkeypatch.setattr(pictures, "FILE", file)
    monkeypatch.setattr(pictures, "way_svg", lambda: "<svg/>\n")
    assert pictures.main(["--check"]) == 1
    assert pictures.main([]) == 0
    assert file.read_text("utf-8") == "<svg/>\n"
    assert pictures.main(["--check"]) == 0


def test_the_picture_has_its_own_style_and_loads_nothing() -> None:
    text = pictures.way_svg()
    assert "--bad:" in text
    assert "url(" not in text
    assert text.count("http") == 1  # the name of SVG's namespace
