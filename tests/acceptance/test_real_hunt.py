"""What the real hunt missed once and has kept: the answers stay right.  ``make hunt-real`` draws fresh cases."""

from pathlib import Path

import pytest

from tests.hunt.real.keeping import kept, wrong
from tests.whole import thinned


@pytest.mark.parametrize("folder", thinned(kept(), 24), ids=lambda folder: folder.name)
def test_a_kept_case_is_answered_rightly(folder: Path) -> None:
    assert wrong(folder) == ()
