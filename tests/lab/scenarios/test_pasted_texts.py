"""The law of ``tests/agreement/law.py`` on a few lab hosts; ``python -m tests.agreement.law`` has all of them."""

import pytest

from hairpin.lab.scenario import named
from tests.agreement.law import material_of, rows_of
from tests.whole import thinned

NAMES = ("bridge-missing", "masquerade-missing", "healthy-podman-pod")
_SEED = 3


@pytest.mark.parametrize("name", thinned(NAMES, 10))
def test_a_lab_host_s_own_outputs_say_the_same_as_its_snapshot(name: str) -> None:
    rows = list(rows_of(material_of(named(name)), _SEED, 1))
    assert {row.text for row in rows} >= {"script", "typed"}
    assert [row for row in rows if row.wrong] == []
