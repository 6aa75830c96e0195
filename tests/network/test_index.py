"""Namespaces and veths, found by the index."""

import gc

import pytest
from msgspec.structs import replace

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.network.index import holders, is_joined, loops_back, namespaces_of, ports_by_ends, takers, vrf_of
from hairpin.network.network import Network, Port, is_uplink, veth_peer
from tests.named_namespace_host import POD, inside, whole
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    engine,
    lo,
    local,
    network,
    sibling,
)


def test_an_index_belongs_to_one_host() -> None:
    before = network()
    changed = before.with_namespace(HOST_NETNS, replace(before.namespace(sibling("container:web")), links=()))
    assert namespaces_of(before.this) is namespaces_of(before.this)
    assert namespaces_of(changed.this)["container:web"].links == ()
    assert namespaces_of(before.this)["container:web"].links != ()
    alone = replace(before.this)
    assert gc.get_referrers(namespaces_of(alone)) == [alone.__dict__]


def test_a_veth_leads_to_the_one_that_names_it() -> None:
    built = network()
    (veth1,) = (link for link in built.namespace(HOST_NETNS).links if link.name == "veth1")
    assert veth_peer(built, HOST_NETNS, veth1) == Port(sibling("container:web"), "eth0")
    assert veth_peer(built, HOST_NETNS, replace(veth1, peer_index=99)) is None


def test_of_pairs_with_equal_numbers_the_namespaces_tell_which() -> None:
    """Both ends in one namespace do not name it; an end elsewhere is not one of them."""
    pair = container_namespace().links[1]
    here = replace(pair, name="here", index=7, peer_index=8, peer_netnsid=None)
    there = replace(pair, name="there", index=8, peer_index=7, peer_netnsid=None)
    elsewhere = replace(there, name="elsewhere", peer_netnsid=0)
    built = network()
    inner = built.namespace(sibling("container:web"))
    host = built.namespace(HOST_NETNS)
    built = built.with_namespace(HOST_NETNS, replace(inner, links=(*inner.links, elsewhere)))
    built = built.with_namespace(HOST_NETNS, replace(host, links=(*host.links, here, there)))
    assert veth_peer(built, HOST_NETNS, here) == Port(HOST_NETNS, "there")
    assert veth_peer(built, HOST_NETNS, replace(here, peer_netnsid=0)) == Port(sibling("container:web"), "elsewhere")


def test_a_pair_with_the_numbers_of_another_pair_is_told_by_the_ids_of_namespaces() -> None:
    """A container of the same engine may hang at a bridge in a namespace that was not read."""
    built = network()
    host, inner = (built.namespace(each) for each in (HOST_NETNS, sibling("container:web")))
    (veth1,) = (link for link in host.links if link.name == "veth1")
    eth0 = inner.links[1]
    strange = replace(inner, name="container:strange")

    def knowing(*ids: tuple[int, str]) -> Network:
        spaces = (replace(host, netnsids=ids), strange, inner)
        return replace(built, hosts=(replace(built.this, namespaces=spaces),))

    assert veth_peer(knowing(), HOST_NETNS, veth1) == Port(sibling("container:strange"), "eth0")
    several = knowing((0, "container:web"))
    assert veth_peer(several, HOST_NETNS, veth1) == Port(sibling("container:web"), "eth0")
    assert veth_peer(several, sibling("container:web"), eth0) == Port(HOST_NETNS, "veth1")
    assert veth_peer(several, sibling("container:strange"), eth0) is None


ANNS = "netns:rootless-1000-9-docker"
BOTH = ((sibling("container:web"), HOST_NETNS, "veth1"), (sibling("container:ann.web"), sibling(ANNS), "veth1"))


@pytest.mark.parametrize("swapped", (False, True))
def test_a_pair_with_the_numbers_of_another_engines_pair_is_told_by_the_engine(swapped: bool) -> None:
    """Root's dockerd and a user's have equal pairs, and nothing tells the ids of namespaces."""
    built = network()
    host, inner = (built.namespace(each) for each in (HOST_NETNS, sibling("container:web")))
    own = replace(host, name=ANNS, netnsids=())
    spaces = (replace(host, netnsids=()), inner, own, replace(inner, name="container:ann.web"))
    anns = replace(container(), id="a" * 64, netns="container:ann.web")
    engines = (engine(container()), replace(engine(anns), rootless=True, user="ann", uid=1000))
    for known in (engines, (engines[0], replace(engines[1], uid=0))):
        both = replace(built.this, namespaces=spaces[::-1] if swapped else spaces, engines=known)
        found = replace(built, hosts=(both,))
        for netns, home, link in BOTH:
            (eth0,) = (each for each in inner.links if each.kind == "veth")
            (outer,) = (each for each in host.links if each.name == link)
            assert veth_peer(found, netns, eth0) == Port(home, link)
            assert veth_peer(found, home, outer) == Port(netns, "eth0")


