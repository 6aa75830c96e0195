from typing import Literal

import msgspec
import pytest

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.sysctl import Sysctls
from hairpin.network.network import (
    Network,
    Port,
    addresses_of,
    bridge_nf,
    bridge_ports,
    conf,
    forwards,
    is_bridge_port,
    is_uplink,
    outer_link,
    owns_address,
    veth_peer,
)
from tests.rows import each_row
from tests.small_host import (
    GATEWAY,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    engine,
    host_namespace,
    network,
    sibling,
    sysctls,
)

NET = network()
HOST = NET.namespace(HOST_NETNS)
INNER = NET.namespace(sibling("container:web"))


def link(namespace: Namespace, name: str) -> Link:
    found = namespace.link(name)
    assert found is not None
    return found


def test_namespace_by_name() -> None:
    assert NET.namespace(HOST_NETNS).name == "host"
    with pytest.raises(KeyError):
        NET.namespace(sibling("container:gone"))


def test_a_namespace_is_replaced_and_the_other_kept() -> None:
    changed = NET.with_namespace(HOST_NETNS, msgspec.structs.replace(HOST, links=()))
    assert changed.namespace(HOST_NETNS).links == ()
    assert changed.namespace(sibling("container:web")) is INNER
    assert NET.namespace(HOST_NETNS) is HOST


def test_a_namespace_is_told_with_its_host_among_several() -> None:
    both = msgspec.structs.replace(NET, hosts=(*NET.hosts, Host("other")))
    inner = sibling("container:web")
    assert [NET.netns_text(each) for each in (HOST_NETNS, inner)] == ["host", "container:web"]
    assert [both.netns_text(each) for each in (Netns("other"), Netns("other", "container:web"))] == [
        "other",
        "container:web@other",
    ]


def test_containers_by_name_id_and_prefix() -> None:
    for name in ("web", "c" * 64, "ccc"):
        assert NET.this.container(name) is NET.this.containers()[0]
    for name in ("cc", "other", ""):
        assert NET.this.container(name) is None
    twins = (container(), msgspec.structs.replace(container(), name="w2", id="c" * 63 + "d"))
    assert network(docker=engine(*twins)).this.container("ccc") is None


def test_the_container_of_a_namespace() -> None:
    found = NET.container_of(sibling("container:web"))
    assert found is not None
    assert found.name == "web"
    assert NET.container_of(HOST_NETNS) is None


def test_the_ends_of_a_veth_know_each_other() -> None:
    assert veth_peer(NET, HOST_NETNS, link(HOST, "veth1")) == Port(sibling("container:web"), "eth0")
    assert veth_peer(NET, sibling("container:web"), link(INNER, "eth0")) == Port(HOST_NETNS, "veth1")
    assert veth_peer(NET, HOST_NETNS, link(HOST, "eth0")) is None


def test_indexes_alone_do_not_make_a_pair() -> None:
    """Both ends in one namespace have no netnsid; a namespace of its own may use the same numbers."""
    inside = msgspec.structs.replace(link(INNER, "eth0"), peer_netnsid=None)
    net = NET.with_namespace(HOST_NETNS, msgspec.structs.replace(INNER, links=(inside,)))
    assert veth_peer(net, HOST_NETNS, link(HOST, "veth1")) is None


def test_a_pair_within_one_namespace() -> None:
    pair = (Link(8, "v0", "veth", peer_index=9), Link(9, "v1", "veth", peer_index=8))
    net = NET.with_namespace(HOST_NETNS, msgspec.structs.replace(HOST, links=pair))
    assert veth_peer(net, HOST_NETNS, pair[0]) == Port(HOST_NETNS, "v1")


def test_addresses() -> None:
    assert [each.value for each in addresses_of(HOST, "docker0", 4)] == [GATEWAY]
    assert len(addresses_of(HOST, None, 4)) == 3
    assert addresses_of(HOST, None, 6) == ()
    assert owns_address(HOST, 4, HOST_ADDRESS)
    assert not owns_address(HOST, 4, WEB)
    assert not owns_address(HOST, 6, HOST_ADDRESS)


def test_bridge_ports() -> None:
    assert [each.name for each in bridge_ports(HOST, "docker0")] == ["veth1"]
    assert is_bridge_port(HOST, link(HOST, "veth1"))
    assert not is_bridge_port(HOST, link(HOST, "eth0"))
    bonded = Link(9, "eth9", master="bond0")
    assert not is_bridge_port(msgspec.structs.replace(HOST, links=(Link(8, "bond0", "bond"), bonded)), bonded)


