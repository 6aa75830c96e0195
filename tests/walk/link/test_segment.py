import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.network.network import Network, Port
from hairpin.network.prefix import parse_address
from hairpin.walk.link.segment import port_towards, who_answers, who_has
from tests.causes.hosts import with_db
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    GATEWAY,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container_namespace,
    host_namespace,
    network,
    sibling,
)


def changed(namespace: Namespace, name: str, **changes: object) -> Namespace:
    links = tuple(msgspec.structs.replace(each, **changes) if each.name == name else each for each in namespace.links)
    return msgspec.structs.replace(namespace, links=links)


NET = network()
DOWN_INSIDE = network(inner=changed(container_namespace(), "eth0", up=False))
DOWN_OUTSIDE = network(changed(host_namespace(), "veth1", up=False))
DETACHED = network(changed(host_namespace(), "veth1", master=None, port=None))
BRIDGE_DOWN = network(changed(host_namespace(), "docker0", up=False))
UPLINK_IN_BRIDGE = network(changed(host_namespace(), "eth0", master="docker0"))
_INNER = container_namespace()
NESTED = network(
    inner=msgspec.structs.replace(
        changed(_INNER, "eth0", master="br0", port=BridgePort()),
        links=(
            *changed(_INNER, "eth0", master="br0", port=BridgePort()).links,
            Link(8, "br0", "bridge", bridge=BridgeInfo()),
        ),
        addresses=tuple(msgspec.structs.replace(each, link="br0") if each.value == WEB else each
                        for each in _INNER.addresses),
    )
)  # fmt: skip
"""The host whose container has its address on a bridge of its own, with eth0 as a port."""
NOBODY = parse_address("172.17.0.9")[1]
GATEWAY_OF_DOCKER0 = parse_address("172.17.0.1")[1]
_PASSTHRU = Link(4, "eth0", "macvlan", peer_index=2, peer_netnsid=0, macvlan_mode="passthru")
PASSTHRU = network(inner=msgspec.structs.replace(container_namespace(), links=(_PASSTHRU,)))

# network, namespace and link that asks, address, kind of answer, whose link
CASES: dict[str, tuple[Network, str, str, int, str, Port | None]] = {
    "a container on the bridge": (NET, "host", "docker0", WEB, "owner", Port(sibling("container:web"), "eth0")),
    "a container with a bridge of its own": (
        NESTED, "host", "docker0", WEB, "owner", Port(sibling("container:web"), "br0"),
    ),
    "nobody on the bridge": (NET, "host", "docker0", NOBODY, "nobody", None),
    "its link is down inside": (DOWN_INSIDE, "host", "docker0", WEB, "down", Port(sibling("container:web"), "eth0")),
    "its link is down outside": (DOWN_OUTSIDE, "host", "docker0", WEB, "down", Port(sibling("container:web"), "eth0")),
    "its veth left the bridge": (DETACHED, "host", "docker0", WEB, "nobody", None),
    "out of the uplink": (NET, "host", "eth0", CLIENT, "outside", None),
    "the asker's own address, which nobody else has": (NET, "host", "eth0", HOST_ADDRESS, "nobody", None),
    "where a macvlan hears all answers": (PASSTHRU, "host", "eth0", CLIENT, "nobody", None),
    "the macvlan that hears them": (PASSTHRU, "container:web", "eth0", CLIENT, "outside", None),
    "an uplink in the bridge": (UPLINK_IN_BRIDGE, "host", "docker0", NOBODY, "outside", None),
    "an owner before the uplink": (
        UPLINK_IN_BRIDGE, "host", "docker0", WEB, "owner", Port(sibling("container:web"), "eth0"),
    ),
    "the gateway": (NET, "container:web", "eth0", GATEWAY, "owner", Port(HOST_NETNS, "docker0")),
    "any address of the host": (NET, "container:web", "eth0", HOST_ADDRESS, "owner", Port(HOST_NETNS, "docker0")),
    "the gateway of a bridge that is down": (
        BRIDGE_DOWN, "container:web", "eth0", GATEWAY, "down", Port(HOST_NETNS, "docker0"),
    ),
    "the wire's other end is down": (DOWN_OUTSIDE, "container:web", "eth0", GATEWAY, "down", Port(HOST_NETNS, "veth1")),
    "the container does not answer itself": (NET, "container:web", "eth0", WEB, "nobody", None),
    "the host without a bridge": (DETACHED, "container:web", "eth0", GATEWAY, "owner", Port(HOST_NETNS, "veth1")),
}  # fmt: skip


@each_row(("net", "netns", "link", "address", "kind", "port"), CASES.values(), ids=CASES)
def test_who_answers(net: Network, netns: str, link: str, address: int, kind: str, port: Port | None) -> None:
    asking = net.namespace(sibling(netns)).link(link)
    assert asking is not None
    answer = who_answers(net, sibling(netns), asking, 4, address)
    assert (answer.kind, answer.port) == (kind, port)


LEARNS = network(changed(host_namespace(), "veth1", port=BridgePort(state="learning")))
ISOLATED = network(changed(host_namespace(), "veth1", port=BridgePort(isolated=True)))

