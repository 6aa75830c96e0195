"""How a daemon reads its options."""

import pytest

from hairpin.host.boot.daemon_start import is_true
from tests.rows import each_row

BOOLEANS = {"1": True, "t": True, "TRUE": True, "0": False, "False": False, "": True, "yes": True}


@each_row(("text", "truth"), BOOLEANS.items())
def test_booleans_are_go_s(text: str, truth: bool) -> None:
    assert is_true(text, otherwise=True) is truth


@pytest.mark.parametrize("text", (None, "", "yes"))
def test_what_is_no_boolean_leaves_the_default(text: str | None) -> None:
    assert is_true(text, otherwise=True)
    assert not is_true(text, otherwise=False)