UPLINKS: dict[str, tuple[Link, bool]] = {
    "nic": (Link(9, "eth9"), True),
    "bond": (Link(9, "bond0", "bond"), True),
    "wireguard": (Link(9, "wg0", "wireguard"), True),
    "loopback": (Link(9, "lo"), False),
    "bridge": (Link(9, "br0", "bridge"), False),
    "dummy": (Link(9, "d0", "dummy"), False),
    "veth to a namespace that was read": (link(HOST, "veth1"), False),
    "veth to one that was not": (Link(9, "v9", "veth", peer_index=77, peer_netnsid=3), True),
}


@each_row(("candidate", "expected"), UPLINKS.values(), ids=UPLINKS)
def test_is_uplink(candidate: Link, expected: bool) -> None:
    assert is_uplink(NET, HOST_NETNS, candidate) is expected


def test_the_outer_link_of_a_bridge_is_its_uplink() -> None:
    assert outer_link(NET, HOST_NETNS, link(HOST, "eth0")) == link(HOST, "eth0")
    assert outer_link(NET, HOST_NETNS, link(HOST, "docker0")) is None
    nic = Link(9, "eth9", master="docker0")
    wired = NET.with_namespace(HOST_NETNS, msgspec.structs.replace(HOST, links=(*HOST.links, nic)))
    assert outer_link(wired, HOST_NETNS, link(HOST, "docker0")) == nic


Rule = Literal["max", "or", "own"]
# eth0's value, all's value, rule, the value that the kernel uses
CONF: dict[str, tuple[str | None, str | None, Rule, int | None]] = {
    "own": ("1", "2", "own", 1),
    "own, unread": (None, "2", "own", None),
    "max of all": ("1", "2", "max", 2),
    "max of the link": ("2", "1", "max", 2),
    "max, one unread": (None, "1", "max", 1),
    "max, none read": (None, None, "max", None),
    "or": ("0", "1", "or", 1),
    "neither": ("0", "0", "or", 0),
}


@each_row(("own", "everywhere", "rule", "expected"), CONF.values(), ids=CONF)
def test_conf(own: str | None, everywhere: str | None, rule: Rule, expected: int | None) -> None:
    known = {f"conf__{name}__rp_filter": each for name, each in (("eth0", own), ("all", everywhere)) if each}
    namespace = msgspec.structs.replace(host_namespace(), sysctls=sysctls(**known))
    assert conf(namespace, 4, "eth0", "rp_filter", rule=rule) == expected
    assert conf(namespace, 6, "eth0", "rp_filter", rule=rule) is None


def test_a_network_is_a_value() -> None:
    assert network() == network()
    assert isinstance(NET, Network)


BRIDGE_NF = ("net", "bridge", "bridge-nf-call-iptables")

# kernel, the host's value, the container's own, what holds for a bridge in the container
BRIDGE_NFS: dict[str, tuple[str, str | None, str | None, int | None]] = {
    "CentOS 7: the host's": ("3.10.0-1160.el7.x86_64", "1", None, 1),
    "RHEL 8: the host's": ("4.18.0-240.el8.x86_64", "0", None, 0),
    "not loaded": ("4.18.0-240.el8.x86_64", None, None, None),
    "whose kernel has one for each": ("4.18.0-553.el8.x86_64", "1", "0", 0),
    "Ubuntu 20.04: its own": ("5.4.0-150-generic", "1", "0", 0),
    "since 5.3 the host's says nothing": ("5.4.0-150-generic", "1", None, None),
    "6.18: its own": ("", "0", "1", 1),
}


@each_row(("kernel", "hosts", "own", "expected"), BRIDGE_NFS.values(), ids=BRIDGE_NFS)
def test_the_br_netfilter_sysctls_of_a_namespace(
    kernel: str, hosts: str | None, own: str | None, expected: int | None
) -> None:
    host, inner = (
        msgspec.structs.replace(
            each, kernel=kernel, sysctls=each.sysctls.with_value(BRIDGE_NF, value) if value else each.sysctls
        )
        for each, value in ((HOST, hosts), (INNER, own))
    )
    whole = network(host, inner)
    assert bridge_nf(whole, sibling(inner.name), BRIDGE_NF[-1]) == expected
    assert bridge_nf(whole, HOST_NETNS, BRIDGE_NF[-1]) == (int(hosts) if hosts else None)


@pytest.mark.parametrize(
    ("all_links", "forced", "link", "expected"),
    (("1", "0", "eth0", True), ("0", "0", "eth0", False), ("0", "1", "eth0", True), ("0", "1", "docker0", False)),
)
def test_ipv6_is_forwarded_by_the_value_of_all_or_if_the_incoming_link_is_forced(
    all_links: str, forced: str, link: str, *, expected: bool
) -> None:
    values6: dict[tuple[str, ...], str] = {
        ("net", "ipv6", "conf", "all", "forwarding"): all_links,
        ("net", "ipv6", "conf", "eth0", "force_forwarding"): forced,
    }
    assert forwards(msgspec.structs.replace(host_namespace(), sysctls=Sysctls(values6, "e2")), 6, link) is expected
