"""``python -m tests.score``: what needs no lab."""

import pytest

from tests.score.__main__ import main


def test_a_scenario_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-thing"]) == 3
    assert "hairpin lab list" in capsys.readouterr().err


@pytest.mark.parametrize("words", (["--random", "0"], ["--pairs", "-1"], ["--parallel", "x"], ["--no-such-option"]))
def test_what_makes_no_sense(words: list[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(words)
    assert raised.value.code == 2
