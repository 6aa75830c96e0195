import pytest

from hairpin.lab.say import say


def test_a_line_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    say("built")
    assert capsys.readouterr().out == "built\n"
