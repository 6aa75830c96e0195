import pytest

from hairpin.netfilter.evaluate.truth import Truth, truth_of

TABLE = {
    "no": (Truth.NO, Truth.YES),
    "unknown stays unknown": (Truth.UNKNOWN, Truth.UNKNOWN),
    "yes": (Truth.YES, Truth.NO),
}


@pytest.mark.parametrize(("truth", "negated"), TABLE.values(), ids=TABLE)
def test_not(truth: Truth, negated: Truth) -> None:
    assert ~truth is negated
    assert ~negated is truth


def test_min_is_and_max_is_or() -> None:
    assert min(Truth.YES, Truth.UNKNOWN) is Truth.UNKNOWN
    assert min(Truth.NO, Truth.UNKNOWN) is Truth.NO
    assert max(Truth.NO, Truth.UNKNOWN) is Truth.UNKNOWN
    assert max(Truth.YES, Truth.UNKNOWN) is Truth.YES


def test_truth_of() -> None:
    assert (truth_of(True), truth_of(False)) == (Truth.YES, Truth.NO)
