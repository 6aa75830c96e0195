"""What the real hunt missed once and has kept: the answers stay right.  ``make hunt-real`` draws fresh cases."""

from tests.hunt.real.keeping import kept, wrong


def test_a_kept_case_is_answered_rightly() -> None:
    assert {folder.name: found for folder in kept() if (found := wrong(folder))} == {}
