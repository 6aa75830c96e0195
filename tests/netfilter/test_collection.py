"""Python's collector of circles, while very many values are made."""

import gc

import pytest

from hairpin.netfilter.collection import no_collection


@pytest.mark.parametrize("enabled", (False, True))
def test_the_collector_is_as_it_was_afterwards(enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(KeyError), no_collection():
            _raises_without_collector()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


def _raises_without_collector() -> None:
    assert not gc.isenabled()
    raise KeyError
