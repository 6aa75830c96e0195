"""``hairpin demo`` prints the lab's story; the story itself is tested in tests/lab."""

from collections.abc import Callable

import pytest

from hairpin.lab import demo as story
from tests.cli.commands import call


def test_results_go_to_standard_output(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def told(out: Callable[[str], object]) -> None:
        out("Once upon a time")

    monkeypatch.setattr(story, "demo", told)
    ended = call(capsys, "demo")
    assert (ended.status, ended.out) == (0, "Once upon a time\n")
