"""Plans that cut the session of a real ssh client are taken back by themselves, and others are kept (root).

A sample of ``python -m tests.own_ssh``, which tries each kind of plan in each kind of session.
"""

from collections.abc import Iterator

import pytest

from tests.own_ssh.trial import Setting, setting, tried
from tests.whole import thinned_rows

SAMPLE: tuple[tuple[str, str, str], ...] = (
    ("only new connections", "no terminal", "refused before; "),
    ("only big packets", "terminal", "no longer acknowledges packets"),
    ("link down", "hairpin killed", ""),
    ("another port led elsewhere", "into a file, walk sees nothing", "kept"),
    ("replies of another port", "walk sees nothing", "kept"),
)


@pytest.fixture(scope="module")
def at() -> Iterator[Setting]:
    with setting() as made:
        yield made


@pytest.mark.parametrize(
    ("kind", "variant", "said"), thinned_rows(SAMPLE, 10), ids=(f"{each[0]}, {each[1]}" for each in SAMPLE)
)
def test_a_plan_in_a_session(at: Setting, kind: str, variant: str, said: str) -> None:
    result = tried(at, kind, variant, 4.0 if variant == "hairpin killed" else 600.0)
    assert result.is_right, result
    assert said in result.said