# network, namespace and link that asks, address, the sender that the question names, kind of answer
QUESTIONS: dict[str, tuple[Network, str, str, int, int | None, str]] = {
    "out by a port that only learns": (LEARNS, "host", "docker0", WEB, GATEWAY, "closed"),
    "in by one, to the bridge": (LEARNS, "container:web", "eth0", GATEWAY, WEB, "closed"),
    "nothing has to be asked": (LEARNS, "host", "docker0", WEB, None, "owner"),
    "one isolated port": (ISOLATED, "host", "docker0", WEB, GATEWAY, "owner"),
    "a port that forwards": (NET, "container:web", "eth0", GATEWAY, WEB, "owner"),
}


@each_row(("net", "netns", "link", "address", "source", "kind"), QUESTIONS.values(), ids=QUESTIONS)
def test_requests_pass_bridge_ports(
    net: Network, netns: str, link: str, address: int, source: int | None, kind: str
) -> None:
    asking = net.namespace(sibling(netns)).link(link)
    assert asking is not None
    answer = who_answers(net, sibling(netns), asking, 4, address, source)
    assert answer.kind == kind
    assert answer.blocked == (Port(HOST_NETNS, "veth1") if kind == "closed" else None)


def joined_twice() -> Namespace:
    """Return a host on which two veths join another bridge to docker0, as where STP blocks one of them."""
    ends = ((20, 21, "docker0"), (21, 20, "br9"), (22, 23, "docker0"), (23, 22, "br9"))
    veths = (
        Link(index, f"v{index}", kind="veth", up=True, peer_index=peer, master=bridge, mac=index)
        for index, peer, bridge in ends
    )
    host = host_namespace()
    br9 = Link(19, "br9", kind="bridge", up=True, mac=19, bridge=BridgeInfo())
    return msgspec.structs.replace(host, links=(*host.links, br9, *veths))


def test_bridges_in_a_circle_are_searched_once() -> None:
    net = network(joined_twice())
    link = net.namespace(HOST_NETNS).link("docker0")
    assert link is not None
    assert who_has(net, HOST_NETNS, link, 0x0200_0000_0099).kind == "nobody"
    assert who_has(net, HOST_NETNS, link, 19).port == Port(HOST_NETNS, "br9")
    assert who_answers(net, HOST_NETNS, link, 4, WEB).port == Port(sibling("container:web"), "eth0")


def test_addresses_are_of_a_version() -> None:
    asking = NET.namespace(HOST_NETNS).link("docker0")
    assert asking is not None
    assert who_answers(NET, HOST_NETNS, asking, 6, WEB).kind == "nobody"


def test_port_towards() -> None:
    def name(link: Link | None) -> str | None:
        return link.name if link is not None else None

    assert name(port_towards(NET, HOST_NETNS, "docker0", Port(sibling("container:web"), "eth0"))) == "veth1"
    assert name(port_towards(NESTED, HOST_NETNS, "docker0", Port(sibling("container:web"), "br0"))) == "veth1"
    assert name(port_towards(NET, HOST_NETNS, "docker0", Port(sibling("container:x"), "eth0"))) is None
    assert name(port_towards(NET, HOST_NETNS, "docker0", None)) is None
    assert name(port_towards(UPLINK_IN_BRIDGE, HOST_NETNS, "docker0", None)) == "eth0"


@pytest.mark.parametrize(("link", "kind"), (("docker0", "nobody"), ("veth1", "owner")))
def test_an_ipv6_address_is_answered_for_on_its_own_link_only(link: str, kind: str) -> None:
    six = Address(link, 6, 1, 64)
    host = DETACHED.namespace(HOST_NETNS)
    held = DETACHED.with_namespace(HOST_NETNS, msgspec.structs.replace(host, addresses=(*host.addresses, six)))
    netns = sibling("container:web")
    asking = held.namespace(netns).link("eth0")
    assert asking is not None
    assert who_answers(held, netns, asking, 6, six.value).kind == kind
    assert who_answers(held, netns, asking, 4, GATEWAY).kind == "owner"


@pytest.mark.parametrize(
    ("values", "address", "answers"),
    (
        ({"conf/eth0/proxy_arp_pvlan": "1"}, WEB, "web"),
        ({"conf/eth0/proxy_arp_pvlan": "1", "neigh/eth0/proxy_delay": "0"}, WEB, "db"),
        ({"conf/eth0/proxy_arp_pvlan": "1"}, NOBODY, "db"),
        ({}, NOBODY, None),
    ),
    ids=("the owner answers before a proxy that waits", "a proxy does not wait", "only a proxy", "no proxy"),
)
def test_a_proxy_waits_before_it_answers(values: dict[str, str], address: int, answers: str | None) -> None:
    whole = with_db()
    db = whole.namespace(sibling("container:db"))
    sysctls = db.sysctls.with_value(("net", "ipv4", "conf", "eth0", "forwarding"), "1")
    for path, value in values.items():
        sysctls = sysctls.with_value(("net", "ipv4", *path.split("/")), value)
    within = whole.with_namespace(sibling("container:db"), msgspec.structs.replace(db, sysctls=sysctls))
    docker0 = within.namespace(HOST_NETNS).link("docker0")
    assert docker0 is not None
    found = who_answers(within, HOST_NETNS, docker0, 4, address, GATEWAY_OF_DOCKER0)
    assert found.port == (Port(sibling(f"container:{answers}"), "eth0") if answers is not None else None)
