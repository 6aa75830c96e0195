"""The lookups and rules that decided a walk."""

from hairpin.walk.deciders import deciders
from tests.small_host import HOST_NETNS, network, published


def test_each_lookup_is_told_with_its_namespace() -> None:
    whole = network()
    assert deciders(whole, published()) is deciders(whole, published())
    found = deciders(whole, published()).lookups
    assert {each.netns.name for each in found} == {HOST_NETNS.name, "container:web"}
    assert len(set(found)) == len(found)
    assert all(each.found.route is not None for each in found)


def test_each_satisfied_rule_is_told_with_its_namespace() -> None:
    found = deciders(network(), published()).rules
    assert {each.netns for each in found} == {HOST_NETNS}
    assert any("--to-destination 172.17.0.2:80" in each.place.text for each in found)
