"""Namespaces and veths, found by what they are asked for."""

import gc

import msgspec

from hairpin.network.index import index_of
from hairpin.network.network import Port, veth_peer
from tests.small_host import container_namespace, network


def test_an_index_belongs_to_one_host() -> None:
    before = network()
    changed = before.with_namespace(msgspec.structs.replace(before.namespace("container:web"), links=()))
    assert index_of(before.host) is index_of(before.host)
    assert index_of(changed.host).namespaces["container:web"].links == ()
    assert index_of(before.host).namespaces["container:web"].links != ()
    assert gc.get_referrers(index_of(before.host)) == [before.host.__dict__]


def test_a_veth_leads_to_the_one_that_names_it() -> None:
    built = network()
    (veth1,) = (link for link in built.namespace("host").links if link.name == "veth1")
    assert veth_peer(built, "host", veth1) == Port("container:web", "eth0")
    assert veth_peer(built, "host", msgspec.structs.replace(veth1, peer_index=99)) is None


def test_pairs_of_equal_numbers_are_told_by_where_they_are() -> None:
    """Both ends in one namespace do not name it; an end elsewhere is not one of them."""
    pair = container_namespace().links[1]
    here = msgspec.structs.replace(pair, name="here", index=7, peer_index=8, peer_netnsid=None)
    there = msgspec.structs.replace(pair, name="there", index=8, peer_index=7, peer_netnsid=None)
    elsewhere = msgspec.structs.replace(there, name="elsewhere", peer_netnsid=0)
    built = network()
    inner = built.namespace("container:web")
    host = built.namespace("host")
    built = built.with_namespace(msgspec.structs.replace(inner, links=(*inner.links, elsewhere)))
    built = built.with_namespace(msgspec.structs.replace(host, links=(*host.links, here, there)))
    assert veth_peer(built, "host", here) == Port("host", "there")
    assert veth_peer(built, "host", msgspec.structs.replace(here, peer_netnsid=0)) == Port("container:web", "elsewhere")
