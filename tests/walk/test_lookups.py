"""The route lookups of a walk."""

from hairpin.walk.lookups import lookups
from tests.small_host import HOST_NETNS, network, published


def test_each_lookup_is_told_with_its_namespace() -> None:
    whole = network()
    found = lookups(whole, published())
    assert found is lookups(whole, published())
    assert {each.netns.name for each in found} == {HOST_NETNS.name, "container:web"}
    assert len(set(found)) == len(found)
    assert all(each.found.route is not None for each in found)
