"""Of many containers' links a replica has those that the flow needs, and the bridge keeps its carrier."""

from msgspec.structs import replace

from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.network.network import Network, Port
from hairpin.replica.plan.thinned import thinned
from tests.small_host import container, engine, host_namespace, local, network, route, ruleset

SPARE = ("vethc0", "vethc1")
NAMING = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i vethc0 -j DROP\nCOMMIT\n"


def host(*, left: bool = True, own_port: bool = True, carrier: bool = True) -> tuple[Network, str]:
    """Return the small host with two further ports on docker0, whose containers were left unread."""
    own: Namespace = host_namespace()
    (veth,) = (each for each in own.links if each.kind == "veth")
    further = tuple(
        Link(
            90 + number,
            name,
            "veth",
            up=True,
            carrier=carrier,
            master="docker0",
            peer_index=2,
            peer_netnsid=number + 7,
            port=BridgePort(),
        )
        for number, name in enumerate(SPARE)
    )
    links = tuple(each for each in own.links if own_port or each.kind != "veth")
    netnsids = tuple((number + 7, f"container:c{number}") for number in range(len(SPARE)))
    own = replace(own, links=(*links, *further), netnsids=netnsids)
    boxes = tuple(
        replace(container(), id=name, name=name, netns=None, left_unread=f"container:{name}" if left else None)
        for name in ("c0", "c1")
    )
    return network(own, docker=engine(container(), *boxes)), veth.name


def kept(whole: Network, met: frozenset[Port] = frozenset()) -> tuple[str, ...]:
    names = tuple(netns for netns, _ in whole.namespaces())
    small = thinned(whole, names, met)
    return tuple(link.name for link in small.namespace(small.this.netns).links if link.kind == "veth")


def test_links_of_containers_that_were_left_unread_are_left_out() -> None:
    whole, veth = host()
    assert kept(whole) == (veth,)


def test_what_the_kernel_puts_on_a_link_goes_with_it() -> None:
    whole, veth = host()
    own = whole.namespace(whole.this.netns)
    routes = (route("fe80::/64", SPARE[0]), route("fe80::/64", veth))
    addresses = (Address(SPARE[0], 6, 0xFE80 << 112 | 1, 64), Address(veth, 6, 0xFE80 << 112 | 2, 64))
    busy = whole.with_namespace(
        whole.this.netns, replace(own, routes=(*own.routes, *routes), addresses=(*own.addresses, *addresses))
    )
    small = thinned(busy, tuple(netns for netns, _ in busy.namespaces()), frozenset()).namespace(whole.this.netns)
    assert small.routes == (*own.routes, routes[1])
    assert small.addresses == (*own.addresses, addresses[1])


def test_a_link_with_a_route_or_an_address_by_hand_stays() -> None:
    """They decide lookups for packets that never come to the link, and a repair deletes them."""
    whole, veth = host()
    own = whole.namespace(whole.this.netns)
    for busy in (
        replace(own, routes=(*own.routes, local("198.51.100.20/32", SPARE[0]))),
        replace(own, addresses=(*own.addresses, Address(SPARE[0], 4, 1, 32))),
    ):
        assert kept(whole.with_namespace(whole.this.netns, busy)) == (veth, SPARE[0])


def test_links_of_containers_that_nobody_could_read_stay() -> None:
    whole, veth = host(left=False)
    assert kept(whole) == (veth, *SPARE)


def test_the_bridge_keeps_a_port_that_runs() -> None:
    assert kept(host(own_port=False)[0]) == SPARE[:1]
    assert kept(host(own_port=False, carrier=False)[0]) == ()


def test_a_link_that_the_flow_comes_to_stays() -> None:
    whole, veth = host()
    assert kept(whole, frozenset({Port(whole.this.netns, "vethc1")})) == (veth, "vethc1")


def test_links_of_namespaces_that_are_not_rebuilt_are_left_out() -> None:
    whole, veth = host(left=False)
    small = thinned(whole, (whole.this.netns,), frozenset())
    assert veth not in [link.name for link in small.namespace(small.this.netns).links]


def test_a_link_that_a_rule_names_stays() -> None:
    whole, veth = host()
    own = whole.namespace(whole.this.netns)
    assert kept(whole.with_namespace(whole.this.netns, replace(own, ruleset=ruleset(NAMING)))) == (veth, "vethc0")
