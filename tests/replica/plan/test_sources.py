"""The world answers the hosts' own addresses, and packets that somebody has exempted from masquerading."""

import msgspec

from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.network.network import is_held
from hairpin.replica.plan.sources import exempted_prefixes, exempted_sources, known_sources
from tests.small_host import HOST_NETNS, WEB, network, number, published
from tests.walk.granted.test_untranslated import TO_SITE, exempting


def test_the_source_is_the_containers_address() -> None:
    assert exempted_sources(exempting(), TO_SITE) == {WEB}
    assert exempted_sources(network(), TO_SITE) == frozenset()
    assert exempted_sources(exempting(), published()) == frozenset()


def test_prefixes_are_of_the_asked_version() -> None:
    assert list(exempted_prefixes(exempting(), (TO_SITE,), 4)) == ["172.17.0.2/32"]
    assert list(exempted_prefixes(exempting(), (TO_SITE,), 6)) == []


def test_the_outside_answers_an_address_that_table_local_takes() -> None:
    taken, beside = number("203.0.113.80"), number("203.0.113.81")
    route = Route(4, taken, 32, table=TABLE_LOCAL, type="local", next_hops=(NextHop("eth0"),))
    wide = Route(4, beside, 32, table=100, type="local", next_hops=(NextHop("lo"),))
    own = network().this.namespace("host")
    whole = network().with_namespace(HOST_NETNS, msgspec.structs.replace(own, routes=(*own.routes, route, wide)))
    assert "203.0.113.80/32" not in set(known_sources(network(), 4))
    assert "203.0.113.80/32" in set(known_sources(whole, 4))
    assert "203.0.113.81/32" not in set(known_sources(whole, 4))
    assert is_held(whole, 4, taken)
    assert not is_held(network(), 4, taken)
