"""A card without addresses in a container's namespace was moved there; links of engines and veths of this host were
not."""

import pytest
from msgspec.structs import replace

from hairpin.beside.questions.public_address import moved_links
from hairpin.host.link import Address, Link
from tests.small_host import container_namespace, network

CARD = Link(9, "eth1", up=False)

CASES: dict[str, tuple[tuple[Link, ...], tuple[Address, ...], list[str]]] = {
    "nothing beside the engine's link": ((), (), []),
    "a card": ((CARD,), (), ["eth1"]),
    "a wire to the outside": ((replace(CARD, kind="veth", peer_index=99, peer_netnsid=3),), (), ["eth1"]),
    "a card with an address, as a CNI gives it": ((CARD,), (Address("eth1", 4, 0x0A090001, 24),), []),
    "a tunnel": ((replace(CARD, kind="tun"),), (), []),
}


@pytest.mark.parametrize(("links", "addresses", "moved"), CASES.values(), ids=CASES)
def test_links_that_somebody_moved(links: tuple[Link, ...], addresses: tuple[Address, ...], moved: list[str]) -> None:
    inner = container_namespace()
    inner = replace(inner, links=(*inner.links, *links), addresses=(*inner.addresses, *addresses))
    whole = network(inner=inner)
    assert [each.link.name for each in moved_links(whole, whole.this)] == moved