def test_of_a_bridges_ports_those_that_may_lead_there() -> None:
    """A veth whose other end was read elsewhere does not; any other port may, and the order stays."""
    built = network()
    host = built.namespace(HOST_NETNS)
    known = {each.name for each in ports_by_ends(built.this, "host", "docker0", ("container:web",))}
    assert known == {each.name for each in host.links if each.master == "docker0"}
    assert ports_by_ends(built.this, "host", "docker0", ()) == ()
    unread = Link(90, "veth9", "veth", master="docker0", peer_index=91, peer_netnsid=4)
    changed = built.with_namespace(HOST_NETNS, replace(host, links=(unread, *host.links)))
    assert ports_by_ends(changed.this, "host", "docker0", ()) == (unread,)
    leading = ports_by_ends(changed.this, "host", "docker0", ("container:web",))
    assert [each.name for each in leading] == ["veth9", *(each.name for each in host.links if each.name in known)]


def test_a_port_to_a_container_that_was_left_unread_leads_nowhere() -> None:
    """Nobody answers behind it, and a bridge may have hundreds of them; but it is no uplink, either."""
    built = network(docker=engine(replace(container(), netns=None, left_unread="container:box")))
    unread = Link(90, "veth9", "veth", master="docker0", peer_index=91, peer_netnsid=4)
    host = built.namespace(HOST_NETNS)
    grown = replace(host, links=(unread, *host.links), netnsids=((4, "container:box"),))
    changed = built.with_namespace(HOST_NETNS, grown)
    assert ports_by_ends(changed.this, "host", "docker0", ()) == ()
    assert not is_uplink(changed, HOST_NETNS, unread)
    unknown = built.with_namespace(HOST_NETNS, replace(grown, netnsids=()))
    assert ports_by_ends(unknown.this, "host", "docker0", ()) == (unread,)


def test_namespaces_that_may_take_an_address() -> None:
    """By the address itself, or by a local route that covers it."""
    built = network()
    assert takers(built.this, 4, WEB) == {"container:web"}
    assert takers(built.this, 4, CLIENT) == set()
    inner = built.namespace(sibling("container:web"))
    covering = local("192.0.2.0/24", "lo")
    changed = built.with_namespace(sibling("container:web"), replace(inner, routes=(*inner.routes, covering)))
    assert takers(changed.this, 4, CLIENT) == {"container:web"}
    assert takers(changed.this, 6, CLIENT) == set()


@pytest.mark.parametrize("name", ("proxy_arp", "proxy_arp_pvlan"))
@pytest.mark.parametrize("link", ("eth0", "all"))
def test_a_proxy_may_take_each_address_of_ipv4(name: str, link: str) -> None:
    built = network()
    inner = built.namespace(sibling("container:web"))
    path = ("net", "ipv4", "conf", link, name)
    for value, names in (("1", {"container:web"}), ("0", set[str]())):
        sysctls = inner.sysctls.with_value(path, value)
        changed = built.with_namespace(sibling("container:web"), replace(inner, sysctls=sysctls))
        assert takers(changed.this, 4, CLIENT) == names
        assert takers(changed.this, 6, CLIENT) == set()


def test_a_namespace_that_no_link_joins_to_the_host_holds_no_address_of_it() -> None:
    """Tests and simulations use isolated namespaces, whose addresses may be those of machines outside."""
    joined = whole(inside()).this
    assert is_joined(joined, "netns:worker")
    assert holders(joined, 4, POD) == ("netns:worker",)
    apart = replace(inside(), links=(lo(), Link(40, "eth0", "veth", peer_index=41)))
    alone = whole(apart).this
    assert not is_joined(alone, "netns:worker")
    assert holders(alone, 4, POD) == ()


def test_a_link_that_is_stacked_on_the_hosts_joins_the_namespace() -> None:
    stacked = replace(inside(), links=(lo(), Link(40, "eth0", "macvlan", peer_index=2, peer_netnsid=0)))
    assert is_joined(whole(stacked).this, "netns:worker")


LINKS = (
    Link(1, "lo", "loopback"),
    Link(2, "red", "vrf", vrf_table=9),
    Link(3, "eth1", master="red"),
    Link(4, "bond0", "bond", master="red"),
    Link(5, "eth2", master="bond0"),
    Link(6, "br0", "bridge"),
    Link(7, "eth3", master="br0"),
)


@each_row(
    ("link", "expected"),
    (("red", "red"), ("eth1", "red"), ("eth2", "red"), ("eth3", None), ("lo", None), ("eth9", None), ("", None)),
)
def test_the_vrf_of_a_link(link: str, expected: str | None) -> None:
    found = vrf_of(Namespace("host", links=LINKS), link)
    assert (found.name if found is not None else None) == expected


def test_links_that_loop_back() -> None:
    assert [link.name for link in LINKS if loops_back(link)] == ["lo", "red"]


def test_a_users_networks_have_no_link_to_the_host() -> None:
    built = network()
    (inside_,) = (each for each in built.this.namespaces if each.name == "container:web")
    for name, far in (("netns:rootless-1000-254", None), ("netns:other", "netns:other")):
        renamed = replace(inside_, name=name)
        others = tuple(each for each in built.this.namespaces if each is not inside_)
        host = replace(built.this, namespaces=(*others, renamed))
        found = Network((host,))
        ends = [veth_peer(found, HOST_NETNS, each) for each in found.namespace(HOST_NETNS).links]
        assert [each.netns.name for each in ends if each is not None] == ([far] if far is not None else [])
