"""The world answers packets that somebody has exempted from masquerading."""

from hairpin.replica.plan.exemptions import exempted_prefixes, exempted_sources
from tests.small_host import WEB, network, published
from tests.walk.granted.test_untranslated import TO_SITE, exempting


def test_the_source_is_the_containers_address() -> None:
    assert exempted_sources(exempting(), TO_SITE) == {WEB}
    assert exempted_sources(network(), TO_SITE) == frozenset()
    assert exempted_sources(exempting(), published()) == frozenset()


def test_prefixes_are_of_the_asked_version() -> None:
    assert list(exempted_prefixes(exempting(), (TO_SITE,), 4)) == ["172.17.0.2/32"]
    assert list(exempted_prefixes(exempting(), (TO_SITE,), 6)) == []
